import { describe, expect, it } from 'vitest';
import { median, medianRatio, percentile } from '../../bench/report/statistics.ts';

describe('median', () => {
  it.each([
    [[5], 5],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('of nothing is not a number, and the values stay in order', () => {
    expect(median([])).toBeNaN();
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0, 1],
    [0.5, 50],
    [0.99, 99],
    [1, 100],
  ])('%d of 1 to 100 is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('of one value is that value, of none not a number', () => {
    expect(percentile([7], 0.99)).toBe(7);
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('medianRatio', () => {
  it('takes the ratio of each round, not of the medians', () => {
    // The machine was slow in the second round: both sides were.
    expect(medianRatio([100, 10, 90], [50, 5, 30])).toBe(2);
    expect(median([100, 10, 90]) / median([50, 5, 30])).toBe(3);
  });

  it('leaves out rounds that either side does not have', () => {
    expect(medianRatio([4, Number.NaN, 9], [2, 2, 3])).toBe(2.5);
    expect(medianRatio([4, 6], [2])).toBe(2);
    expect(medianRatio([4], [0])).toBeNaN();
  });
});
