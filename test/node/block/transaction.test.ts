// The transaction codec: round trips for every type, agreement with @ethereumjs/tx and viem, and refusal of everything that
// is not the one canonical encoding.

import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createTx } from '@ethereumjs/tx';
import fc from 'fast-check';
import { parseTransaction, recoverTransactionAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { recoverAuthority } from '../../../node/block/authorization.ts';
import {
  decodeNetworkTransaction,
  decodeTransaction,
  encodeTransaction,
  hasLowS,
  recoverSender,
  signTransaction,
  type UnsignedTransaction,
  unsignedTransactionHash,
} from '../../../node/block/transaction.ts';
import type { Transaction, TransactionType } from '../../../node/block/types.ts';
import { bigIntToFixedBytes, bytesToHex, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { addressOfPublicKey, publicKeyOf, SECP256K1_N } from '../../../primitives/crypto/secp256k1.ts';
import { ChainError } from '../../../primitives/errors.ts';
import { decodeRlp, encodeRlp, type RlpItem } from '../../../primitives/rlp.ts';
import type { Address, Hash } from '../../../primitives/types.ts';

const UINT64_MAX = 2n ** 64n - 1n;
const UINT256_MAX = 2n ** 256n - 1n;
const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const uint64 = fc.bigInt(0n, UINT64_MAX);
const uint256 = fc.bigInt(0n, UINT256_MAX);
const address = fixed(20) as fc.Arbitrary<Address>;
const privateKey = fc.bigInt(1n, SECP256K1_N - 1n).map((key) => bigIntToFixedBytes(key, 32));

function unsignedOf(type: TransactionType): fc.Arbitrary<UnsignedTransaction> {
  const isLegacy = type === 0;
  const versionedHash = fixed(32).map((hash) => {
    hash[0] = 1;
    return hash as Hash;
  });
  const authorization = fc.record({
    chainId: uint256,
    address,
    nonce: uint64,
    yParity: fc.bigInt(0n, 255n),
    r: uint256,
    s: uint256,
  });
  return fc
    .record({
      type: fc.constant(type),
      chainId: isLegacy ? fc.option(fc.bigInt(0n, 2n ** 200n), { nil: undefined }) : uint256,
      nonce: uint64,
      gasLimit: uint64,
      maxFeePerGas: uint256,
      maxPriorityFeePerGas: uint256,
      to: type >= 3 ? address : fc.option(address, { nil: undefined }),
      value: uint256,
      data: fc.uint8Array({ maxLength: 100 }),
      accessList: isLegacy
        ? fc.constant([])
        : fc.array(fc.record({ address, storageKeys: fc.array(fixed(32), { maxLength: 3 }) }), { maxLength: 3 }),
      authorizationList: type === 4 ? fc.array(authorization, { minLength: 1, maxLength: 3 }) : fc.constant([]),
      blobVersionedHashes: type === 3 ? fc.array(versionedHash, { minLength: 1, maxLength: 3 }) : fc.constant([]),
      maxFeePerBlobGas: type === 3 ? uint256 : fc.constant(0n),
    })
    .map((fields) => (type <= 1 ? { ...fields, maxPriorityFeePerGas: fields.maxFeePerGas } : fields));
}

const anyUnsigned = fc.oneof(...([0, 1, 2, 3, 4] as const).map(unsignedOf));
const invalid = expect.objectContaining({ code: 'INVALID_TRANSACTION' });
const KEY = bigIntToFixedBytes(0x4646n, 32);

/** A valid transaction of a type, its RLP members open for damage. */
function members(type: TransactionType): RlpItem[] {
  const [unsigned] = fc.sample(unsignedOf(type), { numRuns: 1, seed: 7 });
  const { raw } = signTransaction({ ...(unsigned as UnsignedTransaction), chainId: 5n }, KEY);
  return [...(decodeRlp(type === 0 ? raw : raw.subarray(1)) as readonly RlpItem[])];
}

function rebuild(type: TransactionType, items: readonly RlpItem[]): Uint8Array {
  const payload = encodeRlp(items);
  return type === 0 ? payload : concatBytes(Uint8Array.of(type), payload);
}

describe('round trips', () => {
  it.each([0, 1, 2, 3, 4] as const)('type %i decodes to what was signed and encodes back to the same bytes', (type) => {
    fc.assert(
      fc.property(unsignedOf(type), privateKey, (unsigned, key) => {
        const transaction = signTransaction(unsigned, key);
        const { raw, hash, signingHash, yParity, v, r, s, ...fields } = transaction;
        expect(fields).toEqual(unsigned);
        expect(hash).toEqual(keccak256(raw));
        expect(signingHash).toEqual(unsignedTransactionHash(unsigned));
        expect(encodeTransaction(unsigned, { yParity, r, s })).toEqual(raw);
        expect(decodeTransaction(raw)).toEqual(transaction);
        expect(recoverSender(transaction)).toEqual(addressOfPublicKey(publicKeyOf(key)));
        expect(hasLowS(transaction)).toBe(true);
        expect(v === BigInt(yParity)).toBe(type !== 0);
      }),
      { numRuns: 40 },
    );
  });

  it('agrees with viem on fields and sender', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(unsignedOf(1), unsignedOf(2)), privateKey, async (unsigned, key) => {
        const bounded = {
          ...unsigned,
          chainId: 4766n,
          nonce: unsigned.nonce % 2n ** 50n,
          maxPriorityFeePerGas: unsigned.type === 2 ? 0n : unsigned.maxFeePerGas,
        };
        const transaction = signTransaction(bounded, key);
        const serialized = bytesToHex(transaction.raw) as `0x02${string}`;
        const parsed = parseTransaction(serialized);
        expect(parsed.value ?? 0n).toBe(bounded.value);
        expect(BigInt(parsed.gas ?? 0n)).toBe(bounded.gasLimit);
        const sender = await recoverTransactionAddress({ serializedTransaction: serialized });
        expect(sender.toLowerCase()).toBe(bytesToHex(recoverSender(transaction)));
      }),
      { numRuns: 15 },
    );
  });

  it('agrees with @ethereumjs/tx on an authorization list', () => {
    const authority = bigIntToFixedBytes(99n, 32);
    const unsigned = {
      ...(fc.sample(unsignedOf(4), { numRuns: 1, seed: 3 })[0] as UnsignedTransaction),
      chainId: 1n,
      nonce: 5n,
      gasLimit: 1_000_000n,
      maxFeePerGas: 100n,
      maxPriorityFeePerGas: 1n,
      value: 7n,
      authorizationList: [
        { chainId: 1n, address: new Uint8Array(20).fill(6) as Address, nonce: 0n, yParity: 1n, r: 5n, s: 600n },
        { chainId: 0n, address: new Uint8Array(20).fill(7) as Address, nonce: 300n, yParity: 0n, r: 2n ** 250n, s: 1n },
      ],
    };
    const transaction = signTransaction(unsigned, authority);
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });
    const other = createTx(
      {
        type: 4,
        chainId: 1n,
        nonce: 5n,
        gasLimit: unsigned.gasLimit,
        maxFeePerGas: unsigned.maxFeePerGas,
        maxPriorityFeePerGas: unsigned.maxPriorityFeePerGas,
        to: unsigned.to,
        value: unsigned.value,
        data: unsigned.data,
        accessList: unsigned.accessList.map((entry) => [entry.address, [...entry.storageKeys]]),
        authorizationList: unsigned.authorizationList.map((tuple) => ({
          chainId: bytesToHex(minimal(tuple.chainId)),
          address: bytesToHex(tuple.address),
          nonce: bytesToHex(minimal(tuple.nonce)),
          yParity: bytesToHex(minimal(tuple.yParity)),
          r: bytesToHex(minimal(tuple.r)),
          s: bytesToHex(minimal(tuple.s)),
        })),
      } as never,
      { common, freeze: false },
    );
    expect(other.getHashedMessageToSign()).toEqual(transaction.signingHash);
  });

  it('knows the EIP-155 example', () => {
    const raw = hexToBytes(
      '0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
    );
    const transaction = decodeTransaction(raw);
    expect(transaction).toMatchObject({ type: 0, chainId: 1n, nonce: 9n, gasLimit: 21_000n, v: 37n, yParity: 0 });
    expect(bytesToHex(transaction.signingHash)).toBe(
      '0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53',
    );
    expect(bytesToHex(recoverSender(transaction))).toBe('0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f');
  });
});

function minimal(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return value === 0n ? new Uint8Array(0) : hexToBytes(`0x${hex.length & 1 ? '0' : ''}${hex}`);
}

describe('refusals', () => {
  it('never throws anything but ChainError, whatever the bytes', () => {
    fc.assert(
      fc.property(anyUnsigned, fc.nat(), fc.nat(255), fc.nat(2), (unsigned, at, value, how) => {
        const { raw } = signTransaction(unsigned, KEY);
        const index = at % raw.length;
        const damaged =
          how === 0 ? raw.slice() : how === 1 ? raw.slice(0, index) : concatBytes(raw, Uint8Array.of(value));
        if (how === 0) damaged[index] = value;
        try {
          const decoded = decodeTransaction(damaged);
          expect(encodeTransaction(decoded, decoded)).toEqual(damaged);
          decodeNetworkTransaction(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(ChainError);
          expect((error as ChainError).code).toMatch(/^INVALID_(TRANSACTION|SIDECAR)$/);
        }
      }),
      { numRuns: 600 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => decodeTransaction(bytes)).toThrowError(invalid);
      }),
    );
  });

  it.each([0, 1, 2, 3, 4] as const)('type %i with a field too few or too many', (type) => {
    const items = members(type);
    expect(decodeTransaction(rebuild(type, items)).type).toBe(type);
    expect(() => decodeTransaction(rebuild(type, items.slice(0, -1)))).toThrowError(invalid);
    expect(() => decodeTransaction(rebuild(type, [...items, new Uint8Array(0)]))).toThrowError(invalid);
    expect(() => decodeTransaction(concatBytes(rebuild(type, items), Uint8Array.of(0)))).toThrowError(invalid);
  });

  // Positions of members by type: [nonce, gasLimit, to, value, yParity or v, r, s].
  const positions: Record<TransactionType, readonly number[]> = {
    0: [0, 2, 3, 4, 6, 7, 8],
    1: [1, 3, 4, 5, 8, 9, 10],
    2: [1, 4, 5, 6, 9, 10, 11],
    3: [1, 4, 5, 6, 11, 12, 13],
    4: [1, 4, 5, 6, 10, 11, 12],
  };
  const damages: readonly [string, number, RlpItem][] = [
    ['a nonce with a leading zero', 0, Uint8Array.of(0, 1)],
    ['a nonce of nine bytes', 0, new Uint8Array(9).fill(1)],
    ['a nonce that is a list', 0, []],
    ['a gas limit of nine bytes', 1, new Uint8Array(9).fill(1)],
    ['a recipient of 19 bytes', 2, new Uint8Array(19)],
    ['a recipient of 21 bytes', 2, new Uint8Array(21)],
    ['a recipient that is a list', 2, []],
    ['a value of 33 bytes', 3, new Uint8Array(33).fill(1)],
    ['a zero value written as a byte', 3, Uint8Array.of(0)],
    ['a parity of 2 (v of 2)', 4, Uint8Array.of(2)],
    ['r = 0', 5, new Uint8Array(0)],
    ['r = n', 5, bigIntToFixedBytes(SECP256K1_N, 32)],
    ['s = 0', 6, new Uint8Array(0)],
    ['s = n', 6, bigIntToFixedBytes(SECP256K1_N, 32)],
    ['s with a leading zero', 6, concatBytes(new Uint8Array(1), new Uint8Array(31).fill(1))],
  ];
  for (const type of [0, 1, 2, 3, 4] as const)
    it.each(damages)(`type ${type} with %s`, (_name, field, item) => {
      const items = members(type);
      items[positions[type][field] as number] = item;
      expect(() => decodeTransaction(rebuild(type, items))).toThrowError(invalid);
    });

  it.each([0, 1, 26, 29, 34])('legacy v = %i', (v) => {
    const items = members(0);
    items[6] = v === 0 ? new Uint8Array(0) : Uint8Array.of(v);
    expect(() => decodeTransaction(rebuild(0, items))).toThrowError(/invalid transaction: v is/);
  });

  it.each([
    [27, undefined, 0],
    [28, undefined, 1],
    [35, 0n, 0],
    [36, 0n, 1],
    [37, 1n, 0],
  ] as const)('but takes legacy v = %i', (v, chainId, yParity) => {
    const items = members(0);
    items[6] = Uint8Array.of(v);
    expect(decodeTransaction(rebuild(0, items))).toMatchObject({ chainId, yParity, v: BigInt(v) });
  });

  it.each([3, 4] as const)('type %i without a recipient, or without its list', (type) => {
    const withoutRecipient = members(type);
    withoutRecipient[5] = new Uint8Array(0);
    expect(() => decodeTransaction(rebuild(type, withoutRecipient))).toThrowError(/cannot create a contract/);
    const withoutList = members(type);
    withoutList[type === 3 ? 10 : 9] = [];
    expect(() => decodeTransaction(rebuild(type, withoutList))).toThrowError(/has no (blob|authorization)/);
  });

  it('versioned hashes of another version', () => {
    const items = members(3);
    items[10] = [new Uint8Array(32).fill(2)];
    expect(() => decodeTransaction(rebuild(3, items))).toThrowError(/version 2, expected 1/);
  });

  it.each([0x00, 0x05, 0x7f, 0x80, 0xbf])('an envelope of type 0x%s', (type) => {
    expect(() => decodeTransaction(concatBytes(Uint8Array.of(type), encodeRlp([])))).toThrowError(/unknown type/);
    expect(() => decodeTransaction(new Uint8Array(0))).toThrowError(/it is empty/);
  });

  it('a signature that no key made', () => {
    const items = members(2);
    items[10] = Uint8Array.of(5);
    const transaction = decodeTransaction(rebuild(2, items));
    expect(() => recoverSender(transaction)).toThrowError(expect.objectContaining({ code: 'INVALID_SIGNATURE' }));
  });

  it('a high s only where EIP-2 is asked', () => {
    const [unsigned] = fc.sample(unsignedOf(0), { numRuns: 1, seed: 1 });
    const low = signTransaction(unsigned as UnsignedTransaction, KEY);
    const flipped = { yParity: 1 - low.yParity, r: low.r, s: SECP256K1_N - low.s };
    const high: Transaction = decodeTransaction(encodeTransaction(low, flipped));
    expect(hasLowS(high)).toBe(false);
    expect(recoverSender(high)).toEqual(recoverSender(low));
  });
});

describe('authorizations', () => {
  it('recover to the authority, or to nothing when the signature is impossible', () => {
    const recovered = { chainId: 1n, address: new Uint8Array(20) as Address, nonce: 0n, yParity: 0n, r: 1n, s: 1n };
    expect(recoverAuthority(recovered)?.length).toBe(20);
    for (const change of [
      { yParity: 2n },
      { r: 0n },
      { s: 0n },
      { r: SECP256K1_N },
      { s: SECP256K1_N / 2n + 1n },
      { r: 5n },
    ])
      expect(recoverAuthority({ ...recovered, ...change })).toBeUndefined();
    expect(recoverAuthority({ ...recovered, s: SECP256K1_N / 2n })).toBeDefined();
  });
});
