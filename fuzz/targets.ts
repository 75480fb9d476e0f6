// Every target, in the order in which a run takes them.
import type { FuzzTarget } from './target.ts';
import { abiTarget } from './targets/abi.ts';
import { blockTarget, headerTarget, receiptTarget } from './targets/block.ts';
import { blocksTarget } from './targets/blocks.ts';
import { chainFileTarget } from './targets/chainFile.ts';
import { configTarget } from './targets/config.ts';
import { consensusInputsTarget } from './targets/consensusInputs.ts';
import { genesisTarget } from './targets/genesis.ts';
import { httpTarget } from './targets/http.ts';
import { keystoreTarget } from './targets/keystore.ts';
import { precompileCallsTarget } from './targets/precompileCalls.ts';
import { recordsTarget } from './targets/records.ts';
import { rlpTarget } from './targets/rlp.ts';
import { rpcTarget } from './targets/rpc.ts';
import { signatureTarget } from './targets/signature.ts';
import { networkTransactionTarget, transactionTarget } from './targets/transaction.ts';
import { webSocketTarget } from './targets/webSocket.ts';

export const TARGETS: readonly FuzzTarget[] = [
  rlpTarget,
  transactionTarget,
  networkTransactionTarget,
  abiTarget,
  blockTarget,
  headerTarget,
  receiptTarget,
  chainFileTarget,
  genesisTarget,
  keystoreTarget,
  configTarget,
  rpcTarget,
  httpTarget,
  webSocketTarget,
  consensusInputsTarget,
  recordsTarget,
  signatureTarget,
  blocksTarget,
  precompileCallsTarget,
];

/** @throws Error naming the targets there are */
export function targetByName(name: string): FuzzTarget {
  const target = TARGETS.find((candidate) => candidate.name === name);
  if (target === undefined)
    throw new Error(`no fuzz target ${name}; there are ${TARGETS.map((known) => known.name).join(', ')}`);
  return target;
}
