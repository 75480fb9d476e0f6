// The parts of the benchmark, in the order in which they run.
import type { Suite } from './suite.ts';
import { transfers } from './workloads/transfers.ts';

export const SUITES: readonly Suite[] = [transfers];
