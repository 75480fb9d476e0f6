// Work that goes through many blocks in slices: so many at once, the others wait.
import { CallSlots } from '../node/execution/callSlots.ts';
import type { RpcLimits } from './limits.ts';

/** Long enough that turning to the event loop costs nothing, short enough that several slices in a row go unnoticed. */
const SLICE_MS = 2;

/** Slots of one kind of search; past their limits they throw ChainError `TOO_MANY_CALLS`. */
export function searchSlots({ searchesMax, searchesWaitingMax }: RpcLimits): CallSlots {
  return new CallSlots({ runningMax: searchesMax, waitingMax: searchesWaitingMax });
}

/** `items.map(transform)` in slices, between which others have their turn. */
export async function mapInSlices<Item, Result>(
  items: readonly Item[],
  transform: (item: Item) => Result,
): Promise<Result[]> {
  const results: Result[] = [];
  let endMs = performance.now() + SLICE_MS;
  for (const item of items) {
    results.push(transform(item));
    if (performance.now() <= endMs) continue;
    await new Promise<void>((resolve) => setImmediate(resolve));
    endMs = performance.now() + SLICE_MS;
  }
  return results;
}
