// hardhat_*: the same edits under the names of Hardhat. Setters answer true, as Hardhat's do.
import type { DevApi } from '../../node/api.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import type { RpcContext } from '../context.ts';
import { type Methods, method } from '../method.ts';
import { stateEdits } from './stateEdits.ts';

export function hardhatMethods(context: RpcContext, dev: DevApi): Methods {
  return {
    ...stateEdits(context, dev, 'hardhat', true),
    hardhat_dumpState: method([], async () => bytesToHex(await dev.dumpState())),
  };
}
