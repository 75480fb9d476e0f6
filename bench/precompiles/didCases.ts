// Calls of DeviceDID that cost the most for what they pay: each key type, verdicts of both kinds, and the largest identity.
import { bytesToHex } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { KEY_KINDS, type KeyKind } from '../../test/precompiles/support/deviceKeys.ts';
import { DidChain, didData, keyArgs, keyedSignature, OWNER } from '../../test/precompiles/support/didChain.ts';
import { DID_ROWS, prepared } from '../../test/precompiles/support/didRows.ts';
import type { NativeCall } from './nativeCalls.ts';

export interface DidCase {
  readonly method: string;
  readonly says: string;
  prepare(): { readonly chain: DidChain; readonly call: NativeCall };
}

type Hex = `0x${string}`;

/** Key ids and services that one identity holds at most (precompiles/did/README.md, Limits). */
const KEYS_MAX = 16;
const SERVICES_MAX = 8;
const LONG_DOCUMENT = { docUri: 'u'.repeat(256), docHash: `0x${'11'.repeat(32)}` } as const;
const LARGEST_SERVICE = { kind: 'k'.repeat(64), endpoint: 'e'.repeat(512) };
const DIGEST = new Uint8Array(32).fill(0x5a);
const KINDS = Object.keys(KEY_KINDS) as KeyKind[];

const word = (byte: number): Hex => `0x${byte.toString(16).padStart(2, '0').repeat(32)}`;

/** An identity with as much of everything as one may have. */
function largest(chain: DidChain): Hex {
  const id = chain.register(KEY_KINDS.p256('largest'), LONG_DOCUMENT);
  for (let key = 1; key < KEYS_MAX; key++) chain.addKey(id, KEY_KINDS.p256(`largest ${key}`));
  for (let service = 1; service <= SERVICES_MAX; service++)
    chain.call('setService', [id, { id: word(service), ...LARGEST_SERVICE }, chain.direct()]);
  return id;
}

function oneCase(method: string, says: string, args: (chain: DidChain) => readonly unknown[], from?: Address): DidCase {
  return {
    method,
    says,
    prepare() {
      const chain = new DidChain();
      const data = didData(method, args(chain));
      return { chain, call: { from: from ?? OWNER.address, data, valueWei: 0n } };
    },
  };
}

const rows = DID_ROWS.map(
  (row): DidCase => ({
    method: row.method,
    says: 'a device with two keys and one of each thing',
    prepare() {
      const { chain, args, from } = prepared(row);
      return { chain, call: { from, data: didData(row.method, args), valueWei: 0n } };
    },
  }),
);

function verdicts(kind: KeyKind): DidCase[] {
  const ask = (change: (digest: Uint8Array, signature: Uint8Array) => void) => (chain: DidChain) => {
    const key = KEY_KINDS[kind]('device');
    const digest = DIGEST.slice();
    const signature = keyedSignature(1, key.signDigest(DIGEST)).slice();
    change(digest, signature);
    return [chain.register(key), 1, bytesToHex(digest), bytesToHex(signature)];
  };
  return [
    oneCase(
      'isValidSignature',
      `${kind}, valid`,
      ask(() => undefined),
    ),
    oneCase(
      'isValidSignature',
      `${kind}, another digest`,
      ask((digest) => digest.fill(0x5b)),
    ),
    oneCase(
      'isValidSignature',
      `${kind}, altered signature`,
      ask((_digest, signature) => {
        signature[40] = (signature[40] ?? 0) ^ 1;
      }),
    ),
  ];
}

const registrations = (kind: KeyKind): DidCase[] => [
  oneCase('register', `${kind}, long document, ZK key`, (chain) =>
    chain.registerArgs(KEY_KINDS[kind]('device'), { ...LONG_DOCUMENT, zkKey: KEY_KINDS.babyJubJub('zk') }),
  ),
  oneCase('register', `${kind}, short`, (chain) => chain.registerArgs(KEY_KINDS[kind]('device'))),
  oneCase('addKey', kind, (chain) => {
    const id = chain.register(KEY_KINDS.p256('first'));
    const key = KEY_KINDS[kind]('added');
    const k = keyArgs(key);
    return [id, k, chain.keyProof(key, k, 'AddKey', id), chain.direct()];
  }),
  oneCase('addKey', `${kind}, the proof is of another key`, (chain) => {
    const id = chain.register(KEY_KINDS.p256('first'));
    const k = keyArgs(KEY_KINDS[kind]('added'));
    return [id, k, chain.keyProof(KEY_KINDS[kind]('other'), k, 'AddKey', id), chain.direct()];
  }),
  oneCase('rotateKey', kind, (chain) => {
    const id = chain.register(KEY_KINDS.p256('first'));
    const key = KEY_KINDS[kind]('next');
    const k = keyArgs(key);
    return [id, 1, k, chain.keyProof(key, k, 'RotateKey', id, { oldKeyId: 1 }), chain.direct()];
  }),
  oneCase('identityOf', kind, () => {
    const key = KEY_KINDS[kind]('device');
    return [key.keyType, bytesToHex(key.publicKey)];
  }),
];

const onLargest = (method: string, args: (id: Hex, chain: DidChain) => readonly unknown[]): DidCase =>
  oneCase(method, 'the largest identity', (chain) => args(largest(chain), chain));

const largestCases: readonly DidCase[] = [
  onLargest('resolve', (id) => [id]),
  onLargest('revokeKey', (id, chain) => [id, KEYS_MAX, chain.direct()]),
  onLargest('setService', (id, chain) => [
    id,
    { id: word(SERVICES_MAX), kind: 'K'.repeat(64), endpoint: 'E'.repeat(512) },
    chain.direct(),
  ]),
  onLargest('removeService', (id, chain) => [id, word(1), chain.direct()]),
  onLargest('setDocument', (id, chain) => [id, word(2), 'v'.repeat(256), chain.direct()]),
  onLargest('setPayee', (id, chain) => [id, bytesToHex(OWNER.address).replace(/.$/, '1'), chain.direct()]),
  onLargest('suspend', (id) => [id, word(3)]),
  onLargest('deactivate', (id, chain) => [id, chain.direct()]),
  onLargest('stateOf', (id) => [id]),
  onLargest('nonces', (id) => [id]),
  onLargest('hasAccess', (id) => [id, bytesToHex(OWNER.address), 1n]),
];

/** Calls that name an identity which nobody registered: the least that can be read before an answer. */
const NOBODY: Hex = `0x${'ab'.repeat(20)}`;
const emptyCases: readonly DidCase[] = ['resolve', 'stateOf', 'nonces', 'pendingControllerOf', 'bondOf'].map((method) =>
  oneCase(method, 'an identity that nobody registered', () => [NOBODY]),
);

export const DID_CASES: readonly DidCase[] = [
  ...rows,
  ...KINDS.flatMap(verdicts),
  ...KINDS.flatMap(registrations),
  ...largestCases,
  ...emptyCases,
];
