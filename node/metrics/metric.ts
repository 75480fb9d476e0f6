// Metrics as Prometheus reads them: named families of samples, read when somebody asks, and their text form. What is counted
// is kept by the parts of the node as plain numbers; nothing here runs between two scrapes.
import { assert } from '../../primitives/errors.ts';

/** Label names and values of one sample, in the order in which the family declares its labels. */
export type LabelValues = readonly string[];

export interface Sample {
  readonly labels: LabelValues;
  readonly value: number | bigint;
}

/** A family of counters or gauges. */
export interface PlainMetric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge';
  readonly help: string;
  readonly labels: readonly string[];
  /** Called at every scrape. */
  read(): Iterable<Sample> | Promise<Iterable<Sample>>;
}

/** How often what was observed was at most so large. */
export interface HistogramSample {
  readonly labels: LabelValues;
  /** One count for each bound of the metric, each with those below it, and the count of all at the end. */
  readonly cumulative: readonly number[];
  readonly sum: number;
}

export interface HistogramMetric {
  readonly name: string;
  readonly kind: 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of the buckets, rising; the last bucket, of everything, is not among them. */
  readonly bounds: readonly number[];
  read(): Iterable<HistogramSample>;
}

export type Metric = PlainMetric | HistogramMetric;

/** A metric of one value without labels. */
export function single(
  kind: PlainMetric['kind'],
  name: string,
  help: string,
  read: () => number | bigint,
): PlainMetric {
  return { name, kind, help, labels: [], read: () => [{ labels: [], value: read() }] };
}

/** The media type of {@link expose}'s text. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const METRIC_NAME = /^[a-z_][a-z0-9_]*$/;

/**
 * The text exposition of all metrics, in their order.
 * @throws InvariantError for two metrics of one name, and for names that the format does not have
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export async function expose(metrics: readonly Metric[]): Promise<string> {
  const names = new Set<string>();
  const lines: string[] = [];
  for (const metric of metrics) {
    assert(METRIC_NAME.test(metric.name) && !names.has(metric.name), `metric ${metric.name}: no name, or used twice`);
    assert(
      metric.labels.every((label) => METRIC_NAME.test(label) && label !== 'le'),
      `labels of ${metric.name}`,
    );
    names.add(metric.name);
    lines.push(`# HELP ${metric.name} ${escapeHelp(metric.help)}`, `# TYPE ${metric.name} ${metric.kind}`);
    if (metric.kind === 'histogram') {
      for (const sample of metric.read()) lines.push(...histogramLines(metric, sample));
    } else {
      for (const { labels, value } of await metric.read())
        lines.push(`${metric.name}${labelText(metric.labels, labels)} ${numberText(value)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function* histogramLines({ name, labels, bounds }: HistogramMetric, sample: HistogramSample): Generator<string> {
  const { cumulative, sum } = sample;
  assert(cumulative.length === bounds.length + 1, `histogram ${name}: one count a bound and one more`);
  const [names, values] = [[...labels, 'le'], sample.labels];
  for (const [index, bound] of bounds.entries())
    yield `${name}_bucket${labelText(names, [...values, numberText(bound)])} ${cumulative[index]}`;
  yield `${name}_bucket${labelText(names, [...values, '+Inf'])} ${cumulative[bounds.length]}`;
  yield `${name}_sum${labelText(labels, values)} ${numberText(sum)}`;
  yield `${name}_count${labelText(labels, values)} ${cumulative[bounds.length]}`;
}

function labelText(names: readonly string[], values: LabelValues): string {
  assert(names.length === values.length, `labels ${names.join(', ')} with ${values.length} values`);
  if (names.length === 0) return '';
  return `{${names.map((name, index) => `${name}="${escapeLabel(values[index] ?? '')}"`).join(',')}}`;
}

/** Labels come from tables of ours; escaping makes the text whole whatever they hold. */
function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number | bigint): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return value.toString();
}
