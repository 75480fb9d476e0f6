import { describe, expect, it } from 'vitest';
import { CLOCK_BELIEVED_AFTER_MS, CLOCK_JUMP_MIN_MS, NetworkClock } from '../../../node/consensus/networkClock.ts';

const YEAR_MS = 365 * 86_400_000;
const START_MS = 1_800_000_000_000;

/** A machine whose clock can be set. */
function machine() {
  let steadyMs = 5_000;
  let leadMs = START_MS - steadyMs;
  const warnings: string[] = [];
  const clock = new NetworkClock({
    clock: { nowMs: () => steadyMs + leadMs },
    steadyNowMs: () => steadyMs,
    warn: (message, { seconds }) => warnings.push(`${message} (${seconds} s)`),
  });
  return {
    clock,
    warnings,
    pass: (milliseconds: number) => (steadyMs += milliseconds),
    set: (byMs: number) => (leadMs += byMs),
  };
}

describe('the clock of a network', () => {
  it('follows a clock that is slewed, at the limit of a jump too', () => {
    const { clock, warnings, pass, set } = machine();
    pass(1_000);
    expect(clock.nowMs()).toBe(START_MS + 1_000);
    set(CLOCK_JUMP_MIN_MS);
    expect(clock.nowMs()).toBe(START_MS + 1_000 + CLOCK_JUMP_MIN_MS);
    set(-CLOCK_JUMP_MIN_MS);
    expect(clock.nowMs()).toBe(START_MS + 1_000);
    expect(warnings).toEqual([]);
  });

  it.each([YEAR_MS, -YEAR_MS, CLOCK_JUMP_MIN_MS + 1])(
    'does not believe a jump by %i ms that is taken back',
    (jumpMs) => {
      const { clock, warnings, pass, set } = machine();
      set(jumpMs);
      for (let passed = 0; passed < CLOCK_BELIEVED_AFTER_MS; passed += 1_000, pass(1_000))
        expect(clock.nowMs()).toBe(START_MS + passed);
      set(-jumpMs);
      expect(clock.nowMs()).toBe(START_MS + CLOCK_BELIEVED_AFTER_MS);
      expect(warnings).toEqual([expect.stringMatching(/jumped: blocks keep to the old time/)]);
    },
  );

  it.each([YEAR_MS, -YEAR_MS])('follows a jump by %i ms that stays, as after a laptop slept', (jumpMs) => {
    const { clock, warnings, pass, set } = machine();
    set(jumpMs);
    clock.nowMs();
    pass(CLOCK_BELIEVED_AFTER_MS);
    expect(clock.nowMs()).toBe(START_MS + jumpMs + CLOCK_BELIEVED_AFTER_MS);
    pass(1_000);
    expect(clock.nowMs()).toBe(START_MS + jumpMs + CLOCK_BELIEVED_AFTER_MS + 1_000);
    expect(warnings).toHaveLength(2);
  });

  it('waits anew when the clock jumps again', () => {
    const { clock, pass, set } = machine();
    set(YEAR_MS);
    clock.nowMs();
    pass(CLOCK_BELIEVED_AFTER_MS - 1);
    set(YEAR_MS);
    expect(clock.nowMs()).toBe(START_MS + CLOCK_BELIEVED_AFTER_MS - 1);
    pass(CLOCK_BELIEVED_AFTER_MS - 1);
    expect(clock.nowMs()).toBe(START_MS + 2 * CLOCK_BELIEVED_AFTER_MS - 2);
    pass(1);
    expect(clock.nowMs()).toBe(START_MS + 2 * YEAR_MS + 2 * CLOCK_BELIEVED_AFTER_MS - 1);
  });
});
