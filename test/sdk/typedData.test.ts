// The SDK against docs/spec/vectors/device-signing.json: the same types, the same bytes in both hash forms, the same signatures.
import { readFileSync } from 'node:fs';
import { type Hex, hashTypedData, hexToBytes, keccak256, sha256, stringToBytes } from 'viem';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../precompiles/did/signatures.ts';
import type { DidReadContext, KeyType } from '../../precompiles/did/types.ts';
import { verifyP256Message } from '../../primitives/crypto/p256.ts';
import type { Hash } from '../../primitives/types.ts';
import type { DeviceSigner } from '../../sdk/deviceSigner.ts';
import { passkeySigner } from '../../sdk/passkey.ts';
import { babyJubJubSigner } from '../../sdk/signers/babyJubJub.ts';
import { ed25519Signer } from '../../sdk/signers/ed25519.ts';
import { p256Signer } from '../../sdk/signers/p256.ts';
import { secp256k1Signer } from '../../sdk/signers/secp256k1.ts';
import { createSoftwarePasskey } from '../../sdk/signers/softwarePasskey.ts';
import {
  type Action,
  type ActionType,
  actionPayload,
  DEVICE_DID_TYPES,
  messagePayload,
  walletTypedData,
} from '../../sdk/typedData.ts';

interface ActionVector {
  readonly action: ActionType;
  readonly message: Readonly<Record<string, string | { readonly hashOf: Hex }>>;
  readonly keccak256: { readonly bytes: Hex; readonly digest: Hex };
  readonly sha256: { readonly bytes: Hex; readonly digest: Hex };
}
interface SignatureVector {
  readonly action: ActionType;
  readonly key: 'secp256k1' | 'p256' | 'passkey' | 'ed25519' | 'babyJubJub';
  readonly keyType: KeyType;
  readonly publicKey: Hex;
  readonly signature: Hex;
  readonly valid: boolean;
  readonly why: string;
}
interface Vectors {
  readonly domain: { readonly chainId: string; readonly salt: Hex };
  readonly types: readonly { readonly name: ActionType; readonly encoded: string; readonly keccak256: Hex }[];
  readonly actions: readonly ActionVector[];
  readonly signatures: readonly SignatureVector[];
}

const file = new URL('../../docs/spec/vectors/device-signing.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const domain = { chainId: Number(vectors.domain.chainId), genesisHash: vectors.domain.salt };

/** The values of a vector as the SDK's types have them: integers of up to 32 bits are numbers. */
function actionOf({ action, message }: ActionVector): Action {
  const members: readonly { name: string; type: string }[] = DEVICE_DID_TYPES[action];
  const valuesOf = (hashOf: (bytes: Uint8Array) => Hex) =>
    members.map(({ name, type }) => {
      const value = message[name];
      if (typeof value === 'object') return [name, hashOf(hexToBytes(value.hashOf))];
      if (type === 'uint8' || type === 'uint32') return [name, Number(value)];
      return [name, type.startsWith('uint') ? BigInt(value as string) : value];
    });
  return { type: action, message: (hashOf) => Object.fromEntries(valuesOf(hashOf)) };
}

const payloads = new Map(vectors.actions.map((vector) => [vector.action, actionPayload(domain, actionOf(vector))]));
function payloadOf(action: ActionType) {
  const payload = payloads.get(action);
  if (payload === undefined) throw new Error(`no vector for ${action}`);
  return payload;
}

// The secret that the vectors were signed with.
const secret = hexToBytes(keccak256(stringToBytes('vector')));
const SIGNERS: Record<SignatureVector['key'], DeviceSigner> = {
  secp256k1: secp256k1Signer(secret),
  p256: p256Signer(secret),
  passkey: passkeySigner(createSoftwarePasskey({ rpId: 'gnomon.example', privateKey: secret })),
  ed25519: ed25519Signer(secret),
  babyJubJub: babyJubJubSigner(secret),
};
/** ECDSA by OpenSSL takes a fresh nonce each time; the others give one signature per message. */
const IS_DETERMINISTIC = { secp256k1: true, p256: false, passkey: false, ed25519: true, babyJubJub: true } as const;

describe('typed data of the SDK', () => {
  it('has every type of the vectors, member by member', () => {
    const own = Object.entries(DEVICE_DID_TYPES).map(([name, members]) => {
      return `${name}(${members.map((member) => `${member.type} ${member.name}`).join(',')})`;
    });
    expect(own).toEqual(vectors.types.map(({ encoded }) => encoded));
  });

  it.each(vectors.actions)('$action: bytes and digests of both forms', (vector) => {
    const { eip712, sha256: sha256Form } = payloadOf(vector.action);
    expect(eip712).toEqual({ bytes: hexToBytes(vector.keccak256.bytes), digest: hexToBytes(vector.keccak256.digest) });
    expect(sha256Form).toEqual({ bytes: hexToBytes(vector.sha256.bytes), digest: hexToBytes(vector.sha256.digest) });
  });

  it.each(vectors.actions)('$action: what wallets are asked has the same digest', (vector) => {
    expect(hashTypedData(walletTypedData(domain, actionOf(vector)) as never)).toBe(vector.keccak256.digest);
  });

  it('a message has one digest for every kind of key', () => {
    const message = stringToBytes('21.5 °C');
    const digest = hexToBytes(sha256(message));
    expect(messagePayload(message)).toEqual({
      eip712: { bytes: digest, digest },
      sha256: { bytes: message, digest },
    });
  });
});

const valid = vectors.signatures.filter((vector) => vector.why === 'signed as specified');

describe('software signers on the vectors', () => {
  it('there is one per action and kind of key', () => {
    expect(valid.length).toBe(vectors.actions.length * Object.keys(SIGNERS).length);
  });

  it.each(valid)('$key signs $action as the vector, or as the node accepts', async (vector) => {
    const signer = SIGNERS[vector.key];
    expect(signer.keyType).toBe(vector.keyType);
    expect(signer.publicKey).toEqual(hexToBytes(vector.publicKey));
    const payload = payloadOf(vector.action);
    const signature = await signer.sign(payload);
    if (IS_DETERMINISTIC[vector.key]) expect(signature).toEqual(hexToBytes(vector.signature));
    else expect(signature.length).toBe(hexToBytes(vector.signature).length);
    const context = { charge: () => undefined } as unknown as DidReadContext;
    const content = {
      digest: payload.eip712.digest as Hash,
      verifyP256: (raw: Uint8Array, key: Uint8Array) => verifyP256Message(payload.sha256.bytes, raw, key),
      ed25519Message: payload.eip712.bytes,
    };
    expect(verifySignature(context, vector.keyType, signer.publicKey, content, signature)).toBe(true);
    const other = { ...content, digest: keccak256('0x00', 'bytes') as Hash, ed25519Message: new Uint8Array(66) };
    const refuses = {
      ...other,
      verifyP256: (raw: Uint8Array, key: Uint8Array) => verifyP256Message(other.digest, raw, key),
    };
    expect(verifySignature(context, vector.keyType, signer.publicKey, refuses, signature)).toBe(false);
  });
});
