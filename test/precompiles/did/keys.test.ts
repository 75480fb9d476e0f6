import { describe, expect, it } from 'vitest';
import { KEYS_MAX, PURPOSE } from '../../../precompiles/did/types.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import {
  babyJubJubKey,
  ed25519Key,
  KEY_KINDS,
  type KeyKind,
  p256Key,
  passkey,
  type TestKey,
} from '../support/deviceKeys.ts';
import {
  DidChain,
  type KeyArgs,
  keyArgs,
  keyedSignature,
  OWNER,
  RELAYER,
  reverted,
  STRANGER,
} from '../support/didChain.ts';

const KINDS = Object.keys(KEY_KINDS) as KeyKind[];
const DIGEST = new Uint8Array(32).fill(0xd1);
const device = p256Key('device');

function isValid(chain: DidChain, id: `0x${string}`, keyId: number, key: TestKey, purpose: number = PURPOSE.ASSERT) {
  const sig = bytesToHex(keyedSignature(keyId, key.signDigest(DIGEST)));
  return chain.call('isValidSignature', [id, purpose, bytesToHex(DIGEST), sig]);
}

function rotate(
  chain: DidChain,
  id: `0x${string}`,
  oldKey: number,
  key: TestKey,
  fields: Partial<KeyArgs> = {},
  auth = chain.direct(),
) {
  const k = keyArgs(key, fields);
  return chain.call('rotateKey', [id, oldKey, k, chain.keyProof(key, k, 'RotateKey', id, { oldKeyId: oldKey }), auth], {
    from: RELAYER.address,
  });
}

/** The old key of a device signs its own replacement. */
function byOldKey(chain: DidChain, id: `0x${string}`, oldKeyId: number, old: TestKey, key: TestKey, fields = {}) {
  const message = chain.keyMessage(keyArgs(key, fields), { oldKeyId });
  return chain.signedByKey(old, oldKeyId, id, 'RotateKey', id, message);
}

describe('keys', () => {
  it.each(KINDS)('addKey and rotateKey take a %s key that proves itself; the old one is dead at once', (kind) => {
    const chain = new DidChain();
    const id = chain.register(device);
    const second = KEY_KINDS[kind]('second');
    expect(chain.addKey(id, second)).toBe(2);
    expect(isValid(chain, id, 2, second)).toBe(true);
    expect(isValid(chain, id, 1, second)).toBe(false);
    const third = KEY_KINDS[kind]('third');
    const k = keyArgs(third);
    const proof = chain.keyProof(third, k, 'RotateKey', id, { oldKeyId: 2 });
    expect(chain.call('rotateKey', [id, 2, k, proof, chain.direct()])).toBe(3);
    expect(isValid(chain, id, 2, second)).toBe(false);
    expect(isValid(chain, id, 3, third)).toBe(true);
    expect(chain.resolve(id).keyIds).toEqual([1, 3]);
    expect(chain.events().slice(-2)).toMatchObject([
      { eventName: 'KeyRevoked', args: { keyId: 2, atBlock: chain.host.blockNumber } },
      { eventName: 'KeyAdded', args: { keyId: 3 } },
    ]);
  });

  it('a signature is valid only for a purpose of its key', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const key = ed25519Key('sensor');
    chain.addKey(id, key, { purposes: PURPOSE.SENSOR | PURPOSE.ASSERT });
    expect(isValid(chain, id, 2, key, PURPOSE.SENSOR)).toBe(true);
    expect(isValid(chain, id, 2, key, PURPOSE.SENSOR | PURPOSE.ASSERT)).toBe(true);
    expect(isValid(chain, id, 2, key, PURPOSE.SENSOR | PURPOSE.AUTH)).toBe(false);
    expect(isValid(chain, id, 2, key, 0)).toBe(false);
    expect(isValid(chain, id, 2, key, 128)).toBe(false);
  });

  it('a key is valid from validFrom on, and before validUntil', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const key = ed25519Key('timed');
    chain.addKey(id, key, { validFrom: chain.now + 10n, validUntil: chain.now + 20n });
    const at = (seconds: bigint): unknown => {
      chain.host.timestampSeconds = 1_800_000_000n + seconds;
      return isValid(chain, id, 2, key);
    };
    expect([at(9n), at(10n), at(19n), at(20n)]).toEqual([false, true, true, false]);
  });

  it.each<[string, (now: bigint) => Partial<KeyArgs>, string]>([
    ['no purpose', () => ({ purposes: 0 }), 'InvalidPurposes'],
    ['an unknown purpose', () => ({ purposes: 128 }), 'InvalidPurposes'],
    ['the ZK purpose on a key that no circuit knows', () => ({ purposes: PURPOSE.ZK }), 'InvalidPurposes'],
    ['a beginning in the past', (now) => ({ validFrom: now - 1n }), 'InvalidValidity'],
    ['an end in the past', (now) => ({ validUntil: now }), 'InvalidValidity'],
    ['an end at its beginning', (now) => ({ validFrom: now + 9n, validUntil: now + 9n }), 'InvalidValidity'],
  ])('refuses %s', (_, fields, errorName) => {
    const chain = new DidChain();
    const id = chain.register(device);
    expect(reverted(() => chain.addKey(id, ed25519Key('bad'), fields(chain.now)))[0]).toBe(errorName);
  });

  it(`holds ${KEYS_MAX} live keys and not one more; ids are never given twice`, () => {
    const chain = new DidChain();
    const id = chain.register(device);
    for (let i = 2; i <= KEYS_MAX; i++) expect(chain.addKey(id, p256Key(`key ${i}`))).toBe(i);
    expect(reverted(() => chain.addKey(id, p256Key('one more')))).toEqual(['TooManyKeys', [16n]]);
    chain.call('revokeKey', [id, 5, chain.direct()]);
    expect(chain.addKey(id, p256Key('one more'))).toBe(17);
    expect(chain.resolve(id).keyIds).toEqual([1, 2, 3, 4, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17]);
    // A full house can still rotate.
    rotate(
      chain,
      id,
      17,
      p256Key('rotated'),
      {},
      chain.signed(OWNER, 'RotateKey', id, rotationValues(chain, 17, p256Key('rotated'))),
    );
    expect(chain.resolve(id).keys).toHaveLength(16);
  });

  it('a device replaces its own key without its controller, but may not make it wider or longer', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const key = ed25519Key('limited');
    const limits = { purposes: PURPOSE.ASSERT, validUntil: chain.now + 500n };
    chain.addKey(id, key, limits);
    const next = p256Key('next');
    const attempt = (fields: Partial<KeyArgs>) =>
      reverted(() => rotate(chain, id, 2, next, fields, byOldKey(chain, id, 2, key, next, fields)))[0];
    expect(attempt({ ...limits, purposes: PURPOSE.ASSERT | PURPOSE.INVOKE })).toBe('KeyNotNarrower');
    expect(attempt({ ...limits, validUntil: 0n })).toBe('KeyNotNarrower');
    expect(attempt({ ...limits, validUntil: chain.now + 501n })).toBe('KeyNotNarrower');
    expect(attempt(limits)).toBe('nothing reverted');
    expect(isValid(chain, id, 3, next)).toBe(true);
  });

  it('an old key cannot replace another key, nor act when revoked, expired or suspended', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const key = ed25519Key('second');
    chain.addKey(id, key, { validUntil: chain.now + 100n });
    const next = p256Key('next');
    const fields = { validUntil: chain.now + 100n };
    const wrongKey = { ...byOldKey(chain, id, 1, key, next, fields) };
    expect(reverted(() => rotate(chain, id, 1, next, fields, wrongKey))[0]).toBe('InvalidSignature');
    const otherId = { ...byOldKey(chain, id, 2, key, next, fields) };
    expect(reverted(() => rotate(chain, id, 1, next, fields, otherId))[0]).toBe('Unauthorized');
    chain.call('suspend', [id, `0x${'00'.repeat(32)}`]);
    expect(reverted(() => rotate(chain, id, 2, next, fields, byOldKey(chain, id, 2, key, next, fields)))[0]).toBe(
      'InvalidSignature',
    );
    chain.call('resume', [id, chain.direct()]);
    chain.host.timestampSeconds += 100n;
    const late = { validUntil: 0n };
    expect(reverted(() => rotate(chain, id, 2, next, late, byOldKey(chain, id, 2, key, next, late)))[0]).toBe(
      'InvalidSignature',
    );
  });

  it('revokeKey refuses what is not a live key', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    for (const keyId of [0, 2, 0xffffffff]) {
      expect(reverted(() => chain.call('revokeKey', [id, keyId, chain.direct()]))).toEqual(['UnknownKey', [id, keyId]]);
    }
    chain.call('revokeKey', [id, 1, chain.direct()]);
    expect(reverted(() => chain.call('revokeKey', [id, 1, chain.direct()]))[0]).toBe('UnknownKey');
    expect(isValid(chain, id, 1, device)).toBe(false);
  });

  it('an identity that controls itself by keys keeps one that may act', () => {
    const chain = new DidChain();
    const key = passkey('person');
    const self = chain.addressOf(chain.identityOf(key));
    const id = chain.register(key, { controller: self });
    const act = (name: string, values: object) => chain.signedByKey(key, 1, id, name, id, () => ({ ...values }));
    expect(reverted(() => chain.call('revokeKey', [id, 1, act('RevokeKey', { keyId: 1 })]))).toEqual([
      'LastControllingKey',
      [id],
    ]);
    const next = passkey('person, new phone');
    const weak = byOldKey(chain, id, 1, key, next);
    expect(reverted(() => rotate(chain, id, 1, next, {}, weak))[0]).toBe('LastControllingKey');
    const fields = { purposes: 11 };
    expect(rotate(chain, id, 1, next, fields, byOldKey(chain, id, 1, key, next, fields))).toBe(2);
    const auth = chain.signedByKey(next, 2, id, 'SetPayee', id, () => ({ payee: bytesToHex(OWNER.address) }));
    chain.call('setPayee', [id, bytesToHex(OWNER.address), auth]);
    expect(chain.resolve(id).payee.toLowerCase()).toBe(bytesToHex(OWNER.address));
  });

  it('BabyJubJub keys may carry the ZK purpose', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    expect(chain.addKey(id, babyJubJubKey('zk'), { purposes: PURPOSE.ZK })).toBe(2);
  });

  it('isValidSignature answers false, and never reverts, for anything malformed', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const good = keyedSignature(1, device.signDigest(DIGEST));
    const ask = (sig: Uint8Array, identity: string = id) =>
      chain.call('isValidSignature', [identity, 2, bytesToHex(DIGEST), bytesToHex(sig)]);
    expect(ask(good)).toBe(true);
    for (let length = 0; length < good.length; length++) expect(ask(good.slice(0, length))).toBe(false);
    expect(ask(good, bytesToHex(STRANGER.address))).toBe(false);
    expect(ask(new Uint8Array(1_024).fill(0xff))).toBe(false);
    expect(ask(keyedSignature(2, device.signDigest(DIGEST)))).toBe(false);
  });

  it('key id 0 stands for the account of an identity that nobody registered', () => {
    const chain = new DidChain();
    const id = bytesToHex(STRANGER.address);
    const sig = bytesToHex(keyedSignature(0, STRANGER.key.signDigest(DIGEST)));
    expect(chain.call('isValidSignature', [id, 1, bytesToHex(DIGEST), sig])).toBe(true);
    expect(chain.call('isValidSignature', [id, PURPOSE.ZK, bytesToHex(DIGEST), sig])).toBe(false);
    chain.register(STRANGER.key);
    expect(chain.call('isValidSignature', [id, 1, bytesToHex(DIGEST), sig])).toBe(false);
    expect(isValid(chain, id, 1, STRANGER.key)).toBe(true);
  });
});

function rotationValues(chain: DidChain, oldKeyId: number, key: TestKey): Record<string, unknown> {
  return chain.keyValues(keyArgs(key), { oldKeyId });
}
