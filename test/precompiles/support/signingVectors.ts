// Makes docs/spec/vectors/device-signing.json by the second path (viem, the reference SHA-256, other people's signers).
import { hexToBytes, keccak256, stringToBytes } from 'viem';
import { bigIntToFixedBytes, bytesToBigInt, bytesToHex, concatBytes } from '../../../primitives/bytes.ts';
import { BABY_JUB_JUB_SUBORDER } from '../../../primitives/crypto/babyJubJub.ts';
import { P256_N } from '../../../primitives/crypto/p256.ts';
import { SECP256K1_N } from '../../../primitives/crypto/secp256k1.ts';
import { KEY_KINDS, type KeyKind, passkey, type TestKey } from './deviceKeys.ts';
import { DEVICE_DID_TYPES, type Domain, type Message, type Payload, payloadOf } from './deviceSigning.ts';
import { sha256Reference } from './sha256Reference.ts';

/** A member's value as JSON: text, or the preimage of a member that is a hash. */
export type JsonValue = string | { readonly hashOf: string };

export interface ActionVector {
  readonly action: string;
  readonly message: Readonly<Record<string, JsonValue>>;
  readonly keccak256: { readonly bytes: string; readonly digest: string };
  readonly sha256: { readonly bytes: string; readonly digest: string };
}

export interface SignatureVector {
  readonly action: string;
  readonly key: KeyKind;
  readonly keyType: number;
  readonly publicKey: string;
  readonly signature: string;
  readonly valid: boolean;
  readonly why: string;
}

export interface SigningVectors {
  readonly domain: { name: string; version: string; chainId: string; verifyingContract: string; salt: string };
  readonly types: readonly { name: string; encoded: string; keccak256: string; sha256: string }[];
  readonly actions: readonly ActionVector[];
  readonly signatures: readonly SignatureVector[];
}

const DOMAIN: Domain = {
  name: 'DeviceDID',
  version: '1',
  chainId: 4766n,
  verifyingContract: '0x0000000000000000000000000000000000000d01',
  salt: keccak256(stringToBytes('a genesis')),
};

const sha256Hex = (bytes: Uint8Array): string => bytesToHex(sha256Reference(bytes));

/** One value per member name, so that equal members of two actions differ only by the action. */
const SAMPLE: Readonly<Record<string, JsonValue>> = {
  identity: '0x00112233445566778899aabbccddeeff00112233',
  projectId: `0x${'00'.repeat(32)}`,
  controller: '0x1000000000000000000000000000000000000001',
  payee: '0x2000000000000000000000000000000000000002',
  keyType: '2',
  purposes: '3',
  validFrom: '1800000000',
  validUntil: '1900000000',
  pubKeyHash: { hashOf: `0x${'ab'.repeat(64)}` },
  zkKeyHash: { hashOf: '0x' },
  docHash: `0x${'d0'.repeat(32)}`,
  docUri: 'ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
  docUriHash: { hashOf: bytesToHex(stringToBytes('ipfs://bafy')) },
  modelHash: `0x${'3d'.repeat(32)}`,
  oldKeyId: '1',
  keyId: '4',
  serviceId: `0x${'5e'.repeat(32)}`,
  kind: 'LinkedDomains',
  endpoint: 'https://example.org/ü?q=1',
  next: '0x3000000000000000000000000000000000000003',
  delegate: '0x4000000000000000000000000000000000000004',
  grantee: '0x5000000000000000000000000000000000000005',
  until: '1850000000',
  scopes: '5',
  termsHash: `0x${'7e'.repeat(32)}`,
  nonce: '7',
  deadline: '1800003600',
};

export function messageOf(json: Readonly<Record<string, JsonValue>>): Message {
  return (hashOf) =>
    Object.fromEntries(
      Object.entries(json).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : hashOf(hexToBytes(value.hashOf as `0x${string}`)),
      ]),
    );
}

function sampleMessage(action: string): Record<string, JsonValue> {
  const members = DEVICE_DID_TYPES[action] ?? [];
  return Object.fromEntries(members.map(({ name }) => [name, SAMPLE[name] as JsonValue]));
}

const payload = (action: string, change: Partial<Domain> = {}, message: Record<string, JsonValue> = {}): Payload =>
  payloadOf({ ...DOMAIN, ...change }, action, messageOf({ ...sampleMessage(action), ...message }));

function word(bytes: Uint8Array, index: number): bigint {
  return bytesToBigInt(bytes.subarray(index * 32, index * 32 + 32));
}

function withWord(bytes: Uint8Array, index: number, value: bigint): Uint8Array {
  const out = bytes.slice();
  out.set(bigIntToFixedBytes(value, 32), index * 32);
  return out;
}

type Case = readonly [why: string, signature: Uint8Array, valid?: boolean];

/** What every kind of key must refuse, and what is peculiar to each. */
function signatureCases(kind: KeyKind, key: TestKey): Case[] {
  const right = payload('SetPayee');
  const good = key.sign(right);
  const flipped = good.slice();
  flipped[good.length - 1] = (flipped[good.length - 1] as number) ^ 1;
  const common: Case[] = [
    ['another chain id', key.sign(payload('SetPayee', { chainId: 1n }))],
    ['another genesis of the same chain id', key.sign(payload('SetPayee', { salt: keccak256('0x01') }))],
    ['another contract', key.sign(payload('SetPayee', { verifyingContract: SAMPLE.payee as `0x${string}` }))],
    ['another action', key.sign(payload('Resume'))],
    ['another identity', key.sign(payload('SetPayee', {}, { identity: SAMPLE.next as string }))],
    ['another payee', key.sign(payload('SetPayee', {}, { payee: SAMPLE.next as string }))],
    ['another nonce', key.sign(payload('SetPayee', {}, { nonce: '8' }))],
    ['another deadline', key.sign(payload('SetPayee', {}, { deadline: '1800003601' }))],
    ['one bit changed', flipped],
    ['one byte short', good.slice(0, -1)],
    ['one byte more', concatBytes(good, Uint8Array.of(0))],
    ['empty', new Uint8Array()],
  ];
  return [...common, ...peculiarCases(kind, right, good)];
}

function peculiarCases(kind: KeyKind, right: Payload, good: Uint8Array): Case[] {
  const digest = hexToBytes(right.digest);
  const sha256Form: Payload = { ...right, digest: sha256Hex(right.sha256Bytes) as `0x${string}` };
  switch (kind) {
    case 'secp256k1': {
      const mirrored = withWord(good, 1, SECP256K1_N - word(good, 1));
      mirrored[64] = good[64] === 27 ? 28 : 27;
      const bareParity = good.slice();
      bareParity[64] = (good[64] as number) - 27;
      return [
        ['high s', mirrored],
        ['v as a bare parity', bareParity],
        ['the 712-sha256 form', KEY_KINDS.secp256k1('vector').sign(sha256Form)],
      ];
    }
    case 'p256':
      return [
        [
          'high s is the same signature to P-256: nothing may be keyed by signature bytes',
          withWord(good, 1, P256_N - word(good, 1)),
          true,
        ],
        ['the Keccak-256 form', KEY_KINDS.p256('vector').signDigest(digest)],
        ['r of zero', withWord(good, 0, 0n)],
      ];
    case 'passkey':
      return [
        ['made to create a credential', passkey('vector', { type: 'webauthn.create' }).sign(right)],
        ['the user was not present', passkey('vector', { flags: 0x04 }).sign(right)],
        ['backed up but not eligible', passkey('vector', { flags: 0x11 }).sign(right)],
        ['with attested credential data', passkey('vector', { flags: 0x45 }).sign(right)],
        ['the 712-sha256 digest as challenge', passkey('vector').sign(sha256Form)],
        [
          'another origin is another site of the same passkey',
          passkey('vector', { origin: 'https://b.example' }).sign(right),
          true,
        ],
        ['with extension data', passkey('vector', { flags: 0x85, extensions: Uint8Array.of(0xa0) }).sign(right), true],
        ['without user verification', passkey('vector', { flags: 0x01 }).sign(right), true],
      ];
    case 'ed25519':
      return [['over the digest instead of the 66 bytes', KEY_KINDS.ed25519('vector').signDigest(digest)]];
    case 'babyJubJub':
      return [
        ['S not reduced', withWord(good, 2, word(good, 2) + BABY_JUB_JUB_SUBORDER)],
        ['the 712-sha256 form', KEY_KINDS.babyJubJub('vector').sign(sha256Form)],
      ];
  }
}

function signaturesOf(kind: KeyKind): SignatureVector[] {
  const key = KEY_KINDS[kind]('vector');
  const entry = (action: string, why: string, signature: Uint8Array, valid: boolean): SignatureVector => ({
    action,
    key: kind,
    keyType: key.keyType,
    publicKey: bytesToHex(key.publicKey),
    signature: bytesToHex(signature),
    valid,
    why,
  });
  const valid = Object.keys(DEVICE_DID_TYPES).map((name) =>
    entry(name, 'signed as specified', key.sign(payload(name)), true),
  );
  const cases = signatureCases(kind, key).map(([why, signature, isValid = false]) =>
    entry('SetPayee', why, signature, isValid),
  );
  return [...valid, ...cases];
}

export function makeTypesAndActions(): Pick<SigningVectors, 'domain' | 'types' | 'actions'> {
  const types = Object.entries(DEVICE_DID_TYPES).map(([name, members]) => {
    const encoded = `${name}(${members.map((member) => `${member.type} ${member.name}`).join(',')})`;
    const bytes = stringToBytes(encoded);
    return { name, encoded, keccak256: keccak256(bytes), sha256: sha256Hex(bytes) };
  });
  const actions = Object.keys(DEVICE_DID_TYPES).map((action) => {
    const { bytes, digest, sha256Bytes } = payload(action);
    return {
      action,
      message: sampleMessage(action),
      keccak256: { bytes: bytesToHex(bytes), digest },
      sha256: { bytes: bytesToHex(sha256Bytes), digest: sha256Hex(sha256Bytes) },
    };
  });
  return { domain: { ...DOMAIN, chainId: String(DOMAIN.chainId) }, types, actions };
}

export function makeSigningVectors(): SigningVectors {
  const signatures = (Object.keys(KEY_KINDS) as KeyKind[]).flatMap(signaturesOf);
  return { ...makeTypesAndActions(), signatures };
}
