import { describe, expect, it } from 'vitest';
import { versionedHashOf } from '../../../node/block/sidecar.ts';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { POOL_LIMITS } from '../../../node/txpool/limits.ts';
import { concatBytes, EMPTY_BYTES } from '../../../primitives/bytes.ts';
import { account, codeOf, emptyBlobSidecar, GNM, messageOf, PoolFixture, RULES, tx } from './helpers.ts';

const PLAIN = { ...RULES, isGnomon: false };

describe('admission', () => {
  const big = (bytes: number): Partial<SignedTransaction> => ({
    to: undefined,
    data: new Uint8Array(bytes),
    gasLimit: 5_000_000n,
  });
  const cases: readonly [string, Parameters<typeof tx>[0], string, string][] = [
    ['a plain transfer', {}, 'accepted', 'accepted'],
    ['type 0 with a chain id', { type: 0 }, 'accepted', ''],
    ['type 0 without a chain id', { type: 0, chainId: undefined }, 'UNPROTECTED', 'only replay-protected (EIP-155)'],
    ['another chain', { chainId: 1n }, 'WRONG_CHAIN_ID', 'invalid chain id for signer'],
    ['a tip above the fee cap', { maxPriorityFeePerGas: 101n }, 'TIP_ABOVE_FEE_CAP', 'max priority fee per gas higher'],
    ['too little gas', { gasLimit: 20_999n }, 'INTRINSIC_GAS_TOO_LOW', 'intrinsic gas too low'],
    ['the gas of EIP-7825', { gasLimit: 16_777_216n }, 'accepted', ''],
    ['one more gas', { gasLimit: 16_777_217n }, 'TX_GAS_LIMIT_CAP', 'transaction gas limit too high'],
    ['creation code at the limit', big(49_152), 'accepted', ''],
    ['creation code past it', big(49_153), 'INITCODE_TOO_LARGE', 'max initcode size exceeded'],
    ['the base fee', { maxFeePerGas: 50n }, 'accepted', ''],
    ['one wei less', { maxFeePerGas: 49n }, 'FEE_CAP_TOO_LOW', 'max fee per gas less than block base fee'],
    ['the largest size', { size: POOL_LIMITS.transactionBytesMax }, 'accepted', ''],
    ['one byte more', { size: POOL_LIMITS.transactionBytesMax + 1 }, 'TRANSACTION_TOO_LARGE', 'oversized data'],
    ['an s in the upper half', { s: 2n ** 255n }, 'HIGH_S', 'invalid transaction v, r, s'],
    ['the last nonce', { nonce: 2n ** 64n - 1n }, 'NONCE_MAX', 'nonce has max value'],
    ['all that the sender has', { value: GNM - 2_100_000n }, 'accepted', ''],
    ['one wei more', { value: GNM - 2_099_999n }, 'INSUFFICIENT_FUNDS', 'insufficient funds for gas * price + value'],
    ['a sender that does not exist', { sender: account(50) }, 'INSUFFICIENT_FUNDS', 'insufficient funds'],
    ['no authorizations', { type: 4 }, 'AUTHORIZATION_LIST_EMPTY', 'EIP-7702 transaction with empty auth list'],
    ['blobs on a Gnomon chain', { type: 3 }, 'TYPE_NOT_SUPPORTED', 'transaction type not supported'],
  ];
  it.each(cases)('%s', (_, fields, code, words) => {
    const { pool } = new PoolFixture();
    const sent = tx(fields);
    expect(codeOf(() => pool.add(sent))).toBe(code);
    expect(pool.has(sent.hash)).toBe(code === 'accepted');
    if (code !== 'accepted') expect(messageOf(() => pool.add(sent))).toContain(words);
  });

  it('says why there are no blobs', () => {
    const { pool } = new PoolFixture();
    expect(messageOf(() => pool.add(tx({ type: 3 })))).toContain('no data-availability layer');
  });

  it('a block’s gas limit, and one more', () => {
    const { pool } = new PoolFixture({ gasLimit: 1_000_000n });
    expect(codeOf(() => pool.add(tx({ gasLimit: 1_000_000n })))).toBe('accepted');
    expect(codeOf(() => pool.add(tx({ nonce: 1n, gasLimit: 1_000_001n })))).toBe('GAS_LIMIT_ABOVE_BLOCK');
    expect(messageOf(() => pool.add(tx({ nonce: 1n, gasLimit: 1_000_001n })))).toContain('exceeds block gas limit');
  });

  it('the lowest tip of this node', () => {
    const { pool } = new PoolFixture({}, {}, { minTipWei: 5n });
    expect(codeOf(() => pool.add(tx({ maxPriorityFeePerGas: 4n })))).toBe('UNDERPRICED');
    expect(messageOf(() => pool.add(tx({ maxPriorityFeePerGas: 4n })))).toContain('transaction underpriced');
    expect(codeOf(() => pool.add(tx({ maxPriorityFeePerGas: 5n })))).toBe('accepted');
  });

  it('unprotected transactions where they are allowed', () => {
    const { pool } = new PoolFixture({}, {}, { allowsUnprotected: true });
    expect(codeOf(() => pool.add(tx({ type: 0, chainId: undefined })))).toBe('accepted');
  });

  it('the same twice, and nonces that are over', () => {
    const { pool, state } = new PoolFixture();
    state.setAccount(account(0), { nonce: 3n });
    const sent = tx({ nonce: 3n });
    pool.add(sent);
    expect(codeOf(() => pool.add(sent))).toBe('ALREADY_KNOWN');
    expect(messageOf(() => pool.add(sent))).toContain('already known');
    expect(codeOf(() => pool.add(tx({ nonce: 2n })))).toBe('NONCE_TOO_LOW');
    expect(messageOf(() => pool.add(tx({ nonce: 2n })))).toContain('nonce too low');
  });

  it('contracts send nothing, delegated accounts a bounded number', () => {
    const { pool, state } = new PoolFixture({}, { delegatedSenderCountMax: 2 });
    state.setCode(account(0), Uint8Array.of(0x60));
    expect(codeOf(() => pool.add(tx()))).toBe('SENDER_HAS_CODE');
    state.setCode(account(0), concatBytes(Uint8Array.of(0xef, 1, 0), account(7)));
    expect(codeOf(() => pool.add(tx()))).toBe('accepted');
    expect(codeOf(() => pool.add(tx({ nonce: 1n })))).toBe('accepted');
    expect(codeOf(() => pool.add(tx({ nonce: 2n })))).toBe('SENDER_LIMIT');
    expect(codeOf(() => pool.add(tx({ nonce: 1n, maxFeePerGas: 200n, maxPriorityFeePerGas: 20n })))).toBe('accepted');
  });

  it('the balance covers all that is pending', () => {
    const { pool } = new PoolFixture();
    const half = GNM / 2n;
    pool.add(tx({ value: half }));
    expect(codeOf(() => pool.add(tx({ nonce: 1n, value: half })))).toBe('INSUFFICIENT_FUNDS');
    expect(messageOf(() => pool.add(tx({ nonce: 1n, value: half })))).toContain('for pending transactions');
    pool.add(tx({ nonce: 1n, value: half - 4_200_000n }));
    // A replacement needs only the difference.
    const fees = { maxFeePerGas: 110n, maxPriorityFeePerGas: 11n };
    expect(codeOf(() => pool.add(tx({ value: half, ...fees })))).toBe('INSUFFICIENT_FUNDS');
    expect(codeOf(() => pool.add(tx({ value: 0n, ...fees })))).toBe('accepted');
  });
});

describe('nonces', () => {
  it('pending without a gap, queued behind one, pending when it closes', () => {
    const fixture = new PoolFixture();
    const { pool } = fixture;
    const heard: bigint[] = [];
    const stop = pool.onPending(({ nonce }) => heard.push(nonce));
    pool.add(tx({ nonce: 2n }));
    pool.add(tx({ nonce: 0n }));
    expect(fixture.shown()).toBe('0 (2)');
    expect(pool.nextNonce(account(0))).toBe(1n);
    expect(pool.counts()).toEqual({ pending: 1, queued: 1 });
    pool.add(tx({ nonce: 1n }));
    expect(fixture.shown()).toBe('0 1 2');
    expect(pool.nextNonce(account(0))).toBe(3n);
    expect(heard).toEqual([0n, 1n, 2n]);
    stop();
    pool.add(tx({ nonce: 3n }));
    expect(heard).toHaveLength(3);
    expect(pool.nextNonce(account(5))).toBe(0n);
  });

  it('a block takes what it includes, and demotes what it made unaffordable', () => {
    const fixture = new PoolFixture();
    const { pool, state } = fixture;
    for (let nonce = 0n; nonce < 5n; nonce++) pool.add(tx({ nonce, value: GNM / 10n }));
    state.setAccount(account(0), { nonce: 2n, balanceWei: GNM / 10n + 3_000_000n });
    fixture.reset();
    expect(fixture.shown()).toBe('2 (3) (4)');
    state.setAccount(account(0), { balanceWei: GNM });
    fixture.reset();
    expect(fixture.shown()).toBe('2 3 4');
    state.setAccount(account(0), { balanceWei: GNM / 20n });
    fixture.reset();
    expect(fixture.shown()).toBe('');
    expect(pool.counts()).toEqual({ pending: 0, queued: 0 });
  });

  it('a rising base fee demotes, a falling one promotes, and each is announced once', () => {
    const fixture = new PoolFixture();
    const heard: bigint[] = [];
    fixture.pool.onPending(({ nonce }) => heard.push(nonce));
    for (let nonce = 0n; nonce < 3n; nonce++) fixture.pool.add(tx({ nonce, maxFeePerGas: nonce === 1n ? 60n : 100n }));
    fixture.reset({ baseFeePerGas: 61n });
    expect(fixture.shown()).toBe('0 (1) (2)');
    expect(fixture.pool.nextNonce(account(0))).toBe(3n);
    fixture.reset({ baseFeePerGas: 60n });
    expect(fixture.shown()).toBe('0 1 2');
    expect(heard).toEqual([0n, 1n, 2n]);
  });

  it('tells when a sender waits for nothing but lower fees', () => {
    const fixture = new PoolFixture();
    const { pool } = fixture;
    pool.add(tx({ nonce: 0n, maxFeePerGas: 60n }));
    pool.add(tx({ nonce: 2n, maxFeePerGas: 60n }));
    expect(pool.hasFeeBound()).toBe(false);
    fixture.reset({ baseFeePerGas: 61n });
    expect(pool.hasFeeBound()).toBe(true);
    // Nonce 2 alone waits for nonce 1 as well.
    fixture.state.setAccount(account(0), { nonce: 1n });
    fixture.reset();
    expect(fixture.shown()).toBe('(2)');
    expect(pool.hasFeeBound()).toBe(false);
    fixture.state.setAccount(account(0), { nonce: 2n });
    fixture.reset();
    expect(pool.hasFeeBound()).toBe(true);
    fixture.reset({ baseFeePerGas: 60n });
    expect(pool.hasFeeBound()).toBe(false);
    pool.add(tx({ nonce: 3n, maxFeePerGas: 60n, value: GNM / 2n }));
    fixture.state.setAccount(account(0), { balanceWei: GNM / 2n + 1_300_000n });
    fixture.reset({ baseFeePerGas: 50n });
    // Nonce 3 waits for money.
    expect(fixture.shown()).toBe('2 (3)');
    expect(pool.hasFeeBound()).toBe(false);
  });

  it('a rollback leaves a gap; a smaller block drops what no longer fits; a fork drops what it forbids', () => {
    const fixture = new PoolFixture({ rules: { ...RULES, fork: 'prague' } });
    fixture.state.setAccount(account(0), { nonce: 4n });
    fixture.pool.add(tx({ nonce: 4n, gasLimit: 20_000_000n }));
    fixture.pool.add(tx({ nonce: 5n }));
    fixture.state.setAccount(account(0), { nonce: 3n });
    fixture.reset();
    expect(fixture.shown()).toBe('(4) (5)');
    fixture.state.setAccount(account(0), { nonce: 4n });
    fixture.reset();
    expect(fixture.shown()).toBe('4 5');
    fixture.reset({ rules: RULES });
    expect(fixture.shown()).toBe('(5)');
    fixture.reset({ gasLimit: 20_999n });
    expect(fixture.shown()).toBe('');
  });

  it('waiting ends after its lifetime, pending does not', () => {
    const fixture = new PoolFixture({}, { queuedLifetimeMs: 1_000 });
    fixture.pool.add(tx({ nonce: 0n }));
    fixture.pool.add(tx({ nonce: 1n, maxFeePerGas: 60n }));
    fixture.pool.add(tx({ nonce: 9n }));
    fixture.nowMs = 1_000;
    fixture.reset({ baseFeePerGas: 61n });
    expect(fixture.shown()).toBe('0 (1) (9)');
    fixture.nowMs = 1_001;
    fixture.reset();
    expect(fixture.shown()).toBe('0 (1)');
    // 1 waits since the base fee rose.
    fixture.nowMs = 2_000;
    fixture.reset();
    expect(fixture.shown()).toBe('0 (1)');
    fixture.nowMs = 2_001;
    fixture.reset();
    expect(fixture.shown()).toBe('0');
  });

  it('what leaves the pending ones shifts nobody else’s waiting', () => {
    const fixture = new PoolFixture({}, { queuedLifetimeMs: 1_000 });
    for (const nonce of [0n, 1n, 3n]) fixture.pool.add(tx({ nonce }));
    fixture.nowMs = 900;
    fixture.state.setAccount(account(0), { nonce: 2n });
    fixture.reset();
    expect(fixture.shown()).toBe('(3)');
    fixture.nowMs = 1_001;
    fixture.reset();
    expect(fixture.shown()).toBe('');
  });

  it('an edited account is seen when its sender sends again', () => {
    const fixture = new PoolFixture();
    fixture.state.setAccount(account(0), { nonce: 5n });
    for (const nonce of [5n, 6n]) fixture.pool.add(tx({ nonce }));
    fixture.state.setAccount(account(0), { nonce: 4n });
    fixture.pool.add(tx({ nonce: 4n }));
    expect(fixture.shown()).toBe('4 5 6');
    fixture.state.setAccount(account(0), { nonce: 7n });
    fixture.pool.add(tx({ nonce: 7n }));
    expect(fixture.shown()).toBe('7');
    expect(fixture.pool.counts()).toEqual({ pending: 1, queued: 0 });
  });

  it('discarding one makes the later ones wait; clearing leaves nothing', () => {
    const fixture = new PoolFixture();
    const sent = [0n, 1n, 2n].map((nonce) => tx({ nonce }));
    for (const one of sent) fixture.pool.add(one);
    expect(fixture.pool.discard(sent[1]!.hash)).toBe(true);
    expect(fixture.pool.discard(sent[1]!.hash)).toBe(false);
    expect(fixture.shown()).toBe('0 (2)');
    fixture.pool.clear();
    expect(fixture.pool.content()).toEqual([]);
    expect(fixture.pool.counts()).toEqual({ pending: 0, queued: 0 });
    expect(fixture.pool.sizes()).toEqual({ bytes: 0, sidecarBytes: 0 });
  });
});

describe('replacement', () => {
  it.each([
    [110n, 11n, 'accepted'],
    [109n, 11n, 'REPLACEMENT_UNDERPRICED'],
    [110n, 10n, 'REPLACEMENT_UNDERPRICED'],
    [200n, 10n, 'REPLACEMENT_UNDERPRICED'],
  ])('of 100 and 10 by %d and %d: %s', (maxFeePerGas, maxPriorityFeePerGas, code) => {
    const { pool } = new PoolFixture();
    const former = tx();
    pool.add(former);
    const latter = tx({ maxFeePerGas, maxPriorityFeePerGas });
    expect(codeOf(() => pool.add(latter))).toBe(code);
    expect([pool.has(former.hash), pool.has(latter.hash)]).toEqual([code !== 'accepted', code === 'accepted']);
    expect(pool.counts().pending).toBe(1);
    const again = tx({ maxFeePerGas: 109n });
    if (code !== 'accepted') expect(messageOf(() => pool.add(again))).toContain('replacement transaction underpriced');
  });

  it('an equal offer never replaces, however small', () => {
    const { pool } = new PoolFixture({ baseFeePerGas: 0n });
    pool.add(tx({ maxFeePerGas: 5n, maxPriorityFeePerGas: 0n }));
    expect(codeOf(() => pool.add(tx({ maxFeePerGas: 5n, maxPriorityFeePerGas: 1n })))).toBe('REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(tx({ maxFeePerGas: 6n, maxPriorityFeePerGas: 0n })))).toBe('REPLACEMENT_UNDERPRICED');
    expect(codeOf(() => pool.add(tx({ maxFeePerGas: 6n, maxPriorityFeePerGas: 1n })))).toBe('accepted');
  });

  it('announces the new one', () => {
    const { pool } = new PoolFixture();
    const heard: SignedTransaction[] = [];
    pool.add(tx());
    pool.add(tx({ nonce: 1n }));
    pool.onPending((transaction) => heard.push(transaction));
    const latter = tx({ maxFeePerGas: 110n, maxPriorityFeePerGas: 11n });
    pool.add(latter);
    expect(heard).toEqual([latter]);
  });
});

describe('limits', () => {
  it('count: the cheapest gives way, and a cheaper newcomer changes nothing', () => {
    const fixture = new PoolFixture({}, { countMax: 3 });
    const { pool } = fixture;
    for (const [index, tip] of [12n, 11n, 13n].entries())
      pool.add(tx({ sender: account(index), maxPriorityFeePerGas: tip }));
    const before = pool.content();
    expect(codeOf(() => pool.add(tx({ sender: account(3), maxPriorityFeePerGas: 11n })))).toBe('UNDERPRICED');
    expect(messageOf(() => pool.add(tx({ sender: account(3), maxPriorityFeePerGas: 10n })))).toContain(
      'transaction underpriced',
    );
    expect(pool.content()).toEqual(before);
    expect(codeOf(() => pool.add(tx({ sender: account(3), maxPriorityFeePerGas: 12n })))).toBe('accepted');
    expect([0, 1, 2, 3].map((index) => fixture.shown(account(index)))).toEqual(['0', '', '0', '0']);
  });

  it('waiting ones give way before pending ones, whatever they offer', () => {
    const fixture = new PoolFixture({}, { countMax: 2 });
    fixture.pool.add(tx({ sender: account(0), nonce: 5n, maxPriorityFeePerGas: 50n }));
    fixture.pool.add(tx({ sender: account(1) }));
    fixture.pool.add(tx({ sender: account(2), maxPriorityFeePerGas: 1n }));
    expect([0, 1, 2].map((index) => fixture.shown(account(index)))).toEqual(['', '0', '0']);
    expect(codeOf(() => fixture.pool.add(tx({ sender: account(3), nonce: 1n })))).toBe('UNDERPRICED');
  });

  it('a dear last transaction does not shelter the cheap ones before it', () => {
    const fixture = new PoolFixture({}, { countMax: 3 });
    for (let nonce = 0n; nonce < 3n; nonce++)
      fixture.pool.add(tx({ nonce, maxFeePerGas: 1_000n, maxPriorityFeePerGas: nonce === 2n ? 900n : 1n }));
    fixture.pool.add(tx({ sender: account(1), maxPriorityFeePerGas: 2n }));
    expect(fixture.shown()).toBe('0 1');
    expect(fixture.shown(account(1))).toBe('0');
  });

  it('bytes: as many give way as it takes, or none', () => {
    const fixture = new PoolFixture({}, { bytesMax: 400 });
    const { pool } = fixture;
    for (const [index, tip] of [1n, 2n, 30n].entries())
      pool.add(tx({ sender: account(index), maxPriorityFeePerGas: tip }));
    const before = pool.content();
    expect(codeOf(() => pool.add(tx({ sender: account(3), size: 301, maxPriorityFeePerGas: 20n })))).toBe(
      'UNDERPRICED',
    );
    expect(pool.content()).toEqual(before);
    expect(pool.sizes().bytes).toBe(300);
    expect(codeOf(() => pool.add(tx({ sender: account(3), size: 300, maxPriorityFeePerGas: 20n })))).toBe('accepted');
    expect([0, 1, 2, 3].map((index) => fixture.shown(account(index)))).toEqual(['', '', '0', '0']);
    expect(pool.sizes().bytes).toBe(400);
  });

  it('a replacement that does not fit leaves the former', () => {
    const { pool } = new PoolFixture({}, { bytesMax: 200 });
    const former = tx();
    pool.add(former);
    pool.add(tx({ sender: account(1), maxFeePerGas: 500n, maxPriorityFeePerGas: 300n }));
    const latter = tx({ size: 150, maxFeePerGas: 110n, maxPriorityFeePerGas: 11n });
    expect(codeOf(() => pool.add(latter))).toBe('UNDERPRICED');
    expect(pool.has(former.hash)).toBe(true);
    expect(pool.counts()).toEqual({ pending: 2, queued: 0 });
    expect(pool.sizes().bytes).toBe(200);
  });

  it('transactions of one sender', () => {
    const { pool } = new PoolFixture({}, { senderCountMax: 3 });
    for (let nonce = 0n; nonce < 3n; nonce++) pool.add(tx({ nonce }));
    expect(codeOf(() => pool.add(tx({ nonce: 3n })))).toBe('SENDER_LIMIT');
    expect(messageOf(() => pool.add(tx({ nonce: 3n })))).toContain('account limit exceeded');
    expect(codeOf(() => pool.add(tx({ sender: account(1) })))).toBe('accepted');
  });

  it('transactions behind a gap, which closing it lifts', () => {
    const { pool } = new PoolFixture({}, { senderGappedMax: 2 });
    pool.add(tx({ nonce: 2n }));
    pool.add(tx({ nonce: 5n }));
    expect(codeOf(() => pool.add(tx({ nonce: 7n })))).toBe('SENDER_LIMIT');
    pool.add(tx({ nonce: 0n }));
    pool.add(tx({ nonce: 1n }));
    expect(codeOf(() => pool.add(tx({ nonce: 7n })))).toBe('accepted');
  });

  it('the real bounds hold against a flood', () => {
    const { pool, state } = new PoolFixture();
    const { countMax, senderCountMax } = POOL_LIMITS;
    for (let sender = 0; sender < countMax / senderCountMax; sender++) {
      state.setAccount(account(sender), { balanceWei: GNM * 1_000n });
      for (let nonce = 0n; nonce < senderCountMax; nonce++) pool.add(tx({ sender: account(sender), nonce }));
      expect(codeOf(() => pool.add(tx({ sender: account(sender), nonce: BigInt(senderCountMax) })))).toBe(
        'SENDER_LIMIT',
      );
    }
    expect(pool.counts()).toEqual({ pending: countMax, queued: 0 });
    expect(codeOf(() => pool.add(tx({ sender: account(19) })))).toBe('UNDERPRICED');
    expect(codeOf(() => pool.add(tx({ sender: account(19), maxPriorityFeePerGas: 11n })))).toBe('accepted');
    expect(pool.counts()).toEqual({ pending: countMax, queued: 0 });
    // A new sender’s gapped flood ends at its own bound and moves nobody: waiting ones are the first to go.
    expect(codeOf(() => pool.add(tx({ sender: account(18), nonce: 3n, maxPriorityFeePerGas: 40n })))).toBe(
      'UNDERPRICED',
    );
  });

  it('the real bound behind a gap', () => {
    const { pool } = new PoolFixture();
    for (let i = 1n; i <= POOL_LIMITS.senderGappedMax; i++) pool.add(tx({ nonce: i }));
    expect(codeOf(() => pool.add(tx({ nonce: 5_000n })))).toBe('SENDER_LIMIT');
    expect(codeOf(() => pool.add(tx({ nonce: 0n })))).toBe('accepted');
    expect(pool.counts()).toEqual({ pending: POOL_LIMITS.senderGappedMax + 1, queued: 0 });
  });
});

describe('blobs on plain chains', () => {
  const sidecar = emptyBlobSidecar(1, 1);
  const hash = versionedHashOf(sidecar.commitments[0] as Uint8Array);
  const blobTx = (fields: Partial<SignedTransaction> = {}): SignedTransaction =>
    tx({ type: 3, blobVersionedHashes: [hash], maxFeePerBlobGas: 5n, ...fields });
  const submit = async (fixture: PoolFixture, ...args: Parameters<PoolFixture['pool']['submit']>): Promise<string> =>
    fixture.pool.submit(...args).then(
      () => 'accepted',
      (error: { code: string }) => error.code,
    );

  it('are taken with a sidecar that holds', async () => {
    const fixture = new PoolFixture({ rules: PLAIN });
    const sent = blobTx();
    expect(await submit(fixture, sent, sidecar)).toBe('accepted');
    expect(fixture.pool.get(sent.hash)).toEqual({ transaction: sent, sidecar, pending: true });
    expect(fixture.pool.sizes().sidecarBytes).toBe(131_072 + 48 + 128 * 48);
    fixture.reset({ blobBaseFee: 6n });
    expect(fixture.shown()).toBe('(0)');
  });

  it('are refused without one, with another version, with one that does not hold, and below the blob base fee', async () => {
    const fixture = new PoolFixture({ rules: PLAIN });
    expect(await submit(fixture, blobTx())).toBe('SIDECAR_MISSING');
    expect(await submit(fixture, blobTx(), emptyBlobSidecar(1, 0))).toBe('SIDECAR_VERSION');
    expect(await submit(fixture, tx(), sidecar)).toBe('SIDECAR_UNEXPECTED');
    expect(await submit(fixture, blobTx({ maxFeePerBlobGas: 0n }), sidecar)).toBe('BLOB_FEE_CAP_TOO_LOW');
    const blobs = [new Uint8Array(131_072).fill(1, 131_071)];
    expect(await submit(fixture, blobTx(), { ...sidecar, blobs })).toBe('INVALID_SIDECAR');
    expect(fixture.pool.content()).toEqual([]);
    const before = new PoolFixture({ rules: { ...PLAIN, fork: 'prague' } });
    expect(await submit(before, blobTx(), sidecar)).toBe('SIDECAR_VERSION');
    expect(await submit(before, blobTx(), emptyBlobSidecar(1, 0))).toBe('accepted');
  });

  it('are replaced for twice the price of everything, and bounded in bytes', async () => {
    const fixture = new PoolFixture({ rules: PLAIN }, { sidecarBytesMax: 2 * (131_072 + 129 * 48) });
    expect(await submit(fixture, blobTx(), sidecar)).toBe('accepted');
    const twice = { maxFeePerGas: 200n, maxPriorityFeePerGas: 20n, maxFeePerBlobGas: 10n };
    for (const less of [{ maxFeePerGas: 199n }, { maxPriorityFeePerGas: 19n }, { maxFeePerBlobGas: 9n }])
      expect(await submit(fixture, blobTx({ ...twice, ...less }), sidecar)).toBe('REPLACEMENT_UNDERPRICED');
    expect(await submit(fixture, blobTx(twice), sidecar)).toBe('accepted');
    expect(await submit(fixture, blobTx({ nonce: 1n }), sidecar)).toBe('accepted');
    expect(await submit(fixture, blobTx({ nonce: 2n }), sidecar)).toBe('BLOB_POOL_FULL');
  });
});

describe('best', () => {
  const ROOM = { gas: 30_000_000n, blobGas: 0n };
  const order = (fixture: PoolFixture, room = ROOM, fees?: { baseFeePerGas: bigint; blobBaseFee: bigint }): string => {
    const best = fixture.pool.best(fees);
    const taken: string[] = [];
    for (let entry = best.next(room); entry !== undefined; entry = best.next(room))
      taken.push(`${entry.transaction.sender[19]}:${entry.transaction.nonce}`);
    return taken.join(' ');
  };

  it('by effective tip, then arrival, each sender by nonce', () => {
    const fixture = new PoolFixture();
    fixture.pool.add(tx({ sender: account(0), nonce: 0n, maxPriorityFeePerGas: 5n }));
    fixture.pool.add(tx({ sender: account(0), nonce: 1n, maxPriorityFeePerGas: 50n }));
    fixture.pool.add(tx({ sender: account(1), nonce: 0n, maxPriorityFeePerGas: 10n }));
    fixture.pool.add(tx({ sender: account(2), nonce: 0n, maxFeePerGas: 55n, maxPriorityFeePerGas: 55n }));
    fixture.pool.add(tx({ sender: account(2), nonce: 2n, maxPriorityFeePerGas: 50n }));
    expect(order(fixture)).toBe('2:0 1:0 1:1 3:0');
    // At a base fee of 40 the third sender’s tip is 15.
    expect(order(fixture, ROOM, { baseFeePerGas: 40n, blobBaseFee: 0n })).toBe('3:0 2:0 1:0 1:1');
    expect(order(fixture, ROOM, { baseFeePerGas: 60n, blobBaseFee: 0n })).toBe('2:0 1:0 1:1');
  });

  it('leaves out senders whose next one does not fit, or was skipped', () => {
    const fixture = new PoolFixture();
    fixture.pool.add(tx({ sender: account(0), gasLimit: 100_000n, maxPriorityFeePerGas: 20n }));
    fixture.pool.add(tx({ sender: account(0), nonce: 1n }));
    fixture.pool.add(tx({ sender: account(1), maxPriorityFeePerGas: 15n }));
    fixture.pool.add(tx({ sender: account(1), nonce: 1n, maxPriorityFeePerGas: 15n }));
    fixture.pool.add(tx({ sender: account(2) }));
    expect(order(fixture, { gas: 99_999n, blobGas: 0n })).toBe('2:0 2:1 3:0');
    const best = fixture.pool.best();
    best.skipSender();
    expect(best.next({ gas: 99_999n, blobGas: 0n })?.transaction.sender).toEqual(account(1));
    best.skipSender();
    expect(best.next({ gas: 99_999n, blobGas: 0n })?.transaction.sender).toEqual(account(2));
    best.skipSender();
    expect(best.next(ROOM)).toBeUndefined();
  });

  it('does not see later changes', () => {
    const fixture = new PoolFixture();
    const sent = [0n, 1n].map((nonce) => tx({ nonce }));
    for (const one of sent) fixture.pool.add(one);
    const best = fixture.pool.best();
    fixture.pool.clear();
    fixture.pool.add(tx({ data: EMPTY_BYTES }));
    expect([best.next(ROOM)?.transaction, best.next(ROOM)?.transaction, best.next(ROOM)]).toEqual([...sent, undefined]);
  });
});
