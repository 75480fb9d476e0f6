// The processor time of short work.

/**
 * Processor microseconds of one run: the least of `rounds`, so that what else the machine does counts little. Every run
 * gets its own `input`, made outside of the measured time, so that no run profits from the one before.
 */
export async function leastMicroseconds<Input>(
  { rounds, runs }: { readonly rounds: number; readonly runs: number },
  prepare: () => Input,
  run: (input: Input) => unknown,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= rounds; round++) {
    const inputs = Array.from({ length: runs }, prepare);
    const before = process.cpuUsage();
    for (const input of inputs) {
      const pending = run(input);
      if (pending instanceof Promise) await pending;
    }
    const { user, system } = process.cpuUsage(before);
    // The first round compiles.
    if (round > 0) least = Math.min(least, (user + system) / runs);
  }
  return least;
}

/** How often to run work so that a round takes about `roundMs`: clocks count in whole microseconds. */
export async function runsFor(roundMs: number, run: () => unknown): Promise<number> {
  await run();
  const begunMs = performance.now();
  await run();
  const onceMs = Math.max(0.005, performance.now() - begunMs);
  return Math.max(3, Math.min(2_000, Math.round(roundMs / onceMs)));
}
