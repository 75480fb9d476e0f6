// The seed of tests whose cases are chosen at random. It stands in the name of the test, so that a failure can be repeated.

/** `GNOMON_TEST_SEED`, or another one each time. */
export function testSeed(): number {
  return Number(process.env.GNOMON_TEST_SEED ?? Date.now() % 2 ** 31);
}

/** How often a random test repeats: `GNOMON_TEST_ROUNDS`, or a number that fits into every test run. */
export function rounds(usual: number): number {
  return Number(process.env.GNOMON_TEST_ROUNDS ?? usual);
}
