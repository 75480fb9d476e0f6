// Every refusal by its name, with a transaction at the limit beside it.
import { describe, expect, it } from 'vitest';
import type { Fork } from '../../../genesis/forks.ts';
import { impersonate } from '../../../node/block/impersonation.ts';
import type { UnsignedTransaction } from '../../../node/block/transaction.ts';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { intrinsicGas } from '../../../node/execution/intrinsicGas.ts';
import {
  effectiveGasPrice,
  INIT_CODE_BYTES_MAX,
  TRANSACTION_GAS_MAX,
  upfrontCost,
  validateAgainstState,
  validateInBlock,
  validateStateless,
} from '../../../node/execution/validateTransaction.ts';
import { concatBytes, parseAddress, toHash } from '../../../primitives/bytes.ts';
import { SECP256K1_N } from '../../../primitives/crypto/secp256k1.ts';
import { CHAIN_ID, openBench, RULES, transaction } from './support/bench.ts';
import { ACTORS } from './support/randomTransactions.ts';

const plain = {
  ...RULES,
  isGnomon: false,
  blobSchedule: { name: 'osaka', timestampSeconds: 0n, target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n },
};
const at = (fork: Fork) => ({ ...plain, fork });
const SOMEONE = parseAddress('0x00000000000000000000000000000000000000aa');
const hash = (version: number) => toHash(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? version : i)));
const blobs = (count: number): Partial<UnsignedTransaction> => ({
  type: 3,
  to: SOMEONE,
  blobVersionedHashes: Array.from({ length: count }, () => hash(1)),
  maxFeePerBlobGas: 1n,
});
const tuple = { chainId: 0n, address: SOMEONE, nonce: 0n, yParity: 0n, r: 1n, s: 1n };
const highS = (tx: SignedTransaction): SignedTransaction => ({ ...tx, s: SECP256K1_N - tx.s });

describe('a transaction alone', () => {
  it.each([
    ['a transfer', transaction({ to: SOMEONE, gasLimit: 21_000n }), RULES],
    [
      'legacy without replay protection',
      transaction({ type: 0, chainId: undefined, maxPriorityFeePerGas: 100n }),
      RULES,
    ],
    ['the highest gas limit', transaction({ gasLimit: TRANSACTION_GAS_MAX }), RULES],
    ['more gas before Osaka', transaction({ gasLimit: TRANSACTION_GAS_MAX + 1n }), at('prague')],
    [
      'the longest creation code',
      transaction({ to: undefined, data: new Uint8Array(INIT_CODE_BYTES_MAX), gasLimit: 1_000_000n }),
      RULES,
    ],
    [
      'longer code before Shanghai',
      transaction({ to: undefined, data: new Uint8Array(INIT_CODE_BYTES_MAX + 1), gasLimit: 1_000_000n }),
      at('paris'),
    ],
    ['six blobs', transaction(blobs(6)), plain],
    ['nine blobs before Osaka', transaction(blobs(9)), at('prague')],
    ['a set-code transaction', transaction({ type: 4, authorizationList: [tuple] }), RULES],
    [
      'high s in Frontier',
      highS(transaction({ type: 0, chainId: undefined, maxPriorityFeePerGas: 100n })),
      at('frontier'),
    ],
  ])('passes: %s', (_name, tx, rules) => {
    expect(() => validateStateless(tx, rules)).not.toThrow();
  });

  it.each([
    ['TYPE_NOT_SUPPORTED', 'blobs on a Gnomon chain', transaction(blobs(1)), RULES],
    [
      'TYPE_NOT_SUPPORTED',
      'type 1 before Berlin',
      transaction({ type: 1, maxPriorityFeePerGas: 100n }),
      at('istanbul'),
    ],
    ['TYPE_NOT_SUPPORTED', 'type 2 before London', transaction(), at('berlin')],
    ['TYPE_NOT_SUPPORTED', 'type 3 before Cancun', transaction(blobs(1)), at('shanghai')],
    ['TYPE_NOT_SUPPORTED', 'type 4 before Prague', transaction({ type: 4, authorizationList: [tuple] }), at('cancun')],
    [
      'TYPE_NOT_SUPPORTED',
      'EIP-155 before Spurious Dragon',
      transaction({ type: 0, maxPriorityFeePerGas: 100n }),
      at('homestead'),
    ],
    ['WRONG_CHAIN_ID', 'another chain', transaction({ chainId: CHAIN_ID + 1n }), RULES],
    ['HIGH_S', 'the upper half', highS(transaction()), RULES],
    ['TIP_ABOVE_FEE_CAP', 'tip above cap', transaction({ maxFeePerGas: 9n, maxPriorityFeePerGas: 10n }), RULES],
    ['NONCE_MAX', 'the last nonce', transaction({ nonce: 2n ** 64n - 1n }), RULES],
    [
      'INITCODE_TOO_LARGE',
      'one byte too many',
      transaction({ to: undefined, data: new Uint8Array(INIT_CODE_BYTES_MAX + 1) }),
      RULES,
    ],
    ['TX_GAS_LIMIT_CAP', 'one gas too many', transaction({ gasLimit: TRANSACTION_GAS_MAX + 1n }), RULES],
    ['INTRINSIC_GAS_TOO_LOW', 'one gas too few', transaction({ to: SOMEONE, gasLimit: 20_999n }), RULES],
    [
      'INTRINSIC_GAS_TOO_LOW',
      'less than the floor',
      transaction({ to: SOMEONE, gasLimit: 21_039n, data: Uint8Array.of(1) }),
      RULES,
    ],
    ['CREATION_NOT_ALLOWED', 'a creation with blobs', { ...transaction(blobs(1)), to: undefined }, plain],
    [
      'CREATION_NOT_ALLOWED',
      'a creation with authorizations',
      { ...transaction({ type: 4, authorizationList: [tuple] }), to: undefined },
      RULES,
    ],
    [
      'AUTHORIZATION_LIST_EMPTY',
      'no authorization',
      { ...transaction({ type: 4, authorizationList: [tuple] }), authorizationList: [] },
      RULES,
    ],
    ['BLOB_LIST_EMPTY', 'no blob', { ...transaction(blobs(1)), blobVersionedHashes: [] }, plain],
    ['BLOB_COUNT_TOO_HIGH', 'seven blobs', transaction(blobs(7)), plain],
    ['BLOB_COUNT_TOO_HIGH', 'ten blobs before Osaka', transaction(blobs(10)), at('prague')],
    ['BLOB_HASH_VERSION', 'version 2', { ...transaction(blobs(1)), blobVersionedHashes: [hash(2)] }, plain],
  ])('%s: %s', (code, _name, tx, rules) => {
    expect(() => validateStateless(tx, rules)).toThrow(
      expect.objectContaining({ code, data: expect.objectContaining({ got: expect.anything() }) }),
    );
  });
});

describe('a transaction in a block', () => {
  const room = { baseFeePerGas: 100n, blobBaseFee: 5n, gasLeft: 500_000n, blobGasLeft: 131_072n };

  it('passes at every limit', () => {
    expect(() => validateInBlock(transaction(), room)).not.toThrow();
    expect(() => validateInBlock(transaction({ ...blobs(1), maxFeePerBlobGas: 5n }), room)).not.toThrow();
  });

  it.each([
    ['GAS_LIMIT_ABOVE_BLOCK', transaction({ gasLimit: 500_001n })],
    ['FEE_CAP_TOO_LOW', transaction({ maxFeePerGas: 99n })],
    ['BLOB_FEE_CAP_TOO_LOW', transaction({ ...blobs(1), maxFeePerBlobGas: 4n })],
    ['BLOB_GAS_ABOVE_BLOCK', transaction({ ...blobs(2), maxFeePerBlobGas: 5n })],
  ])('%s one past it', (code, tx) => {
    expect(() => validateInBlock(tx, room)).toThrow(expect.objectContaining({ code }));
  });

  it('has the sender pay tip and base fee, up to its cap', () => {
    expect(effectiveGasPrice({ maxFeePerGas: 100n, maxPriorityFeePerGas: 3n }, 7n)).toBe(10n);
    expect(effectiveGasPrice({ maxFeePerGas: 8n, maxPriorityFeePerGas: 3n }, 7n)).toBe(8n);
    expect(effectiveGasPrice({ maxFeePerGas: 8n, maxPriorityFeePerGas: 8n }, undefined)).toBe(8n);
  });
});

describe('a transaction against the state', () => {
  const { state } = openBench();
  const [first, second, third] = ACTORS.map(({ address }) => address);
  state.setAccount(first!, { ...state.account(first!)!, nonce: 3n });
  state.setCode(second!, Uint8Array.of(0x60));
  state.setCode(third!, concatBytes(Uint8Array.of(0xef, 1, 0), SOMEONE));

  it('passes with the account’s nonce and just enough funds', () => {
    const tx = transaction({ nonce: 3n });
    state.setAccount(first!, { ...state.account(first!)!, balanceWei: upfrontCost(tx) });
    expect(() => validateAgainstState(tx, state, RULES)).not.toThrow();
    state.setAccount(first!, { ...state.account(first!)!, balanceWei: upfrontCost(tx) - 1n });
    expect(() => validateAgainstState(tx, state, RULES)).toThrow(
      expect.objectContaining({ code: 'INSUFFICIENT_FUNDS' }),
    );
  });

  it.each([
    ['NONCE_TOO_LOW', transaction({ nonce: 2n })],
    ['NONCE_TOO_HIGH', transaction({ nonce: 4n })],
    ['SENDER_HAS_CODE', transaction({}, ACTORS[1]!)],
  ])('%s', (code, tx) => {
    expect(() => validateAgainstState(tx, state, RULES)).toThrow(expect.objectContaining({ code }));
  });

  it('lets a dev chain impersonate a contract, and nobody else', () => {
    const {
      raw: _raw,
      hash: _hash,
      signingHash: _signed,
      yParity: _y,
      v: _v,
      r: _r,
      s: _s,
      ...fields
    } = transaction({});
    const tx = impersonate(fields, second!);
    expect(() => validateAgainstState(tx, state, RULES)).toThrow(expect.objectContaining({ code: 'SENDER_HAS_CODE' }));
    const devRules = { ...RULES, allowsImpersonation: true };
    expect(() => validateAgainstState(tx, state, devRules)).not.toThrow();
    expect(() => validateAgainstState(transaction({}, ACTORS[1]!), state, devRules)).toThrow(
      expect.objectContaining({ code: 'SENDER_HAS_CODE' }),
    );
  });

  it('lets an account that delegates send (EIP-7702)', () => {
    expect(() => validateAgainstState(transaction({}, ACTORS[2]!), state, RULES)).not.toThrow();
  });
});

describe('intrinsic gas', () => {
  const input = { to: SOMEONE, data: new Uint8Array(0), accessList: [], authorizationList: [] };
  it.each<[string, Fork, Parameters<typeof intrinsicGas>[0], bigint, bigint]>([
    ['a transfer', 'osaka', input, 21_000n, 21_000n],
    ['no floor before Prague', 'cancun', input, 21_000n, 0n],
    ['a zero and a nonzero byte', 'osaka', { ...input, data: Uint8Array.of(0, 1) }, 21_020n, 21_050n],
    ['the same before Istanbul', 'byzantium', { ...input, data: Uint8Array.of(0, 1) }, 21_072n, 0n],
    ['a creation of 33 bytes', 'shanghai', { ...input, to: undefined, data: new Uint8Array(33) }, 53_136n, 0n],
    ['a creation in Homestead', 'homestead', { ...input, to: undefined }, 53_000n, 0n],
    ['a creation in Frontier', 'frontier', { ...input, to: undefined }, 21_000n, 0n],
    [
      'an access list',
      'berlin',
      { ...input, accessList: [{ address: SOMEONE, storageKeys: [hash(0), hash(1)] }] },
      27_200n,
      0n,
    ],
    ['two authorizations', 'prague', { ...input, authorizationList: [tuple, tuple] }, 71_000n, 21_000n],
  ])('%s', (_name, fork, message, intrinsic, floor) => {
    expect(intrinsicGas(message, at(fork))).toEqual({ intrinsic, floor });
  });
});
