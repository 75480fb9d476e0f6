// Every method of the server, and what is said of those that it does not have.

import { quote } from '../../primitives/bytes.ts';
import type { RpcContext } from '../context.ts';
import type { Methods } from '../method.ts';
import { anvilMethods } from './anvil.ts';
import { debugMethods } from './debug.ts';
import { ethBlockMethods } from './ethBlocks.ts';
import { ethCallMethods } from './ethCalls.ts';
import { ethChainMethods } from './ethChain.ts';
import { ethFeeMethods } from './ethFees.ts';
import { ethLogMethods } from './ethLogs.ts';
import { ethStateMethods } from './ethState.ts';
import { ethTransactionMethods } from './ethTransactions.ts';
import { evmMethods } from './evm.ts';
import { gnomonMethods } from './gnomon.ts';
import { hardhatMethods } from './hardhat.ts';
import { netMethods } from './net.ts';
import { txpoolMethods } from './txpool.ts';
import { walletMethods } from './wallet.ts';
import { web3Methods } from './web3.ts';

/** Methods that only a dev chain has: they use public keys or change state without a transaction. */
const DEV_CHAIN_ONLY =
  /^(evm_|anvil_|hardhat_|personal_sign$|eth_(sendTransaction|sign|signTransaction|signTypedData_v4)$)/;
/** Methods of other nodes that people look for here. */
const NOT_YET = /^(debug_trace|eth_simulateV1$|testing_)/;

/** All methods of this node by name. */
export function buildMethods(context: RpcContext): Methods {
  const { dev } = context.node;
  return {
    ...web3Methods(context),
    ...netMethods(context),
    ...ethChainMethods(context),
    ...ethBlockMethods(context),
    ...ethTransactionMethods(context),
    ...ethStateMethods(context),
    ...ethCallMethods(context),
    ...ethFeeMethods(context),
    ...ethLogMethods(context),
    ...txpoolMethods(context),
    ...debugMethods(context),
    ...gnomonMethods(context),
    ...(dev === undefined
      ? {}
      : {
          ...walletMethods(context, dev),
          ...evmMethods(context, dev),
          ...anvilMethods(context, dev),
          ...hardhatMethods(context, dev),
        }),
  };
}

/** Why a method is not there, in a sentence. */
export function explainMissingMethod(name: string, isDevChain: boolean): string {
  const missing = `the method ${quote(name)} does not exist/is not available`;
  if (NOT_YET.test(name)) return `${missing}: this version does not trace or simulate; eth_call with overrides does`;
  if (name.startsWith('engine_')) return `${missing}: consensus drives this node over ABCI, not over the engine API`;
  if (!isDevChain && DEV_CHAIN_ONLY.test(name)) return `${missing}: it exists on dev chains only`;
  return missing;
}
