// What genesis must know of native contracts: their names, versions, and which of them keep state.
import { type PrecompileRegistry, precompiles } from '../precompiles/registry.ts';
import type { Address } from '../primitives/types.ts';

/** A native contract that a genesis file may activate. */
export interface PrecompileEntry {
  readonly name: string;
  readonly address: Address;
  /** Versions of its rules that this node executes, oldest first. */
  readonly versions: readonly number[];
  /** Keeps state: its account must have nonce 1 and the stub code. */
  readonly isStateful: boolean;
}

/** The native contracts of a registry that a chain spec may switch on, each once with all its versions. */
export function catalogOf(registry: Pick<PrecompileRegistry, 'byRule'>): readonly PrecompileEntry[] {
  const entries = new Map<string, PrecompileEntry>();
  for (const { name, address, version, isStateful } of registry.byRule) {
    const versions = [...(entries.get(name)?.versions ?? []), version];
    entries.set(name, { name, address, versions, isStateful });
  }
  return [...entries.values()];
}

/** The native contracts of this program. */
export const PRECOMPILE_CATALOG: readonly PrecompileEntry[] = catalogOf(precompiles);
