import { describe, expect, it } from 'vitest';
import { Listeners } from '../../../node/chain/listeners.ts';
import { ChainError, InvariantError } from '../../../primitives/errors.ts';
import { startDevNode } from '../../helpers/devNode.ts';

describe('listeners of blocks', () => {
  it('hear of a block though one before them threw, and end each alone', () => {
    const errors: unknown[] = [];
    const heard: string[] = [];
    const listeners = new Listeners<string>((error) => errors.push(error));
    listeners.add(() => {
      throw new TypeError('a listener of ours has a bug');
    });
    const listener = (event: string): void => void heard.push(event);
    const endFirst = listeners.add(listener);
    listeners.add(listener);
    listeners.tell('one');
    endFirst();
    listeners.tell('two');
    expect(heard).toEqual(['one', 'one', 'two']);
    expect(errors).toHaveLength(2);
  });

  it.each([new InvariantError('this cannot be'), new ChainError('DATABASE_FAILED', 'the disk is gone')])(
    'pass on what the machine failed at, when everyone has heard: %s',
    (failure) => {
      const heard: string[] = [];
      const listeners = new Listeners<string>(() => undefined);
      listeners.add(() => {
        throw failure;
      });
      listeners.add((event) => void heard.push(event));
      expect(() => listeners.tell('one')).toThrow(failure);
      expect(heard).toEqual(['one']);
    },
  );

  it('cannot stop a chain', async () => {
    const logged: string[] = [];
    const quiet = () => undefined;
    const log = { info: quiet, warn: quiet, error: (message: string) => void logged.push(message) };
    const { node, fatal, stop } = await startDevNode({ kind: 'manual' }, { log });
    node.chain.onCommit(() => {
      throw new Error('a bug');
    });
    node.chain.onRollback(() => {
      throw new Error('another');
    });
    const snapshot = node.dev?.snapshot() ?? 0n;
    await node.dev?.mine(2n);
    await node.dev?.revert(snapshot);
    await node.dev?.mine(1n);
    expect(node.chain.head.header.number).toBe(1n);
    expect(fatal).toEqual([]);
    expect(logged).toEqual(Array(5).fill('a listener of blocks failed; the chain goes on'));
    await stop();
  });
});
