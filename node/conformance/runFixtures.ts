// Runs the tests of many files, one after the other.
import { ChainError } from '../../primitives/errors.ts';
import { parseBlockFixture } from './blockFixture.ts';
import { fixtureFiles, readFixtures } from './fixtureFiles.ts';
import { runBlockFixture } from './runBlockFixture.ts';
import { runStateFixture } from './runStateFixture.ts';
import { parseStateFixture } from './stateFixture.ts';
import type { TestResult } from './testResult.ts';

export interface RunOptions {
  /** Only tests whose name matches. */
  readonly pattern?: RegExp | undefined;
  /** Only outcomes of this fork, by its name in the fixtures. */
  readonly fork?: string | undefined;
}

type RunTest = (name: string, test: unknown, fork: string | undefined) => Promise<readonly TestResult[]>;

/** Runs the state tests below the paths. @throws ChainError of files that cannot be read */
export function runStateTests(paths: readonly string[], options: RunOptions): AsyncGenerator<TestResult> {
  return runTests(paths, options, async (name, test, fork) => runStateFixture(parseStateFixture(name, test), fork));
}

/** Runs the block tests below the paths. @throws ChainError of files that cannot be read */
export function runBlockTests(paths: readonly string[], options: RunOptions): AsyncGenerator<TestResult> {
  return runTests(paths, options, async (name, test, fork) => {
    const fixture = parseBlockFixture(name, test);
    return fork === undefined || fork === fixture.network ? [await runBlockFixture(fixture)] : [];
  });
}

async function* runTests(
  paths: readonly string[],
  { pattern, fork }: RunOptions,
  run: RunTest,
): AsyncGenerator<TestResult> {
  for (const file of fixtureFiles(paths))
    for (const [name, test] of readFixtures(file)) {
      if (pattern !== undefined && !pattern.test(name)) continue;
      try {
        yield* await run(name, test, fork);
      } catch (error) {
        // A test that cannot be read is one that did not pass; anything else is our own bug and ends the run.
        if (!(error instanceof ChainError)) throw new Error(`${file}: ${name}`, { cause: error });
        yield { name, pass: false, fork: fork ?? '', error: error.message };
      }
    }
}
