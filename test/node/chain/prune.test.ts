// Forgetting old states on demand: what it keeps, what it leaves of the rest, and that it can be cut off anywhere.
import { beforeEach, describe, expect, it } from 'vitest';
import { devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { Chain } from '../../../node/chain/chain.ts';
import { BUCKET } from '../../../node/state/buckets.ts';
import { WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { hexToBytes, toAddress } from '../../../primitives/bytes.ts';
import { signCall } from '../../helpers/signCall.ts';
import { ALICE, decide, openApp, proposed } from '../consensus/appHarness.ts';
import { contentOf } from '../state/stateModel.ts';

const spec = parseGenesis(devGenesis());
const stateMode = { kind: 'archive' } as const;
const payee = toAddress(new Uint8Array(20).fill(0xaa));
const HEAD = 60n;
const HISTORY = [BUCKET.accountHistory, BUCKET.slotHistory, BUCKET.accountNodeHistory, BUCKET.storageNodeHistory];

const archive = (async () => {
  const database = new MemoryDatabase();
  const test = await openApp(database, spec);
  for (let height = 1n; height <= HEAD; height++)
    await decide(
      test,
      proposed(height, [signCall(ALICE.privateKey, { nonce: height - 1n, to: payee, value: height })]),
    );
  return contentOf(database);
})();

let database: MemoryDatabase;

beforeEach(async () => {
  database = new MemoryDatabase();
  const copy = new WriteBatch();
  for (const [key, value] of await archive) copy.put(hexToBytes(key), hexToBytes(value));
  await database.write(copy);
});

const paid = (block: bigint) => (block * (block + 1n)) / 2n;

describe('pruning a chain', () => {
  it('keeps the states from a block on and every block, and forgets the rest', async () => {
    const chain = await Chain.open({ database, spec, stateMode });
    const reached: bigint[] = [];
    await chain.prune(40n, (oldest) => reached.push(oldest));
    expect(reached).toEqual([16n, 32n, 40n]);
    for (const open of [chain, await Chain.open({ database, spec, stateMode })]) {
      for (let block = 40n; block <= HEAD; block++)
        expect(open.stateAt(block).account(payee)?.balanceWei).toBe(paid(block));
      expect(() => open.stateAt(39n)).toThrow(expect.objectContaining({ code: 'STATE_PRUNED' }));
      expect(() => open.proofAt(39n, payee, [])).toThrow(expect.objectContaining({ code: 'STATE_PRUNED' }));
      expect(open.proofAt(40n, payee, []).account.balanceWei).toBe(paid(40n));
      expect(open.blockByNumber(1n)?.transactions).toHaveLength(1);
    }
    await expect(chain.rollback(39n)).rejects.toMatchObject({ code: 'STATE_PRUNED' });
    await chain.rollback(40n);
    expect(chain.stateAt(40n).account(payee)?.balanceWei).toBe(paid(40n));
    expect((await contentOf(database, HISTORY)).size).toBe(0);
  });

  it('changes nothing where there is nothing to forget, and refuses blocks that are not there', async () => {
    const chain = await Chain.open({ database, spec, stateMode });
    await chain.prune(40n, () => undefined);
    const before = await contentOf(database);
    await chain.prune(12n, () => undefined);
    expect(await contentOf(database)).toEqual(before);
    await expect(chain.prune(HEAD + 1n, () => undefined)).rejects.toMatchObject({ code: 'BLOCK_NOT_FOUND' });
  });

  it('can be cut off at every write, and goes on to the same end', async () => {
    const whole = await Chain.open({ database, spec, stateMode });
    const before = await contentOf(database);
    await whole.prune(40n, () => undefined);
    const expected = await contentOf(database);
    for (let writes = 0; writes < 3; writes++) {
      const copy = new MemoryDatabase();
      const batch = new WriteBatch();
      for (const [key, value] of before) batch.put(hexToBytes(key), hexToBytes(value));
      await copy.write(batch);
      const write = copy.write.bind(copy);
      let left = writes;
      copy.write = async (one) => {
        if (left-- === 0) throw new Error('cut off');
        await write(one);
      };
      const cut = await Chain.open({ database: copy, spec, stateMode });
      await expect(cut.prune(40n, () => undefined)).rejects.toThrow('cut off');
      copy.write = write;
      const again = await Chain.open({ database: copy, spec, stateMode });
      expect(again.oldestStateBlock).toBe(BigInt(16 * writes));
      expect(again.stateAt(HEAD).account(payee)?.balanceWei).toBe(paid(HEAD));
      await again.prune(40n, () => undefined);
      expect(await contentOf(copy)).toEqual(expected);
    }
  });
});
