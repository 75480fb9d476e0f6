// The parts of the benchmark, in the order in which they run.
import { growth } from './inProcess/growth.ts';
import { imports } from './inProcess/imports.ts';
import { precompileCosts } from './precompiles/precompiles.ts';
import type { Suite } from './suite.ts';
import { coldStart } from './workloads/coldStart.ts';
import { installSize } from './workloads/installSize.ts';
import { reads } from './workloads/reads.ts';
import { tokens } from './workloads/tokens.ts';
import { transfers } from './workloads/transfers.ts';

export const SUITES: readonly Suite[] = [
  transfers,
  tokens,
  reads,
  coldStart,
  installSize,
  imports,
  growth,
  precompileCosts,
];
