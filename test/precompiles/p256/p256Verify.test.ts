import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { P256VERIFY_GAS, p256Verify } from '../../../precompiles/p256/contract.ts';
import { bigIntToFixedBytes, bytesToBigInt, bytesToHex, concatBytes, hexToBytes } from '../../../primitives/bytes.ts';
import { P256_N } from '../../../primitives/crypto/p256.ts';
import { vectorBytes } from '../../vectors.ts';
import { callAlone } from '../support/callHost.ts';

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const VALID = `0x${'1'.padStart(64, '0')}`;

interface Parts {
  readonly digest: Uint8Array;
  readonly r: bigint;
  readonly s: bigint;
  readonly x: bigint;
  readonly y: bigint;
}

/** A valid input, signed by OpenSSL. */
function validParts(): Parts {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x, y } = publicKey.export({ format: 'jwk' });
  const message = Buffer.from('reading 42');
  const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return {
    digest: createHash('sha256').update(message).digest(),
    r: bytesToBigInt(signature.subarray(0, 32)),
    s: bytesToBigInt(signature.subarray(32)),
    x: bytesToBigInt(Buffer.from(x as string, 'base64url')),
    y: bytesToBigInt(Buffer.from(y as string, 'base64url')),
  };
}

function encode({ digest, r, s, x, y }: Parts): Uint8Array {
  return concatBytes(digest, ...[r, s, x, y].map((value) => bigIntToFixedBytes(value, 32)));
}

const parts = validParts();
const valid = encode(parts);

function outputOf(input: Uint8Array): string {
  const result = callAlone(p256Verify, input);
  expect(result).toMatchObject({ outcome: 'success', gasUsed: P256VERIFY_GAS });
  return result.outcome === 'success' ? bytesToHex(result.output) : 'failed';
}

describe('P256VERIFY (EIP-7951)', () => {
  it('answers 1 in 32 bytes for a valid signature', () => {
    expect(outputOf(valid)).toBe(VALID);
  });

  it('accepts high s: nothing may be keyed by signature bytes', () => {
    expect(outputOf(encode({ ...parts, s: P256_N - parts.s }))).toBe(VALID);
  });

  it.each<[string, Parts]>([
    ['another digest', { ...parts, digest: new Uint8Array(32) }],
    ['r = 0', { ...parts, r: 0n }],
    ['r = n', { ...parts, r: P256_N }],
    ['s = 0', { ...parts, s: 0n }],
    ['s = n', { ...parts, s: P256_N }],
    ['x = p', { ...parts, x: P }],
    ['y = p', { ...parts, y: P }],
    ['a point off the curve', { ...parts, y: parts.y ^ 1n }],
    ['the point at infinity', { ...parts, x: 0n, y: 0n }],
    ['r and s exchanged', { ...parts, r: parts.s, s: parts.r }],
    ['the mirrored key', { ...parts, y: P - parts.y }],
  ])('answers nothing for %s, and never reverts', (_, altered) => {
    expect(outputOf(encode(altered))).toBe('0x');
  });

  it.each([0, 1, 159, 161, 320])('answers nothing for %i bytes of input', (length) => {
    const input = new Uint8Array(length);
    input.set(valid.subarray(0, length));
    expect(outputOf(input)).toBe('0x');
  });

  it('costs 6900 gas exactly; with 6899 the call fails', () => {
    expect(callAlone(p256Verify, valid, { gas: 6_900n })).toMatchObject({ outcome: 'success', gasUsed: 6_900n });
    expect(callAlone(p256Verify, valid, { gas: 6_899n })).toMatchObject({ outcome: 'failure', gasUsed: 6_899n });
  });

  it.each(['CALL', 'STATICCALL', 'DELEGATECALL', 'CALLCODE'] as const)('may be called by %s', (scheme) => {
    const result = callAlone(p256Verify, valid, { scheme });
    expect(result.outcome === 'success' && bytesToHex(result.output)).toBe(VALID);
  });
});

const official = vectorBytes('eip-7951', 'test-vectors.json');

describe.skipIf(official === undefined)(
  'P256VERIFY against the vectors of EIP-7951 (eip-7951/test-vectors.json)',
  () => {
    it('answers every vector as the EIP expects', () => {
      const vectors = JSON.parse(Buffer.from(official ?? []).toString()) as {
        Name: string;
        Input: string;
        Expected: string;
      }[];
      expect(vectors.length).toBeGreaterThan(700);
      for (const { Name, Input, Expected } of vectors) {
        expect(outputOf(hexToBytes(`0x${Input}`)), Name).toBe(`0x${Expected}`);
      }
    });
  },
);
