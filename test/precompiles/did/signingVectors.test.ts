// docs/spec/vectors/device-signing.json, three ways: the second path makes the same, the product hashes the same, and the
// product's verdict on every signature is the vector's. `WRITE_VECTORS=1` writes the file anew (signatures of P-256 differ).
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DEVICE_DID_ADDRESS } from '../../../precompiles/did/contract.ts';
import { signedAction, verifySignature } from '../../../precompiles/did/signatures.ts';
import { ACTION_TYPES, type Action, type ActionName, typedDataBytes } from '../../../precompiles/did/typedData.ts';
import type { DidReadContext, KeyType } from '../../../precompiles/did/types.ts';
import { bytesToHex, hexToBytes, parseHash } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { sha256 } from '../../../primitives/crypto/sha256.ts';
import { sha256Reference } from '../support/sha256Reference.ts';
import {
  type ActionVector,
  type JsonValue,
  makeSigningVectors,
  makeTypesAndActions,
  type SigningVectors,
} from '../support/signingVectors.ts';

const FILE = new URL('../../../docs/spec/vectors/device-signing.json', import.meta.url);
const SPEC = new URL('../../../docs/spec/device-signing.md', import.meta.url);

if (process.env.WRITE_VECTORS !== undefined) writeFileSync(FILE, `${JSON.stringify(makeSigningVectors(), null, 1)}\n`);
const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as SigningVectors;
const chain = { chainId: BigInt(vectors.domain.chainId), genesisHash: parseHash(vectors.domain.salt) };

function memberValue(type: string, value: JsonValue, hash: (bytes: Uint8Array) => Uint8Array) {
  if (typeof value !== 'string') return hash(hexToBytes(value.hashOf));
  if (type === 'string') return value;
  return value.startsWith('0x') ? hexToBytes(value) : BigInt(value);
}

function actionOf({ action, message }: ActionVector): Action {
  const name = action as ActionName;
  const values: Action['values'] = (hash) =>
    Object.fromEntries(
      ACTION_TYPES[name].members.map((m) => [m.name, memberValue(m.type, message[m.name] as JsonValue, hash)]),
    );
  return { name, values };
}

function vectorOf(action: string): ActionVector {
  return vectors.actions.find((vector) => vector.action === action) as ActionVector;
}

describe('device signing vectors', () => {
  it('the reference SHA-256 is SHA-256', () => {
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 300]) {
      const bytes = new Uint8Array(length).map((_, index) => index * 7);
      expect(Buffer.from(sha256Reference(bytes))).toEqual(createHash('sha256').update(bytes).digest());
    }
  });

  it('are what viem and the reference SHA-256 make', () => {
    const { domain, types, actions } = vectors;
    expect({ domain, types, actions }).toEqual(makeTypesAndActions());
  });

  it('name every action of the product and its type, and the specification lists each with both type hashes', () => {
    expect(vectors.types.map(({ name, encoded }) => [name, encoded])).toEqual(
      Object.entries(ACTION_TYPES).map(([name, { encoded }]) => [name, encoded]),
    );
    const spec = readFileSync(SPEC, 'utf8');
    for (const { encoded, keccak256: keccakHash, sha256: sha256Hash } of vectors.types) {
      for (const text of [encoded, keccakHash, sha256Hash]) expect(spec).toContain(text);
    }
  });

  it.each(vectors.actions.map((vector) => [vector.action, vector] as const))(
    '%s hashes the same both ways',
    (_, vector) => {
      const action = actionOf(vector);
      const keccakBytes = typedDataBytes(chain, DEVICE_DID_ADDRESS, action, keccak256);
      const sha256Bytes = typedDataBytes(chain, DEVICE_DID_ADDRESS, action, sha256);
      expect(bytesToHex(keccakBytes)).toBe(vector.keccak256.bytes);
      expect(bytesToHex(keccak256(keccakBytes))).toBe(vector.keccak256.digest);
      expect(bytesToHex(sha256Bytes)).toBe(vector.sha256.bytes);
      expect(bytesToHex(sha256(sha256Bytes))).toBe(vector.sha256.digest);
    },
  );

  it('hold as many verdicts as they should, valid and invalid', () => {
    const kinds = new Set(vectors.signatures.map(({ key }) => key));
    expect(kinds.size).toBe(5);
    for (const kind of kinds) {
      const own = vectors.signatures.filter(({ key }) => key === kind);
      expect(new Set(own.filter(({ valid }) => valid).map(({ action }) => action)).size).toBe(vectors.actions.length);
      expect(own.filter(({ valid }) => !valid).length).toBeGreaterThanOrEqual(13);
    }
  });

  it.each(vectors.signatures.map((vector) => [vector.key, vector.action, vector.why, vector] as const))(
    '%s, %s: %s',
    (_kind, action, _why, vector) => {
      const context = { chain, self: DEVICE_DID_ADDRESS, charge: () => undefined } as unknown as DidReadContext;
      const content = signedAction(context, actionOf(vectorOf(action)));
      const publicKey = hexToBytes(vector.publicKey);
      const verdict = verifySignature(
        context,
        vector.keyType as KeyType,
        publicKey,
        content,
        hexToBytes(vector.signature),
      );
      expect(verdict).toBe(vector.valid);
    },
  );
});
