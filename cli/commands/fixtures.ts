// `gnomon statetest` and `gnomon blocktest`: other people's tests through our execution, reported as geth's `evm` does.
import { type RunOptions, runBlockTests, runStateTests } from '../../node/conformance/runFixtures.ts';
import type { TestResult } from '../../node/conformance/testResult.ts';
import { ChainError } from '../../primitives/errors.ts';
import { print } from '../output.ts';

export interface FixtureOptions {
  readonly run?: string;
  readonly fork?: string;
  readonly human?: boolean;
  readonly json?: boolean;
}

type Runner = (paths: readonly string[], options: RunOptions) => AsyncGenerator<TestResult>;

/** Exit code 0 when every test passed. */
export async function stateTest(paths: readonly string[], options: FixtureOptions): Promise<number> {
  return runAndReport(runStateTests, paths, options);
}

/** Exit code 0 when every test passed. */
export async function blockTest(paths: readonly string[], options: FixtureOptions): Promise<number> {
  return runAndReport(runBlockTests, paths, options);
}

async function runAndReport(run: Runner, paths: readonly string[], options: FixtureOptions): Promise<number> {
  const { human = false, json = false, fork } = options;
  if (human && json) throw new ChainError('CONFLICTING_OPTIONS', 'give --human or --json, not both');
  const results = run(paths, { pattern: patternOf(options.run), fork });
  const { passed, failed } = human ? await reportLines(results) : await reportArray(results);
  if (human) print(`--\n${passed} tests passed, ${failed} tests failed.`);
  return failed === 0 ? 0 : 1;
}

function patternOf(text: string | undefined): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch {
    throw new ChainError('INVALID_PATTERN', `--run must be a regular expression, got ${JSON.stringify(text)}`);
  }
}

interface Counts {
  passed: number;
  failed: number;
}

async function reportLines(results: AsyncIterable<TestResult>): Promise<Counts> {
  return count(results, ({ pass, name, fork, error }) => {
    print(`[${pass ? 'PASS' : 'FAIL'}] ${name} (${fork})${error === undefined ? '' : `: ${error}`}`);
  });
}

/** The array is written as the tests end: a directory may hold a hundred thousand. */
async function reportArray(results: AsyncIterable<TestResult>): Promise<Counts> {
  let isFirst = true;
  const counts = await count(results, (result) => {
    print(`${isFirst ? '[' : ','}\n${JSON.stringify(result, undefined, 2).replace(/^/gm, '  ')}`);
    isFirst = false;
  });
  print(isFirst ? '[]' : ']');
  return counts;
}

async function count(results: AsyncIterable<TestResult>, report: (result: TestResult) => void): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  for await (const result of results) {
    if (result.pass) counts.passed++;
    else counts.failed++;
    report(result);
  }
  return counts;
}
