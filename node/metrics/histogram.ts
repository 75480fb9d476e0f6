// Observations sorted into buckets as they come: one comparison chain and three additions each.
import type { HistogramMetric, HistogramSample } from './metric.ts';

/** From half a millisecond, where an empty block ends, to ten seconds, where something is wrong. */
export const BLOCK_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
/** From five microseconds, where a transfer ends, to the second that a call may take. */
export const EXECUTION_SECONDS: readonly number[] = [
  0.000005, 0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01, 0.1, 1,
];

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds upper bounds, rising */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += value;
  }

  sample(labels: readonly string[]): HistogramSample {
    let total = 0;
    const cumulative = this.#counts.map((count) => (total += count));
    return { labels, cumulative, sum: this.#sum };
  }
}

/** Histograms of one metric, by its only label; every value is there from the start. */
export function histogramMetric<Value extends string>(
  name: string,
  help: string,
  label: string,
  bounds: readonly number[],
  histograms: Readonly<Record<Value, Histogram>>,
): HistogramMetric {
  return {
    name,
    kind: 'histogram',
    help,
    labels: [label],
    bounds,
    read: () => Object.entries<Histogram>(histograms).map(([value, histogram]) => histogram.sample([value])),
  };
}
