// What genesis must know of native contracts: their names, versions, and which of them keep state.
import { hexToBytes, parseAddress } from '../primitives/bytes.ts';
import type { Address } from '../primitives/types.ts';

/** A native contract that a genesis file may activate. */
export interface PrecompileEntry {
  readonly name: string;
  readonly address: Address;
  /** Versions of its rules that this node executes. */
  readonly versions: readonly number[];
  /** Keeps state: its account must have nonce 1 and the stub code. */
  readonly isStateful: boolean;
}

/** The code of every stateful precompile's account: PUSH1 0, PUSH1 0, REVERT. It keeps the account from being empty. */
export const STUB_CODE: Uint8Array = hexToBytes('0x60006000fd');
export const STUB_NONCE = 1n;

/** The native contracts of this version (DESIGN §4). */
export const PRECOMPILE_CATALOG: readonly PrecompileEntry[] = [
  {
    name: 'deviceDid',
    address: parseAddress('0x0000000000000000000000000000000000000d01'),
    versions: [1],
    isStateful: true,
  },
];
