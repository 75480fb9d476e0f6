import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT, encodeAccount } from '../../../node/state/account.ts';
import { BUCKET } from '../../../node/state/buckets.ts';
import { WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { DEFAULT_STATE_LIMITS, KEEP_BLOCKS_MIN, openStateStore, StateStore } from '../../../node/state/stateStore.ts';
import { createJournaledState } from '../../../node/state/worldState.ts';
import { bytesToHex, EMPTY_BYTES } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import {
  ACCOUNTS,
  addressOf,
  applyToJournal,
  block,
  contentOf,
  type Op,
  oracleProof,
  SLOTS,
  StateModel,
  slotOf,
} from './stateModel.ts';

const TINY_LIMITS = { accountsMax: 4, slotsMax: 4, codesMax: 2, accountNodesMax: 6, storageNodesMax: 8 };
const ARCHIVE = { kind: 'archive' } as const;
const HISTORY_BUCKETS = [
  BUCKET.accountHistory,
  BUCKET.slotHistory,
  BUCKET.accountNodeHistory,
  BUCKET.storageNodeHistory,
  BUCKET.changes,
];

/** A store under test, with a copy of the model for every block. */
class Chain {
  database = new MemoryDatabase();
  store: StateStore;
  models: StateModel[] = [];

  constructor(limits?: typeof TINY_LIMITS) {
    this.store = openStateStore(this.database, ARCHIVE, limits);
  }

  reopen(limits?: typeof TINY_LIMITS): void {
    this.store = openStateStore(this.database, ARCHIVE, limits);
  }

  async add(ops: readonly Op[]): Promise<void> {
    const number = this.models.length;
    const model = this.models.at(-1)?.copy() ?? new StateModel();
    model.apply(ops);
    const { database, store } = this;
    const state = createJournaledState(store.isInitialised ? store.readerAt(BigInt(number - 1)) : emptyReader);
    applyToJournal(state, ops);
    const sealed = store.seal(state.changes(), store.head.stateRoot);
    expect(bytesToHex(sealed.stateRoot)).toBe(await model.root());
    const batch = new WriteBatch();
    const pending = await store.write(sealed, BigInt(number), batch);
    await database.write(batch);
    store.accept(pending);
    this.models.push(model);
  }

  async rollback(): Promise<void> {
    const batch = new WriteBatch();
    const pending = this.store.rollback(batch);
    await this.database.write(batch);
    this.store.accept(pending);
    this.models.pop();
  }

  async prune(oldest: number): Promise<void> {
    const batch = new WriteBatch();
    const pending = this.store.prune(batch, BigInt(oldest));
    await this.database.write(batch);
    this.store.accept(pending);
  }

  checkReads(number: number, reader = this.store.readerAt(BigInt(number))): void {
    const model = this.models[number] as StateModel;
    for (let a = 0; a < ACCOUNTS; a++) {
      const expected = model.accounts.get(a);
      const record = reader.account(addressOf(a));
      expect(record === undefined).toBe(expected === undefined);
      if (record !== undefined && expected !== undefined) {
        expect([record.nonce, record.balanceWei]).toEqual([expected.nonce, expected.balanceWei]);
        expect(record.codeHash).toEqual(keccak256(expected.code));
        expect(reader.code(record.codeHash)).toEqual(expected.code);
      }
      for (let s = 0; s < SLOTS; s++)
        expect(reader.slot(addressOf(a), slotOf(s))).toEqual(expected?.slots.get(s) ?? EMPTY_BYTES);
    }
  }

  async checkProofs(number: number): Promise<void> {
    const model = this.models[number] as StateModel;
    const trie = await model.trie();
    expect(this.store.stateRootAt(BigInt(number))).toEqual(trie.root());
    const slots = Array.from({ length: SLOTS }, (_, s) => slotOf(s));
    for (let a = 0; a < ACCOUNTS; a++) {
      const proof = this.store.proof(BigInt(number), addressOf(a), slots);
      expect(proof.accountProof.map(bytesToHex)).toEqual(await oracleProof(trie, addressOf(a)));
      const storage = await model.storageTrie(a);
      expect(proof.account.storageRoot).toEqual(storage.root());
      for (const [s, one] of proof.storageProofs.entries()) {
        expect(one.value).toEqual(model.accounts.get(a)?.slots.get(s) ?? EMPTY_BYTES);
        expect(one.proof.map(bytesToHex)).toEqual(await oracleProof(storage, slotOf(s)));
      }
    }
  }
}

const emptyReader = { account: () => undefined, slot: () => EMPTY_BYTES, code: () => EMPTY_BYTES };

describe('state store against whole copies and @ethereumjs/mpt', () => {
  const run = fc.array(block, { minLength: 1, maxLength: 10 });

  it.each([
    ['default', undefined],
    ['tiny', TINY_LIMITS],
  ] as const)('has the same roots, and reads the same at every block, with %s limits', async (_name, limits) => {
    await fc.assert(
      fc.asyncProperty(run, async (blocks) => {
        const chain = new Chain(limits);
        const pinned = [];
        for (const ops of blocks) {
          await chain.add(ops);
          pinned.push(chain.store.readerAt(BigInt(chain.models.length - 1)));
          chain.checkReads(chain.models.length - 1);
        }
        for (const [number, reader] of pinned.entries()) {
          chain.checkReads(number, reader);
          chain.checkReads(number);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('proves inclusion and exclusion at every block exactly as the oracle does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 5 }), async (blocks) => {
        const chain = new Chain(TINY_LIMITS);
        for (const ops of blocks) await chain.add(ops);
        for (const number of chain.models.keys()) await chain.checkProofs(number);
      }),
      { numRuns: 12 },
    );
  });

  it('rolls back to the same bytes, and forward to the same bytes again', async () => {
    await fc.assert(
      fc.asyncProperty(run, fc.nat(9), fc.boolean(), async (blocks, back, reopens) => {
        const chain = new Chain();
        const contents: Map<string, string>[] = [];
        for (const ops of blocks) {
          await chain.add(ops);
          contents.push(await contentWithoutCode(chain));
        }
        const target = Math.max(0, blocks.length - 1 - back);
        while (chain.models.length - 1 > target) {
          await chain.rollback();
          expect(await contentWithoutCode(chain)).toEqual(contents[chain.models.length - 1]);
          chain.checkReads(chain.models.length - 1);
        }
        if (reopens) chain.reopen();
        for (const ops of blocks.slice(target + 1)) await chain.add(ops);
        expect(await contentWithoutCode(chain)).toEqual(contents.at(-1));
      }),
      { numRuns: 60 },
    );
  });

  it('keeps what kept blocks need while it prunes, and nothing else in the end', async () => {
    await fc.assert(
      fc.asyncProperty(run, fc.array(fc.nat(3), { maxLength: 10 }), async (blocks, lags) => {
        const chain = new Chain(TINY_LIMITS);
        for (const [number, ops] of blocks.entries()) {
          await chain.add(ops);
          const oldest = Math.max(Number(chain.store.oldestBlock), number - (lags[number] ?? 3));
          await chain.prune(oldest);
          for (let kept = oldest; kept <= number; kept++) chain.checkReads(kept);
          if (oldest > 0) expect(() => chain.store.readerAt(BigInt(oldest - 1))).toThrow(/is pruned: the oldest kept/);
        }
        await chain.checkProofs(Number(chain.store.oldestBlock));
        await chain.prune(blocks.length - 1);
        expect((await contentOf(chain.database, HISTORY_BUCKETS)).size).toBe(0);
        await expectSameAsFresh(chain);
      }),
      { numRuns: 60 },
    );
  });
});

/** Block 4 destroys an account, and its batch prunes the tombstone of the account's slot 0. */
const DESTROYED_WHILE_A_TOMBSTONE_IS_PRUNED: Op[][] = [
  [
    {
      kind: 'slots',
      a: 4,
      slots: [
        [1, 255],
        [0, 255],
      ],
    },
  ],
  [{ kind: 'slots', a: 4, slots: [[0, 0]] }],
  [],
  [],
  [{ kind: 'delete', a: 4 }],
  [{ kind: 'slots', a: 4, slots: [[0, 1]] }],
];

describe('pruned mode', () => {
  it('leaves the same bytes as pruning apart from the block, and every kept block readable', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 2, max: 4 }),
        async (blocks, keep) => {
          const chain = new Chain();
          chain.store = new StateStore(chain.database, { kind: 'pruned', keepBlocks: keep }, DEFAULT_STATE_LIMITS);
          const apart = new Chain();
          for (const [number, ops] of blocks.entries()) {
            await chain.add(ops);
            const oldest = Math.max(0, number - keep + 1);
            if (number > 0) await apart.prune(oldest);
            await apart.add(ops);
            expect(chain.store.oldestBlock).toBe(BigInt(oldest));
            for (let kept = oldest; kept <= number; kept++) chain.checkReads(kept);
            expect(await contentWithoutCode(chain)).toEqual(await contentWithoutCode(apart));
          }
        },
      ),
      { numRuns: 60, examples: [[DESTROYED_WHILE_A_TOMBSTONE_IS_PRUNED, 4]] },
    );
  });

  it('catches up by a few blocks at a time when an archive becomes pruned', async () => {
    const chain = new Chain();
    for (let i = 0; i < 30; i++) await chain.add([{ kind: 'pay', a: i % 3, wei: 1n }]);
    chain.store = new StateStore(chain.database, { kind: 'pruned', keepBlocks: 5 }, DEFAULT_STATE_LIMITS);
    for (const oldest of [8n, 16n, 24n, 29n, 30n]) {
      await chain.add([{ kind: 'pay', a: 1, wei: 1n }]);
      expect(chain.store.oldestBlock).toBe(oldest);
    }
    chain.reopen();
    expect(chain.store.oldestBlock).toBe(30n);
  });

  it('keeps no fewer blocks than the minimum', () => {
    const open = (keepBlocks: number) => openStateStore(new MemoryDatabase(), { kind: 'pruned', keepBlocks });
    expect(() => open(KEEP_BLOCKS_MIN)).not.toThrow();
    expect(() => open(KEEP_BLOCKS_MIN - 1)).toThrow(/at least 128 blocks, got 127/);
    expect(() => open(Number.NaN)).toThrow(/at least 128 blocks/);
  });
});

async function contentWithoutCode(chain: Chain): Promise<Map<string, string>> {
  const buckets = Object.values(BUCKET).filter((bucket) => bucket !== BUCKET.code);
  return contentOf(chain.database, buckets);
}

/** After pruning to the head only live records are left: as many as a chain has that starts with this state. */
async function expectSameAsFresh(chain: Chain): Promise<void> {
  const fresh = new Chain();
  const model = chain.models.at(-1) as StateModel;
  const ops: Op[] = [];
  for (const [a, record] of model.accounts) {
    ops.push({ kind: 'pay', a, wei: record.balanceWei });
    if (record.slots.size > 0)
      ops.push({ kind: 'slots', a, slots: [...record.slots].map(([s, v]) => [s, v[0] as number]) });
  }
  await fresh.add(ops);
  const live = [BUCKET.account, BUCKET.slot, BUCKET.accountNode, BUCKET.storageNode];
  const keys = async (one: Chain) => [...(await contentOf(one.database, live)).keys()];
  expect(await keys(chain)).toEqual(await keys(fresh));
}

describe('state store', () => {
  it('starts empty and says that there are no blocks', () => {
    const { store } = new Chain();
    expect(store.isInitialised).toBe(false);
    expect(store.head.stateRoot).toEqual(EMPTY_TRIE_ROOT);
    expect(() => store.readerAt(0n)).toThrow(/block 0 is not there/);
  });

  it('refuses to write out of order, on another head, or to accept twice', async () => {
    const chain = new Chain();
    await chain.add([{ kind: 'pay', a: 1, wei: 5n }]);
    const { store } = chain;
    const seal = () => {
      const state = createJournaledState(store.readerAt(0n));
      state.addBalance(addressOf(2), 1n);
      return store.seal(state.changes(), store.head.stateRoot);
    };
    const [winner, loser] = [seal(), seal()];
    expect(winner.stateRoot).toEqual(loser.stateRoot);
    await expect(store.write(winner, 2n, new WriteBatch())).rejects.toThrow(/block 2 does not follow 0/);
    const batch = new WriteBatch();
    const pending = await store.write(winner, 1n, batch);
    await chain.database.write(batch);
    store.accept(pending);
    expect(() => store.accept(pending)).toThrow(/head of the state moved/);
    await expect(store.write(loser, 2n, new WriteBatch())).rejects.toThrow(/sealed on another head/);
    const changes = createJournaledState(store.readerAt(1n)).changes();
    expect(() => store.seal(changes, EMPTY_TRIE_ROOT)).toThrow(/not the head of the state/);
  });

  it('is as before when a batch was never written, and as after when it was and nobody was told', async () => {
    const chain = new Chain();
    await chain.add([
      { kind: 'pay', a: 1, wei: 5n },
      {
        kind: 'slots',
        a: 1,
        slots: [
          [1, 1],
          [2, 2],
        ],
      },
    ]);
    const before = await contentOf(chain.database);
    const state = createJournaledState(chain.store.readerAt(0n));
    state.setSlot(addressOf(1), slotOf(1), EMPTY_BYTES);
    state.addBalance(addressOf(2), 7n);
    const sealed = chain.store.seal(state.changes(), chain.store.head.stateRoot);
    await chain.store.write(sealed, 1n, new WriteBatch());
    expect(await contentOf(chain.database)).toEqual(before);
    chain.checkReads(0);
    const batch = new WriteBatch();
    await chain.store.write(sealed, 1n, batch);
    await chain.database.write(batch);
    chain.reopen();
    expect(chain.store.head).toEqual({ blockNumber: 1, stateRoot: sealed.stateRoot });
    expect(chain.store.readerAt(1n).account(addressOf(2))?.balanceWei).toBe(7n);
    expect(chain.store.readerAt(0n).slot(addressOf(1), slotOf(1))).toEqual(new Uint8Array(2).fill(1));
  });

  it('reads a cold account or slot of the head with exactly one database read, and a warm one with none', async () => {
    const chain = new Chain();
    await chain.add(
      Array.from(
        { length: ACCOUNTS },
        (_, a): Op => ({
          kind: 'slots',
          a,
          slots: [
            [1, 1],
            [2, 2],
            [3, 3],
          ],
        }),
      ),
    );
    chain.reopen();
    const reader = chain.store.readerAt(0n);
    let reads = 0;
    const getSync = chain.database.getSync.bind(chain.database);
    chain.database.getSync = (key) => {
      reads++;
      return getSync(key);
    };
    const readsOf = (read: () => unknown) => {
      reads = 0;
      read();
      return reads;
    };
    expect(readsOf(() => reader.account(addressOf(3)))).toBe(1);
    expect(readsOf(() => reader.account(addressOf(3)))).toBe(0);
    expect(readsOf(() => reader.slot(addressOf(3), slotOf(1)))).toBe(1);
    expect(readsOf(() => reader.slot(addressOf(3), slotOf(1)))).toBe(0);
    expect(readsOf(() => reader.slot(addressOf(4), slotOf(2)))).toBe(1);
    expect(readsOf(() => reader.account(addressOf(99)))).toBe(1);
    expect(readsOf(() => reader.account(addressOf(99)))).toBe(0);
    expect(readsOf(() => reader.slot(addressOf(99), slotOf(2)))).toBe(1);
  });

  it('stays within its limits', async () => {
    const chain = new Chain(TINY_LIMITS);
    for (let round = 0; round < 6; round++) {
      const ops = Array.from({ length: ACCOUNTS }, (_, a): Op[] => [
        { kind: 'code', a, byte: 1 + ((a + round) % 200) },
        { kind: 'slots', a, slots: Array.from({ length: SLOTS }, (_, s) => [s, 1 + round + s]) },
      ]);
      await chain.add(ops.flat());
      chain.checkReads(round);
      const memory = chain.store.memory();
      expect(memory.accounts).toBeLessThanOrEqual(TINY_LIMITS.accountsMax);
      expect(memory.slots).toBeLessThanOrEqual(TINY_LIMITS.slotsMax);
      expect(memory.codes).toBeLessThanOrEqual(TINY_LIMITS.codesMax);
      expect(memory.accountNodes).toBeLessThanOrEqual(TINY_LIMITS.accountNodesMax);
      expect(memory.storageNodes).toBeLessThanOrEqual(TINY_LIMITS.storageNodesMax);
    }
  });

  it('dumps every account and slot under its raw key', async () => {
    const chain = new Chain();
    await chain.add([
      {
        kind: 'slots',
        a: 3,
        slots: [
          [2, 5],
          [1, 6],
          [0, 7],
        ],
      },
      { kind: 'pay', a: 1, wei: 9n },
      { kind: 'pay', a: 7, wei: 1n },
      { kind: 'slots', a: 8, slots: [[4, 5]] },
    ]);
    await chain.add([
      { kind: 'delete', a: 7 },
      { kind: 'slots', a: 3, slots: [[1, 0]] },
    ]);
    const seen: string[] = [];
    for await (const entry of chain.store.dump()) {
      const a = (entry.address[0] as number) - 1;
      seen.push(
        entry.kind === 'account'
          ? `account ${a} ${entry.record.balanceWei}`
          : `slot ${a}/${entry.slot[0]} ${entry.value[0]}`,
      );
    }
    expect(seen).toEqual(['account 1 9', 'account 3 0', 'slot 3/0 7', 'slot 3/2 5', 'account 8 0', 'slot 8/4 5']);
  });

  it('says so when a reader outlives a rollback or its block', async () => {
    const chain = new Chain();
    for (let i = 0; i < 4; i++) await chain.add([{ kind: 'pay', a: 1, wei: 1n }]);
    const old = chain.store.readerAt(1n);
    await chain.prune(2);
    expect(() => old.account(addressOf(1))).toThrow(/state of block 1 is pruned: the oldest kept is that of block 2/);
    const reader = chain.store.readerAt(3n);
    await chain.rollback();
    expect(() => reader.account(addressOf(1))).toThrow(/rolled back/);
    expect(() => chain.store.readerAt(3n)).toThrow(/block 3 is not there: the newest is 2/);
    await expect(chain.rollback()).rejects.toThrow(/state of block 1 is pruned/);
  });

  it('does not serve another block to a reader that was pinned before a rollback', async () => {
    const chain = new Chain();
    for (let i = 0; i < 3; i++) await chain.add([{ kind: 'pay', a: 1, wei: 1n }]);
    const reader = chain.store.readerAt(2n);
    await chain.rollback();
    await chain.add([{ kind: 'pay', a: 2, wei: 1n }]);
    expect(() => reader.account(addressOf(1))).toThrow(/rolled back/);
    chain.checkReads(2);
  });

  it('continues the history of the block that it rolled back to, also when a trie is again what it was', async () => {
    const values = [1, 2, 1];
    const [chain, fresh] = [new Chain(), new Chain()];
    for (const v of values) await chain.add([{ kind: 'slots', a: 1, slots: [[1, v]] }]);
    await chain.rollback();
    await chain.rollback();
    await fresh.add([{ kind: 'slots', a: 1, slots: [[1, 1]] }]);
    for (const one of [chain, fresh]) await one.add([{ kind: 'slots', a: 1, slots: [[2, 3]] }]);
    expect(await contentOf(chain.database)).toEqual(await contentOf(fresh.database));
  });

  it('agrees with the encoding of accounts in proofs', async () => {
    const chain = new Chain();
    await chain.add([{ kind: 'pay', a: 1, wei: 5n }]);
    const proof = chain.store.proof(0n, addressOf(1), []);
    expect(bytesToHex(proof.accountProof.at(-1) ?? EMPTY_BYTES)).toContain(
      bytesToHex(encodeAccount(proof.account)).slice(2),
    );
    const absent = chain.store.proof(0n, addressOf(2), [slotOf(1)]);
    expect(absent.account.balanceWei).toBe(0n);
    expect(absent.storageProofs).toEqual([{ slot: slotOf(1), value: EMPTY_BYTES, proof: [] }]);
  });
});
