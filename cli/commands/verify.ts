// `gnomon verify`: the chain of a home, executed again by other people's code.
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeDifference } from '../../node/secondOpinion/difference.ts';
import { type VerifySummary, verifyChain } from '../../node/secondOpinion/verifyChain.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { precompiles as registry } from '../../precompiles/registry.ts';
import { ChainError } from '../../primitives/errors.ts';
import { openHome } from '../home.ts';
import { type Progress, print, printJson, progressLine } from '../output.ts';
import { interruptible } from '../stopSignals.ts';
import { parseBlockNumber } from '../values.ts';

export interface VerifyCommandOptions {
  readonly home?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

/** Exit code 0 when everything agrees, 1 at the first difference. */
export function verify(options: VerifyCommandOptions): Promise<number> {
  const advice = 'nothing is known of the blocks that were left; nothing was changed';
  return interruptible(advice, (check) => verifyUntil(check, options));
}

async function verifyUntil(check: () => void, options: VerifyCommandOptions): Promise<number> {
  const { home, spec } = openHome(options.home);
  const from = options.from === undefined ? undefined : parseBlockNumber(options.from, '--from');
  const to = options.to === undefined ? undefined : parseBlockNumber(options.to, '--to');
  // Opening would make an empty database, and this command leaves a home as it is.
  if (!existsSync(join(home.databaseDirectory, 'CURRENT')))
    throw new ChainError('NO_CHAIN', `${home.directory} holds no blocks yet: there is nothing to verify`);
  const rules = spec.gnomon?.precompiles;
  const database = await openLevelDatabase(home.databaseDirectory);
  const progress = new Phases();
  try {
    const summary = await verifyChain({
      database,
      spec,
      precompilesAt: (time) => (rules === undefined ? [] : [...registry.activeAt(rules, time).values()]),
      from,
      to,
      temporaryDirectory: tmpdir(),
      progress(what, done) {
        progress.update(what, done);
        check();
      },
    });
    progress.finish();
    report(summary, options.json === true);
    return summary.difference === undefined ? 0 : 1;
  } finally {
    progress.finish();
    await database.close();
  }
}

const PHASES = { loading: 'loading accounts', replaying: 'replaying block', checking: 'checking accounts' } as const;

/** A progress line for each phase. */
class Phases {
  #what: keyof typeof PHASES | undefined;
  #line: Progress | undefined;

  update(what: keyof typeof PHASES, done: bigint | number): void {
    if (what !== this.#what) {
      this.finish();
      this.#what = what;
      this.#line = progressLine(PHASES[what], undefined);
    }
    this.#line?.update(done);
  }

  finish(): void {
    this.#line?.finish();
    this.#line = undefined;
    this.#what = undefined;
  }
}

function report(summary: VerifySummary, asJson: boolean): void {
  const { from, to, blocks, transactions, gasUsed, hash, stateRoot, stateCompared, difference } = summary;
  if (asJson) {
    printJson({ ok: difference === undefined, ...summary });
    return;
  }
  const work = `${blocks} blocks, ${transactions} transactions, ${gasUsed} gas`;
  if (difference !== undefined) {
    print(`The second opinion differs at ${describeDifference(difference)}`);
    print(`Before it: ${work}`);
    return;
  }
  print(
    from > to
      ? 'The second opinion agrees with the genesis block'
      : `The second opinion agrees with blocks ${from} to ${to}: ${work}`,
  );
  print(`  hash        ${hash}`);
  print(`  state root  ${stateRoot}`);
  if (!stateCompared) print(`  the stored state of block ${to} is pruned and was not compared`);
}
