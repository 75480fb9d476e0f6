// What an attacker can send without end, and what that may do to memory and to those who pay.
import { describe, expect, it } from 'vitest';
import type { Authorization, SignedTransaction } from '../../../node/block/types.ts';
import {
  ACCESS_LIST_ENTRY_BYTES,
  AUTHORIZATION_BYTES,
  footprintOf,
  STORAGE_KEY_BYTES,
} from '../../../node/txpool/footprint.ts';
import { POOL_LIMITS } from '../../../node/txpool/limits.ts';
import { Submissions } from '../../../node/txpool/submissions.ts';
import type { TxPool } from '../../../node/txpool/txPool.ts';
import { toAddress } from '../../../primitives/bytes.ts';
import { addressOfPublicKey, publicKeyOf } from '../../../primitives/crypto/secp256k1.ts';
import { signedAuthorization } from '../../helpers/signAuthorization.ts';
import { account, CHAIN_ID, codeOf, GNM, messageOf, PoolFixture, tx } from './helpers.ts';

const LIMITS = { countMax: 40, bytesMax: 8_000, senderCountMax: 10, senderGappedMax: 3 };
const HONEST = account(0);

/** What is in the pool is within its bounds, and the books agree with it. */
function expectBounded(pool: TxPool): void {
  const content = pool.content();
  const bytes = content.reduce((sum, { transaction }) => sum + footprintOf(transaction), 0);
  expect(content.length).toBeLessThanOrEqual(LIMITS.countMax);
  expect(bytes).toBeLessThanOrEqual(LIMITS.bytesMax);
  expect(pool.sizes().bytes).toBe(bytes);
}

function flood(fixture: PoolFixture, count: number, make: (index: number) => SignedTransaction): Map<string, number> {
  const outcomes = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const code = codeOf(() => fixture.pool.add(make(index)));
    outcomes.set(code, (outcomes.get(code) ?? 0) + 1);
  }
  expectBounded(fixture.pool);
  return outcomes;
}

/** Attackers beyond the accounts that the fixture knows: rich ones. */
function attacker(fixture: PoolFixture, index: number): ReturnType<typeof account> {
  const address = account(1_000 + index);
  fixture.state.setAccount(address, { balanceWei: GNM });
  return address;
}

function honestPool(): PoolFixture {
  const fixture = new PoolFixture({}, LIMITS);
  for (let nonce = 0n; nonce < 5n; nonce++) fixture.pool.add(tx({ sender: HONEST, nonce }));
  return fixture;
}

describe('a flood does not move a pending transaction that pays', () => {
  it.each<[string, (fixture: PoolFixture, index: number) => Parameters<typeof tx>[0]]>([
    [
      'nonce gaps at any price',
      (fixture, i) => ({ sender: attacker(fixture, i), nonce: 1n + BigInt(i % 9), maxPriorityFeePerGas: 100n }),
    ],
    ['tips below', (fixture, i) => ({ sender: attacker(fixture, i), maxPriorityFeePerGas: 9n })],
    ['the same tips, later', (fixture, i) => ({ sender: attacker(fixture, i), maxPriorityFeePerGas: 10n })],
    ['oversized ones', (fixture, i) => ({ sender: attacker(fixture, i), size: POOL_LIMITS.transactionBytesMax + 1 })],
    ['another chain’s', (fixture, i) => ({ sender: attacker(fixture, i), chainId: 1n, maxPriorityFeePerGas: 100n })],
    ['senders without money', (_, i) => ({ sender: account(5_000 + i), maxPriorityFeePerGas: 100n })],
  ])('%s', (_, fields) => {
    const fixture = honestPool();
    flood(fixture, 500, (i) => tx(fields(fixture, i)));
    expect(fixture.shown(HONEST)).toBe('0 1 2 3 4');
  });

  it('duplicates are refused each time and take nothing', () => {
    const fixture = honestPool();
    const one = tx({ sender: account(1) });
    expect([...flood(fixture, 200, () => one)]).toEqual([
      ['accepted', 1],
      ['ALREADY_KNOWN', 199],
    ]);
  });

  it('replacements end where the money does: each must offer a tenth more', () => {
    const fixture = honestPool();
    const outcomes = flood(fixture, 2_000, (i) =>
      tx({ sender: account(1), maxFeePerGas: 100n + BigInt(i), maxPriorityFeePerGas: 10n + BigInt(i) }),
    );
    // From 100 wei to 2,099 by steps of a tenth.
    expect(outcomes.get('accepted')).toBeLessThan(40);
    expect(fixture.pool.counts().pending).toBe(6);
  });

  it('one rich sender gets its share and no more', () => {
    const fixture = honestPool();
    const rich = attacker(fixture, 0);
    const outcomes = flood(fixture, 500, (i) => tx({ sender: rich, nonce: BigInt(i), maxPriorityFeePerGas: 50n }));
    expect(outcomes.get('accepted')).toBe(LIMITS.senderCountMax);
    expect(outcomes.get('SENDER_LIMIT')).toBe(500 - LIMITS.senderCountMax);
  });

  it('what a head makes invalid is gone with it', () => {
    const fixture = honestPool();
    flood(fixture, 30, (i) => tx({ sender: attacker(fixture, i), maxPriorityFeePerGas: 50n }));
    expect(fixture.pool.counts().pending).toBe(35);
    for (let i = 0; i < 30; i++) fixture.state.setAccount(account(1_000 + i), { balanceWei: 0n });
    fixture.reset();
    expect(fixture.pool.counts()).toEqual({ pending: 5, queued: 0 });
    expectBounded(fixture.pool);
  });
});

describe('memory', () => {
  const entry = { address: account(3), storageKeys: [] as Uint8Array[] };
  const withEntries = (count: number): SignedTransaction =>
    tx({ type: 1, size: 0, gasLimit: 10_000_000n, accessList: Array.from({ length: count }, () => entry) });

  it('counts what decoded lists take, not only what was sent', () => {
    expect(footprintOf(tx({ size: 100 }))).toBe(100);
    const keys = [new Uint8Array(32), new Uint8Array(32)];
    const authorization = {} as Authorization;
    const sent = tx({
      size: 100,
      accessList: [entry, { ...entry, storageKeys: keys }],
      authorizationList: [authorization],
    });
    expect(footprintOf(sent)).toBe(100 + 2 * ACCESS_LIST_ENTRY_BYTES + 2 * STORAGE_KEY_BYTES + AUTHORIZATION_BYTES);
  });

  it('bounds lists at the limit and refuses one entry more', () => {
    const limits = { bytesMax: 10 * ACCESS_LIST_ENTRY_BYTES };
    expect(codeOf(() => new PoolFixture({}, limits).pool.add(withEntries(10)))).toBe('accepted');
    expect(codeOf(() => new PoolFixture({}, limits).pool.add(withEntries(11)))).toBe('UNDERPRICED');
  });
});

describe('delegations (EIP-7702)', () => {
  const key = new Uint8Array(32).fill(0x51);
  const authority = addressOfPublicKey(publicKeyOf(key));
  const { delegatedSenderCountMax, authorizationsMax } = POOL_LIMITS;
  const delegating = (authorizations: readonly Authorization[], fields: Partial<SignedTransaction> = {}) =>
    tx({ type: 4, sender: account(7), gasLimit: 10_000_000n, authorizationList: authorizations, ...fields });
  const authorization = (nonce = 0n, chainId = CHAIN_ID): Authorization =>
    signedAuthorization(key, { chainId, nonce, address: toAddress(new Uint8Array(20).fill(9)) });
  const fixtureWith = (pooled: number): PoolFixture => {
    const fixture = new PoolFixture();
    fixture.state.setAccount(authority, { balanceWei: GNM });
    for (let nonce = 0n; nonce < pooled; nonce++) fixture.pool.add(tx({ sender: authority, nonce }));
    return fixture;
  };

  it('of an account with as many transactions as a delegated one may have, and with one more', () => {
    const { pool } = fixtureWith(delegatedSenderCountMax);
    expect(codeOf(() => pool.add(delegating([authorization()])))).toBe('accepted');
    const over = fixtureWith(delegatedSenderCountMax + 1).pool;
    expect(codeOf(() => over.add(delegating([authorization()])))).toBe('AUTHORITY_RESERVED');
    expect(messageOf(() => over.add(delegating([authorization()])))).toContain('authority already reserved');
  });

  it('bound the account from the moment that one is pooled, until it is gone', () => {
    const { pool } = fixtureWith(delegatedSenderCountMax);
    const next = (): SignedTransaction => tx({ sender: authority, nonce: BigInt(delegatedSenderCountMax) });
    const sent = delegating([authorization(), authorization()]);
    pool.add(sent);
    expect(codeOf(() => pool.add(next()))).toBe('SENDER_LIMIT');
    pool.discard(sent.hash);
    expect(codeOf(() => pool.add(next()))).toBe('accepted');
  });

  it('that can have no effect bound nobody: old nonces, other chains, broken signatures', () => {
    const fixture = fixtureWith(0);
    fixture.state.setAccount(authority, { nonce: 1n, balanceWei: GNM });
    const broken = { ...authorization(1n), s: 0n };
    fixture.pool.add(delegating([authorization(0n), authorization(1n, 1n), broken]));
    for (let nonce = 1n; nonce < 9n; nonce++)
      expect(codeOf(() => fixture.pool.add(tx({ sender: authority, nonce })))).toBe('accepted');
  });

  it('of one transaction are bounded in number', () => {
    const many = (count: number) => Array.from({ length: count }, (_, nonce) => authorization(BigInt(nonce)));
    expect(codeOf(() => fixtureWith(0).pool.add(delegating(many(authorizationsMax))))).toBe('accepted');
    expect(codeOf(() => fixtureWith(0).pool.add(delegating(many(authorizationsMax + 1))))).toBe(
      'TOO_MANY_AUTHORIZATIONS',
    );
  });
});

describe('what waits for its check', () => {
  const limits = { submissionSignaturesMax: 2, submissionBytesMax: 100 };
  const never = () => new Promise<never>(() => undefined);

  it('is bounded in number', async () => {
    const submissions = new Submissions(limits);
    let finish = (): void => undefined;
    const first = submissions.run(1, 1, () => new Promise<void>((resolve) => (finish = resolve)));
    void submissions.run(1, 1, never);
    await expect(submissions.run(1, 1, never)).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
    finish();
    await first;
    expect(await submissions.run(1, 1, async () => 'taken')).toBe('taken');
    expect(submissions.count).toBe(1);
  });

  it('counts the authorizations (EIP-7702) that are recovered with it', async () => {
    const submissions = new Submissions({ ...limits, submissionSignaturesMax: 33 });
    expect(await submissions.run(1, 33, async () => submissions.count)).toBe(33);
    await expect(submissions.run(1, 34, never)).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
    void submissions.run(1, 32, never);
    await expect(submissions.run(1, 2, never)).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
    expect(await submissions.run(1, 1, async () => submissions.count)).toBe(33);
  });

  it('is bounded in bytes, and makes room when its check fails', async () => {
    const submissions = new Submissions(limits);
    await expect(submissions.run(101, 1, never)).rejects.toMatchObject({ code: 'TOO_MANY_SUBMISSIONS' });
    await expect(submissions.run(100, 1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await submissions.run(100, 1, async () => submissions.count)).toBe(1);
    expect(submissions.count).toBe(0);
  });
});
