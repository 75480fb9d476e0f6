// The text form of metrics, and histograms.
import { describe, expect, it } from 'vitest';
import { Histogram, histogramMetric } from '../../../node/metrics/histogram.ts';
import { expose, type Metric, single } from '../../../node/metrics/metric.ts';
import { InvariantError } from '../../../primitives/errors.ts';
import { parseExposition } from '../../helpers/exposition.ts';

function labelled(value: string): Metric {
  return { name: 'a', kind: 'gauge', help: 'A.', labels: ['b'], read: () => [{ labels: [value], value: 1 }] };
}

describe('expose', () => {
  it('writes help, type and samples, in the order of the metrics', async () => {
    const text = await expose([
      single('counter', 'gnomon_x_total', 'Xs.', () => 3n),
      single('gauge', 'gnomon_y_seconds', 'Y.', () => 0.25),
    ]);
    expect(text).toBe(
      '# HELP gnomon_x_total Xs.\n# TYPE gnomon_x_total counter\ngnomon_x_total 3\n' +
        '# HELP gnomon_y_seconds Y.\n# TYPE gnomon_y_seconds gauge\ngnomon_y_seconds 0.25\n',
    );
  });

  it('waits for what is read asynchronously', async () => {
    const metric: Metric = { ...single('gauge', 'a', 'A.', () => 0), read: async () => [{ labels: [], value: 7 }] };
    expect(
      parseExposition(await expose([metric]))
        .get('a')
        ?.samples.get('a'),
    ).toBe(7);
  });

  it.each(['"', '\\', '\n', '"} 1\nevil 2', '\u001b[31m'])(
    'keeps a label value of %j inside its quotes',
    async (hostile) => {
      const samples = parseExposition(await expose([labelled(hostile)])).get('a')?.samples;
      expect(samples?.size).toBe(1);
    },
  );

  it.each([
    ['two metrics of one name', [labelled('x'), labelled('y')]],
    ['a name that the format does not have', [single('gauge', 'a-b', 'A.', () => 1)]],
    ['a label that the format does not have', [{ ...labelled('x'), labels: ['b c'] }]],
    ['a label that histograms need', [{ ...labelled('x'), labels: ['le'] }]],
    ['values without labels', [{ ...labelled('x'), labels: [] }]],
  ])('refuses %s', async (_what, metrics) => {
    await expect(expose(metrics as Metric[])).rejects.toThrow(InvariantError);
  });
});

describe('Histogram', () => {
  it('counts a value on a bound below it, and what is above all bounds at the end', async () => {
    const histogram = new Histogram([1, 2]);
    for (const value of [0.5, 1, 1.5, 2, 3]) histogram.observe(value);
    expect(histogram.sample(['k'])).toEqual({ labels: ['k'], cumulative: [2, 4, 5], sum: 8 });
    const text = await expose([histogramMetric('h', 'H.', 'kind', [1, 2], { a: histogram, b: new Histogram([1, 2]) })]);
    const samples = parseExposition(text).get('h')?.samples;
    expect(samples?.get('h_bucket{kind="a",le="2"}')).toBe(4);
    expect(samples?.get('h_bucket{kind="a",le="+Inf"}')).toBe(5);
    expect(samples?.get('h_count{kind="b"}')).toBe(0);
  });
});
