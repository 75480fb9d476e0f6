// anvil_*: edits of a dev chain's state. Setters answer null, as Anvil's do.

import type { DevApi } from '../../node/api.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import type { RpcContext } from '../context.ts';
import { type Methods, method } from '../method.ts';
import { quantityToRpc } from '../serialize/values.ts';
import { stateEdits } from './stateEdits.ts';

export function anvilMethods(context: RpcContext, dev: DevApi): Methods {
  const { node } = context;
  function nodeInfo(): unknown {
    const { header } = node.chain.head;
    return {
      currentBlockNumber: Number(header.number),
      currentBlockTimestamp: Number(header.timestampSeconds),
      currentBlockHash: bytesToHex(node.chain.head.hash),
      hardFork: node.chain.spec.forks.at(-1)?.fork,
      transactionOrder: 'fees',
      environment: {
        baseFee: quantityToRpc(node.nextBaseFee() ?? 0n),
        chainId: Number(node.chain.spec.chainId),
        gasLimit: quantityToRpc(header.gasLimit),
        gasPrice: quantityToRpc(node.nextBaseFee() ?? 0n),
      },
      forkConfig: {},
    };
  }
  return {
    ...stateEdits(context, dev, 'anvil', null),
    anvil_dumpState: method([], async () => bytesToHex(await dev.dumpState())),
    anvil_nodeInfo: method([], nodeInfo),
  };
}
