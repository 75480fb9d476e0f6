// Which addresses are precompiles, and what runs there: the built-in ones of the fork, the native contracts of the chain,
// and what a call's overrides moved.
import type { Common } from '@ethereumjs/common';
import { getActivePrecompiles, type PrecompileFunc } from '@ethereumjs/evm';
import type { NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesKey, bytesToHex, equalBytes, hexToBytes } from '../../primitives/bytes.ts';
import { InvariantError } from '../../primitives/errors.ts';
import type { Address } from '../../primitives/types.ts';
import { BLAKE2F_ADDRESS, blake2fPrecompile } from './blake2fPrecompile.ts';
import { commonFor } from './evmCommon.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import { pointEvaluation } from './kzgPrecompile.ts';

/** A precompile that a call's overrides put elsewhere or, without a target, out of force. */
export interface PrecompileRelocation {
  readonly from: Address;
  readonly to?: Address | undefined;
}

export interface PrecompileTable {
  /** Native contracts by `bytesKey` of where they are. */
  readonly natives: ReadonlyMap<string, NativePrecompile>;
  /** Every precompile, built-in or native, by `bytesKey`. */
  readonly addresses: ReadonlyMap<string, Address>;
  /** What the EVM runs, by its own keys: hex without prefix. */
  readonly functions: Map<string, PrecompileFunc>;
}

/** Stands in the EVM's own table; the host replaces it when it knows the message. */
const withoutMessage: PrecompileFunc = () => {
  throw new InvariantError('a native contract was run without its message');
};

/** Tables without relocations: they depend on fork and native contracts alone, and making one costs more than a call. */
const tables = new WeakMap<readonly NativePrecompile[], WeakMap<Common, PrecompileTable>>();

export function precompileTable(
  rules: ForkRules,
  precompiles: readonly NativePrecompile[],
  relocations: readonly PrecompileRelocation[] = [],
): PrecompileTable {
  if (relocations.length > 0) return createTable(rules, precompiles, relocations);
  const common = commonFor(rules.chainId, rules.fork);
  let byCommon = tables.get(precompiles);
  if (byCommon === undefined) {
    byCommon = new WeakMap();
    tables.set(precompiles, byCommon);
  }
  let table = byCommon.get(common);
  if (table === undefined) {
    table = createTable(rules, precompiles, []);
    byCommon.set(common, table);
  }
  return table;
}

function createTable(
  rules: ForkRules,
  precompiles: readonly NativePrecompile[],
  relocations: readonly PrecompileRelocation[],
): PrecompileTable {
  const natives = new Map(precompiles.map((native) => [bytesKey(native.address), native]));
  const functions = new Map<string, { readonly address: Address; readonly run: PrecompileFunc }>();
  for (const [hex, run] of getActivePrecompiles(commonFor(rules.chainId, rules.fork))) {
    const address = hexToBytes(`0x${hex}`) as Address;
    const isBlake2f = equalBytes(address, BLAKE2F_ADDRESS);
    functions.set(bytesKey(address), { address, run: isBlake2f ? blake2fPrecompile(run) : run });
  }
  if (isActive(rules, 'cancun')) functions.set(bytesKey(pointEvaluation.address), pointEvaluation);
  for (const { address } of precompiles) functions.set(bytesKey(address), { address, run: withoutMessage });

  for (const { from, to } of relocations) {
    const moved = functions.get(bytesKey(from));
    const native = natives.get(bytesKey(from));
    if (moved === undefined) continue;
    functions.delete(bytesKey(from));
    natives.delete(bytesKey(from));
    if (to === undefined) continue;
    functions.set(bytesKey(to), { address: to, run: moved.run });
    if (native === undefined) natives.delete(bytesKey(to));
    else natives.set(bytesKey(to), native);
  }
  return {
    natives,
    addresses: new Map([...functions].map(([key, { address }]) => [key, address])),
    functions: new Map(Array.from(functions.values(), ({ address, run }) => [bytesToHex(address).slice(2), run])),
  };
}
