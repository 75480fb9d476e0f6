// Which failures stop the node, and which are only what a block or transaction deserves.
import { describe, expect, it } from 'vitest';
import { FatalExecutionError, isMachineFailure } from '../../../node/execution/executionErrors.ts';
import { ChainError, InvariantError } from '../../../primitives/errors.ts';

describe('isMachineFailure', () => {
  it.each([
    ['DATABASE_FULL', true],
    ['DATABASE_CORRUPTED', true],
    ['STATE_PRUNED', true],
    ['STATE_ROLLED_BACK', true],
    // A block whose state root is wrong is an invalid block.
    ['STATE_ROOT_MISMATCH', false],
    ['NONCE_TOO_LOW', false],
  ])('%s: %s', (code, isMachine) => {
    expect(isMachineFailure(new ChainError(code, ''))).toBe(isMachine);
  });

  it('is true of broken invariants and of what was found fatal before', () => {
    expect(isMachineFailure(new InvariantError(''))).toBe(true);
    expect(isMachineFailure(new FatalExecutionError(new Error('')))).toBe(true);
    expect(isMachineFailure(new TypeError(''))).toBe(false);
  });
});
