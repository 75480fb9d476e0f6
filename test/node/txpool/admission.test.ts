import { describe, expect, it } from 'vitest';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { POOL_LIMITS } from '../../../node/txpool/limits.ts';
import { concatBytes } from '../../../primitives/bytes.ts';
import { account, codeOf, GNM, messageOf, PoolFixture, tx } from './helpers.ts';

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
