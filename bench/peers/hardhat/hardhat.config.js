// Blocks by the clock when the benchmark says so, else on every transaction; a gas limit that never binds.
const intervalMs = process.env.BENCH_BLOCK_TIME_MS;

export default {
  networks: {
    node: {
      type: 'edr-simulated',
      chainId: 4766,
      hardfork: 'osaka',
      blockGasLimit: 1_000_000_000,
      mining: intervalMs === undefined ? { auto: true } : { auto: false, interval: Number(intervalMs) },
    },
  },
};
