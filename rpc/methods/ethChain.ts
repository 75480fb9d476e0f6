// eth_*: the chain itself, its rules, and what this node keeps of it.
import { bytesToHex, ZERO_ADDRESS } from '../../primitives/bytes.ts';
import type { RpcContext } from '../context.ts';
import { forkConfig } from '../forkConfig.ts';
import { type Methods, method } from '../method.ts';
import { quantityToRpc } from '../serialize/values.ts';

export function ethChainMethods({ node }: RpcContext): Methods {
  const { chain } = node;

  function syncing(): unknown {
    if (node.isReady()) return false;
    const head = quantityToRpc(chain.head.header.number);
    return { startingBlock: '0x0', currentBlock: head, highestBlock: head };
  }
  /** execution-apis `eth_capabilities`: bodies, receipts and logs are always kept whole, state may be pruned. */
  function capabilities(): unknown {
    const { hash, header } = chain.head;
    const everything = { disabled: false, oldestBlock: '0x0' };
    const kept = { disabled: false, oldestBlock: quantityToRpc(chain.oldestStateBlock) };
    return {
      head: { number: quantityToRpc(header.number), hash: bytesToHex(hash) },
      state: kept,
      tx: everything,
      logs: everything,
      receipts: everything,
      blocks: everything,
      stateproofs: kept,
    };
  }

  return {
    eth_chainId: method([], () => quantityToRpc(chain.spec.chainId)),
    eth_syncing: method([], syncing),
    eth_accounts: method([], () => (node.dev?.accounts ?? []).map(bytesToHex)),
    eth_coinbase: method([], () => bytesToHex(node.rules?.feeRecipient ?? ZERO_ADDRESS)),
    eth_mining: method([], () => false),
    eth_hashrate: method([], () => '0x0'),
    eth_config: method([], () =>
      forkConfig(
        { spec: chain.spec, genesisHash: chain.genesisHash, precompiles: node.precompiles },
        chain.head.header.timestampSeconds,
      ),
    ),
    eth_capabilities: method([], capabilities),
  };
}
