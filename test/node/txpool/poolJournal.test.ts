// The journal beside a real pool: whatever happens to the pool, and wherever the process dies, the file says what was in it.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { lineLength } from '../../../node/txpool/journalLines.ts';
import { JOURNAL_REWRITE_BYTES_MIN, PoolJournal } from '../../../node/txpool/poolJournal.ts';
import { readJournal } from '../../../node/txpool/readJournal.ts';
import { bigIntToFixedBytes, bytesToHex, concatBytes } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { temporaryDirectories } from '../../helpers/gnomonCommand.ts';
import { account, PoolFixture, tx } from './helpers.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

const READ_LIMITS = { bytesMax: 2 ** 28, countMax: 70_000, transactionBytesMax: 131_072 };
const BYTES_MAX = 2 ** 28;

let serial = 0n;
/** One whose hash is that of its bytes, as the journal needs it. */
function real(fields: Partial<SignedTransaction> = {}, size = 100): SignedTransaction {
  const raw = concatBytes(bigIntToFixedBytes(++serial, 32), new Uint8Array(size - 32));
  return tx({ ...fields, raw, hash: keccak256(raw) });
}

class Setup {
  readonly file = join(directories.make(), 'txpool.journal');
  readonly fixture: PoolFixture;
  readonly messages: string[] = [];

  constructor(limits: ConstructorParameters<typeof PoolFixture>[1] = {}) {
    this.fixture = new PoolFixture({}, limits);
  }

  begin(bytesMax = BYTES_MAX): Promise<PoolJournal> {
    const say = (message: string) => void this.messages.push(message);
    const { file, fixture } = this;
    return PoolJournal.begin({ file, pool: fixture.pool, bytesMax, log: { info: say, warn: say } });
  }

  async kept(): Promise<string[]> {
    return (await readJournal(this.file, READ_LIMITS)).raws.map((raw) => bytesToHex(keccak256(raw)));
  }

  get pooled(): string[] {
    return this.fixture.pool.entries().map(({ transaction }) => bytesToHex(transaction.hash));
  }
}

describe('the journal of a pool', () => {
  it('begins with what is there, belongs to its owner, and follows', async () => {
    const setup = new Setup();
    const { pool } = setup.fixture;
    pool.add(real());
    const journal = await setup.begin();
    expect(await setup.kept()).toEqual(setup.pooled);
    expect(statSync(setup.file).mode & 0o777).toBe(0o600);
    const second = real({ nonce: 1n });
    pool.add(second);
    await journal.flush();
    expect(await setup.kept()).toEqual(setup.pooled);
    pool.discard(second.hash);
    pool.add(real({ nonce: 1n }));
    await journal.close();
    expect(await setup.kept()).toEqual(setup.pooled);
    expect(setup.messages).toEqual([]);
  });

  it('writes by itself, and nothing for one that came and went in between', async () => {
    const setup = new Setup();
    const journal = await setup.begin();
    const { pool } = setup.fixture;
    const brief = real();
    pool.add(brief);
    pool.discard(brief.hash);
    await journal.flush();
    expect(readFileSync(setup.file, 'latin1')).toBe('');
    pool.add(real());
    while (statSync(setup.file).size === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await setup.kept()).toEqual(setup.pooled);
    await journal.close();
  });

  it('leaves nothing of one that a full pool refused', async () => {
    const setup = new Setup({ countMax: 2 });
    const journal = await setup.begin();
    const { pool } = setup.fixture;
    for (let i = 0; i < 2; i++) pool.add(real({ sender: account(i), maxPriorityFeePerGas: 20n }));
    await journal.flush();
    const before = readFileSync(setup.file);
    expect(() => pool.add(real({ sender: account(5), maxPriorityFeePerGas: 1n }))).toThrow('underpriced');
    await journal.flush();
    expect(readFileSync(setup.file).equals(before)).toBe(true);
    await journal.close();
  });

  it('says what is pooled after any calls, and wherever it is cut what was pooled after some of them', async () => {
    const call = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'discard', 'clear', 'reset', 'flush'),
      at: fc.nat(4),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), async (calls) => {
        const setup = new Setup({ countMax: 6 });
        const journal = await setup.begin();
        const { pool, state } = setup.fixture;
        /** What the file may hold: the pool at each flush, and any line of the batches between them. */
        const ever = new Set<string>();
        for (const { kind, at } of calls) {
          const sender = account(at);
          try {
            if (kind === 'add')
              pool.add(real({ sender, nonce: pool.nextNonce(sender), maxPriorityFeePerGas: BigInt(10 + at) }));
          } catch {
            // A full pool refuses some.
          }
          const first = pool.contentFrom(sender)[0]?.transaction;
          if (kind === 'discard' && first !== undefined) pool.discard(first.hash);
          if (kind === 'clear' && at === 0) pool.clear();
          if (kind === 'reset') {
            state.setAccount(sender, { nonce: pool.nextNonce(sender), balanceWei: 10n ** 18n });
            setup.fixture.reset();
          }
          for (const hash of setup.pooled) ever.add(hash);
          if (kind === 'flush') await journal.flush();
        }
        await journal.flush();
        expect((await setup.kept()).sort()).toEqual([...setup.pooled].sort());
        const bytes = readFileSync(setup.file);
        for (let end = 0; end < bytes.length; end += 97) {
          writeFileSync(setup.file, bytes.subarray(0, end));
          for (const hash of await setup.kept()) expect(ever).toContain(hash);
        }
        await journal.close();
      }),
      { numRuns: 15 },
    );
  });

  it('is written anew when it has outgrown the pool', async () => {
    const setup = new Setup();
    const journal = await setup.begin();
    const { pool } = setup.fixture;
    pool.add(real({ sender: account(1) }));
    let largest = 0;
    for (let written = 0; written < 2 * JOURNAL_REWRITE_BYTES_MIN; written += 130_000) {
      const large = real({}, 100_000);
      pool.add(large);
      await journal.flush();
      largest = Math.max(largest, statSync(setup.file).size);
      pool.discard(large.hash);
      await journal.flush();
    }
    expect(largest).toBeGreaterThan(JOURNAL_REWRITE_BYTES_MIN);
    expect(largest).toBeLessThan(JOURNAL_REWRITE_BYTES_MIN + 140_000);
    expect(await setup.kept()).toEqual(setup.pooled);
    await journal.close();
  });

  it('is written anew past its bound, and not at it', async () => {
    const setup = new Setup();
    const { pool } = setup.fixture;
    pool.add(real());
    const oneLine = lineLength(100);
    const journal = await setup.begin(3 * oneLine);
    for (let nonce = 1n; nonce < 3n; nonce++) {
      pool.add(real({ nonce }));
      await journal.flush();
      expect(statSync(setup.file).size).toBe(Number(nonce + 1n) * oneLine);
    }
    const gone = real({ sender: account(3) });
    pool.add(gone);
    await journal.flush();
    pool.discard(gone.hash);
    await journal.flush();
    // Without a line for the one that went.
    expect(statSync(setup.file).size).toBe(3 * oneLine);
    expect(await setup.kept()).toEqual(setup.pooled);
    await journal.close();
  });

  it('keeps the old file until a new one is whole', async () => {
    const setup = new Setup();
    setup.fixture.pool.add(real());
    await (await setup.begin()).close();
    const before = await setup.kept();
    // What a crash in the middle of writing it anew leaves.
    writeFileSync(`${setup.file}.partial`, '+half');
    expect(await setup.kept()).toEqual(before);
    const next = await setup.begin();
    expect(existsSync(`${setup.file}.partial`)).toBe(false);
    expect(await setup.kept()).toEqual(before);
    await next.close();
  });

  it('goes on without a disk, says so once, and is whole again when there is one', async () => {
    const setup = new Setup();
    const { pool } = setup.fixture;
    const directory = join(setup.file, '..');
    rmSync(directory, { recursive: true });
    const journal = await setup.begin();
    for (let nonce = 0n; nonce < 3n; nonce++) {
      pool.add(real({ nonce }));
      await journal.flush();
    }
    expect(setup.messages).toEqual(['the pool cannot be journaled']);
    mkdirSync(directory);
    pool.add(real({ nonce: 3n }));
    await journal.flush();
    expect(setup.messages).toEqual(['the pool cannot be journaled', 'the pool is journaled again']);
    expect(await setup.kept()).toEqual(setup.pooled);
    await journal.close();
  });
});
