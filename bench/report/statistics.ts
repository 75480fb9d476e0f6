// The few statistics that the reports use.

/** The middle value; of an even count the mean of the two in the middle. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return sorted.length === 0 ? Number.NaN : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The value that a `share` (0 to 1) of the values do not exceed; nearest rank. NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  const rank = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return sorted[rank] ?? Number.NaN;
}

/**
 * The median of each round's own ratio. Rounds of both sides ran one after the other, so what slows the machine for a
 * while slows both and leaves the ratio; the ratio of two medians would not have that.
 */
export function medianRatio(ours: readonly number[], theirs: readonly number[]): number {
  const ratios = ours.flatMap((value, round) => {
    const other = theirs[round];
    return other === undefined || Number.isNaN(value) || Number.isNaN(other) || other === 0 ? [] : [value / other];
  });
  return median(ratios);
}
