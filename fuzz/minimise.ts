// Cuts an input down to what still shows a fault: ever smaller pieces are left out, then bytes become zero.

/** Candidates that are tried; a finding need not be the very smallest. */
const TRIES_MAX = 1_500;
const TIME_MAX_MS = 10_000;

/** The smallest input found for which `shows` still holds; it must hold for `input` itself. */
export async function minimise(
  input: Uint8Array,
  shows: (candidate: Uint8Array) => Promise<boolean>,
): Promise<Uint8Array> {
  const end = performance.now() + TIME_MAX_MS;
  let tries = 0;
  let best = input;
  const take = async (candidate: Uint8Array): Promise<boolean> => {
    tries++;
    if (!(await shows(candidate))) return false;
    best = candidate;
    return true;
  };
  const goesOn = (): boolean => tries < TRIES_MAX && performance.now() < end;
  for (let size = best.length >> 1; size >= 1 && goesOn(); size >>= 1) {
    for (let at = 0; at < best.length && goesOn(); ) {
      const candidate = new Uint8Array(best.length - Math.min(size, best.length - at));
      candidate.set(best.subarray(0, at));
      candidate.set(best.subarray(Math.min(at + size, best.length)), at);
      if (!(await take(candidate))) at += size;
    }
  }
  for (let at = 0; at < best.length && goesOn(); at++) {
    if (best[at] === 0) continue;
    const candidate = best.slice();
    candidate[at] = 0;
    await take(candidate);
  }
  return best;
}
