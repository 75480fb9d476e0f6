// Every fuzz target for a moment, from fixed seeds: that its oracle holds on what it makes, and that it makes what it should.
import { describe, expect, it } from 'vitest';
import { runTarget } from '../../fuzz/runner.ts';
import { TARGETS } from '../../fuzz/targets.ts';

const EXECUTIONS = 400;

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_, target) => {
  it('finds nothing, and takes some inputs and refuses others', async () => {
    const report = await runTarget(target, { seed: 20_261_122, executions: EXECUTIONS });
    expect(report.findings.map(({ what, minimisedHex }) => `${what}: ${minimisedHex}`)).toEqual([]);
    expect(report.executions).toBe(EXECUTIONS);
    expect(report.accepted).toBeGreaterThan(0);
    expect(report.outcomes.size).toBeGreaterThan(1);
  });
});
