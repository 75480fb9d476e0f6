// A host for precompiles without state.
import type { NativePrecompile, PrecompileResult } from '../../../precompiles/framework/host.ts';
import { ZERO_ADDRESS } from '../../../primitives/bytes.ts';
import { type CallScheme, MemoryHost } from './memoryHost.ts';

/** Calls `precompile` on an empty chain. */
export function callAlone(
  precompile: NativePrecompile,
  data: Uint8Array,
  more: { scheme?: CallScheme; gas?: bigint } = {},
): PrecompileResult {
  return new MemoryHost().call({ precompile, from: ZERO_ADDRESS, data, ...more });
}
