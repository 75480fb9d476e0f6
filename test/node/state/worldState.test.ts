import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH } from '../../../node/state/account.ts';
import { MemoryStateReader } from '../../../node/state/memoryReader.ts';
import type { AccountRecord, JournaledState, JournalMark } from '../../../node/state/types.ts';
import { createJournaledState } from '../../../node/state/worldState.ts';
import { bytesKey, EMPTY_BYTES, toAddress } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';

const addressOf = (index: number) => toAddress(new Uint8Array(20).fill(index + 1));
const slotOf = (index: number) => new Uint8Array(32).fill(index);
const alice = addressOf(0);
const bob = addressOf(1);
const one = Uint8Array.of(1);
const two = Uint8Array.of(2);

function readerWithAlice(): MemoryStateReader {
  const reader = new MemoryStateReader();
  reader.setAccount(alice, { nonce: 1n, balanceWei: 100n });
  reader.setSlot(alice, slotOf(1), Uint8Array.of(11));
  reader.setSlot(alice, slotOf(2), Uint8Array.of(22));
  return reader;
}

describe('createJournaledState', () => {
  it('reads through to the reader and never writes to it', () => {
    const reader = readerWithAlice();
    const state = createJournaledState(reader);
    expect(state.account(alice)?.balanceWei).toBe(100n);
    expect(state.account(bob)).toBeUndefined();
    state.addBalance(alice, 5n);
    state.setSlot(alice, slotOf(1), one);
    expect(state.account(alice)?.balanceWei).toBe(105n);
    expect(reader.account(alice)?.balanceWei).toBe(100n);
    expect(reader.slot(alice, slotOf(1))).toEqual(Uint8Array.of(11));
  });

  it('reverts to nested marks', () => {
    const state = createJournaledState(readerWithAlice());
    const outer = state.mark();
    state.subtractBalance(alice, 60n);
    const inner = state.mark();
    state.deleteAccount(alice);
    state.setAccount(bob, { ...EMPTY_ACCOUNT, nonce: 7n });
    expect(state.slot(alice, slotOf(1))).toEqual(EMPTY_BYTES);
    state.revertTo(inner);
    expect(state.account(bob)).toBeUndefined();
    expect(state.account(alice)?.balanceWei).toBe(40n);
    expect(state.slot(alice, slotOf(1))).toEqual(Uint8Array.of(11));
    state.revertTo(outer);
    expect(state.account(alice)?.balanceWei).toBe(100n);
    expect(state.changes().accounts.size).toBe(0);
  });

  it('does not let a re-created account see the slots of the destroyed one', () => {
    const state = createJournaledState(readerWithAlice());
    state.setSlot(alice, slotOf(3), one);
    state.deleteAccount(alice);
    state.endTransaction();
    state.setAccount(alice, EMPTY_ACCOUNT);
    state.setSlot(alice, slotOf(1), two);
    expect(state.slot(alice, slotOf(2))).toEqual(EMPTY_BYTES);
    expect(state.slot(alice, slotOf(3))).toEqual(EMPTY_BYTES);
    expect(state.originalSlot(alice, slotOf(1))).toEqual(EMPTY_BYTES);
    const changes = state.changes();
    expect([...changes.clearedStorage]).toEqual([bytesKey(alice)]);
    expect([...(changes.slots.get(bytesKey(alice)) ?? [])]).toEqual([[bytesKey(slotOf(1)), two]]);
  });

  it('keeps original slots per transaction (EIP-2200), through reverts and clears', () => {
    const state = createJournaledState(readerWithAlice());
    expect(state.originalSlot(alice, slotOf(1))).toEqual(Uint8Array.of(11));
    state.setSlot(alice, slotOf(1), one);
    const mark = state.mark();
    state.setSlot(alice, slotOf(1), two);
    expect(state.originalSlot(alice, slotOf(1))).toEqual(Uint8Array.of(11));
    state.clearStorage(alice);
    expect(state.originalSlot(alice, slotOf(1))).toEqual(Uint8Array.of(11));
    expect(state.originalSlot(alice, slotOf(2))).toEqual(Uint8Array.of(22));
    state.revertTo(mark);
    expect(state.slot(alice, slotOf(1))).toEqual(one);
    expect(state.originalSlot(alice, slotOf(1))).toEqual(Uint8Array.of(11));
    state.endTransaction();
    expect(state.originalSlot(alice, slotOf(1))).toEqual(one);
  });

  it('strips leading zeros of values, and zero deletes', () => {
    const state = createJournaledState(readerWithAlice());
    state.setSlot(alice, slotOf(5), Uint8Array.of(0, 0, 9));
    expect(state.slot(alice, slotOf(5))).toEqual(Uint8Array.of(9));
    state.setSlot(alice, slotOf(1), new Uint8Array(32));
    expect(state.slot(alice, slotOf(1))).toEqual(EMPTY_BYTES);
    expect(
      state
        .changes()
        .slots.get(bytesKey(alice))
        ?.get(bytesKey(slotOf(1))),
    ).toEqual(EMPTY_BYTES);
  });

  it('sets, replaces and removes code (EIP-7702)', () => {
    const state = createJournaledState(readerWithAlice());
    state.setCode(alice, Uint8Array.of(0xef, 1, 0));
    state.setCode(alice, Uint8Array.of(0xef, 1, 1));
    const codeHash = state.account(alice)?.codeHash;
    expect(codeHash).toEqual(keccak256(Uint8Array.of(0xef, 1, 1)));
    expect(codeHash && state.code(codeHash)).toEqual(Uint8Array.of(0xef, 1, 1));
    expect([...state.changes().codes.values()]).toEqual([Uint8Array.of(0xef, 1, 1)]);
    state.setCode(alice, EMPTY_BYTES);
    expect(state.account(alice)?.codeHash).toEqual(EMPTY_CODE_HASH);
    expect(state.code(EMPTY_CODE_HASH)).toEqual(EMPTY_BYTES);
    expect(state.changes().accounts.size + state.changes().codes.size).toBe(0);
  });

  it('leaves out an account that was created and destroyed within the block', () => {
    const state = createJournaledState(readerWithAlice());
    state.setAccount(bob, EMPTY_ACCOUNT);
    state.setSlot(bob, slotOf(1), one);
    state.setCode(bob, one);
    state.deleteAccount(bob);
    const { accounts, slots, clearedStorage, codes } = state.changes();
    expect([accounts.size, slots.size, clearedStorage.size, codes.size]).toEqual([0, 0, 0, 0]);
  });

  it('adds zero without creating, and refuses to go below zero', () => {
    const state = createJournaledState(readerWithAlice());
    state.addBalance(bob, 0n);
    expect(state.account(bob)).toBeUndefined();
    state.subtractBalance(alice, 100n);
    expect(() => state.subtractBalance(alice, 1n)).toThrow(/less than what is to be subtracted/);
    expect(() => state.addBalance(alice, -1n)).toThrow(/negative/);
    expect(() => state.subtractBalance(bob, -1n)).toThrow(/negative/);
  });

  it('stops on storage without an account and on marks out of range', () => {
    const state = createJournaledState(readerWithAlice());
    state.setSlot(bob, slotOf(1), one);
    expect(() => state.changes()).toThrow(/account that does not exist/);
    expect(() => state.revertTo(2)).toThrow(/not in the undo log/);
    expect(() => state.revertTo(-1)).toThrow(/not in the undo log/);
  });
});

// A second implementation, as plain as can be: whole copies at every mark.
interface Model {
  accounts: Map<string, AccountRecord>;
  slots: Map<string, Uint8Array>;
}
const copyOf = (model: Model): Model => ({ accounts: new Map(model.accounts), slots: new Map(model.slots) });
const slotId = (account: number, slot: number) => `${account}/${slot}`;

function dropSlots(model: Model, account: number): void {
  for (const id of [...model.slots.keys()]) if (id.startsWith(`${account}/`)) model.slots.delete(id);
}

const ACCOUNTS = 3;
const SLOTS = 3;
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), a: fc.nat(ACCOUNTS - 1), n: fc.bigInt(0n, 2n) }),
  fc.record({ kind: fc.constant('delete' as const), a: fc.nat(ACCOUNTS - 1) }),
  fc.record({ kind: fc.constant('clear' as const), a: fc.nat(ACCOUNTS - 1) }),
  fc.record({ kind: fc.constant('code' as const), a: fc.nat(ACCOUNTS - 1), n: fc.bigInt(0n, 2n) }),
  fc.record({ kind: fc.constant('add' as const), a: fc.nat(ACCOUNTS - 1), n: fc.bigInt(0n, 3n) }),
  fc.record({ kind: fc.constant('slot' as const), a: fc.nat(ACCOUNTS - 1), s: fc.nat(SLOTS - 1), v: fc.nat(3) }),
  fc.record({ kind: fc.constant('slot' as const), a: fc.nat(ACCOUNTS - 1), s: fc.nat(SLOTS - 1), v: fc.nat(3) }),
  fc.record({ kind: fc.constant('mark' as const) }),
  fc.record({ kind: fc.constant('revert' as const), back: fc.nat(4) }),
  fc.record({ kind: fc.constant('end' as const) }),
  fc.record({ kind: fc.constant('block' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class Pair {
  reader = new MemoryStateReader();
  state: JournaledState = createJournaledState(this.reader);
  model: Model = { accounts: new Map(), slots: new Map() };
  original: Model = copyOf(this.model);
  marks: { mark: JournalMark; model: Model }[] = [];

  run(one: Step): void {
    const { state, model } = this;
    if (one.kind === 'mark') this.marks.push({ mark: state.mark(), model: copyOf(model) });
    else if (one.kind === 'revert') this.#revert(one.back);
    else if (one.kind === 'end') this.#endTransaction();
    else if (one.kind === 'block') this.#endBlock();
    else this.#change(one);
  }

  #revert(back: number): void {
    const at = this.marks.length - 1 - back;
    const target = this.marks[at];
    if (target === undefined) return;
    this.state.revertTo(target.mark);
    this.model = copyOf(target.model);
    this.marks.length = at;
  }

  #endTransaction(): void {
    this.state.endTransaction();
    this.marks = [];
    this.original = copyOf(this.model);
  }

  #endBlock(): void {
    this.#endTransaction();
    this.reader.apply(this.state.changes());
    this.state = createJournaledState(this.reader);
  }

  #change(one: Exclude<Step, { kind: 'mark' | 'revert' | 'end' | 'block' }>): void {
    const { state, model } = this;
    const address = addressOf(one.a);
    const key = bytesKey(address);
    const before = model.accounts.get(key);
    if (one.kind === 'set') {
      const record = { ...(before ?? EMPTY_ACCOUNT), nonce: one.n };
      state.setAccount(address, record);
      model.accounts.set(key, record);
    } else if (one.kind === 'delete') {
      state.deleteAccount(address);
      if (model.accounts.delete(key)) dropSlots(model, one.a);
    } else if (one.kind === 'clear') {
      state.clearStorage(address);
      dropSlots(model, one.a);
    } else if (one.kind === 'code') {
      const code = one.n === 0n ? EMPTY_BYTES : Uint8Array.of(Number(one.n));
      state.setCode(address, code);
      const codeHash = code.length === 0 ? EMPTY_CODE_HASH : keccak256(code);
      model.accounts.set(key, { ...(before ?? EMPTY_ACCOUNT), codeHash });
    } else if (one.kind === 'add') {
      state.addBalance(address, one.n);
      if (one.n > 0n) {
        const record = before ?? EMPTY_ACCOUNT;
        model.accounts.set(key, { ...record, balanceWei: record.balanceWei + one.n });
      }
    } else if (before !== undefined) {
      state.setSlot(address, slotOf(one.s), one.v === 0 ? EMPTY_BYTES : Uint8Array.of(one.v));
      if (one.v === 0) model.slots.delete(slotId(one.a, one.s));
      else model.slots.set(slotId(one.a, one.s), Uint8Array.of(one.v));
    }
  }

  check(): void {
    for (let a = 0; a < ACCOUNTS; a++) {
      const address = addressOf(a);
      expect(this.state.account(address)).toEqual(this.model.accounts.get(bytesKey(address)));
      for (let s = 0; s < SLOTS; s++) {
        expect(this.state.slot(address, slotOf(s))).toEqual(this.model.slots.get(slotId(a, s)) ?? EMPTY_BYTES);
        expect(this.state.originalSlot(address, slotOf(s))).toEqual(
          this.original.slots.get(slotId(a, s)) ?? EMPTY_BYTES,
        );
      }
    }
  }
}

describe('journaled state against whole copies', () => {
  it('agrees after every step of random runs', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
        const pair = new Pair();
        for (const one of steps) {
          pair.run(one);
          pair.check();
        }
        pair.run({ kind: 'block' });
        pair.check();
      }),
      { numRuns: 400 },
    );
  });
});
