// Every fuzz target for a moment, from fixed seeds: that its oracle holds on what it makes, and that it makes what it should.
import { describe, expect, it } from 'vitest';
import { runTarget } from '../../fuzz/runner.ts';
import { blocksTarget } from '../../fuzz/targets/blocks.ts';
import { TARGETS } from '../../fuzz/targets.ts';

const EXECUTIONS = 300;
/** An input of this one is a chain of blocks: none is refused. */
const CHAINS = 5;

const decoders = TARGETS.filter((target) => target !== blocksTarget);

describe.each(decoders.map((target) => [target.name, target] as const))('%s', (_, target) => {
  it('finds nothing, and takes some inputs and refuses others', async () => {
    const executions = target.testExecutions ?? EXECUTIONS;
    const report = await runTarget(target, { seed: 20_261_122, executions });
    expect(report.findings.map(({ what, minimisedHex }) => `${what}: ${minimisedHex}`)).toEqual([]);
    expect(report.executions).toBe(executions);
    // Few inputs of dear targets need not show every way to end; what a socket says first depends on who closes first.
    if (target.testExecutions !== undefined) return;
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.outcomes.size).toBeGreaterThan(1);
  });
});

describe('blocks', () => {
  it('finds nothing in random chains of several forks', async () => {
    const report = await runTarget(blocksTarget, { seed: 20_261_122, executions: CHAINS });
    expect(report.findings.map(({ what, minimisedHex }) => `${what}: ${minimisedHex}`)).toEqual([]);
    expect(report.outcomes.size).toBe(CHAINS);
  });
});
