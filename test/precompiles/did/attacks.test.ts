// Each row of the attack table that concerns identities, as the attack itself (research: devices.md §3.14).
import { getAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { keyHashOf, keyOwner } from '../../../precompiles/did/storage.ts';
import { STATUS } from '../../../precompiles/did/types.ts';
import { bigIntToFixedBytes, bytesToBigInt, bytesToHex, concatBytes, toHash } from '../../../primitives/bytes.ts';
import { P256_N } from '../../../primitives/crypto/p256.ts';
import { babyJubJubKey, ed25519Key, KEY_KINDS, type KeyKind, p256Key, secp256k1Key } from '../support/deviceKeys.ts';
import {
  BUYER,
  DidChain,
  keyArgs,
  keyedSignature,
  OWNER,
  RELAYER,
  reverted,
  STRANGER,
  ZERO_HEX,
} from '../support/didChain.ts';

const KINDS = Object.keys(KEY_KINDS) as KeyKind[];
const device = p256Key('device');
const owner = bytesToHex(OWNER.address);
const buyer = bytesToHex(BUYER.address);
const stranger = bytesToHex(STRANGER.address);

describe('attacks', () => {
  it.each(KINDS)('Cross-chain / fork replay: a %s registration is worth nothing on another chain or fork', (kind) => {
    const home = new DidChain();
    const args = home.registerArgs(KEY_KINDS[kind]('device'));
    const fork = new DidChain();
    fork.host.genesisHash = toHash(new Uint8Array(32).fill(0x48));
    expect(reverted(() => fork.call('register', args))[0]).toBe('InvalidKeyProof');
    const other = new DidChain();
    other.host.chainId = 1n;
    expect(reverted(() => other.call('register', args))[0]).toBe('InvalidKeyProof');
    expect(reverted(() => home.call('register', args))[0]).toBe('nothing reverted');
  });

  it('Cross-action replay: a signature for one action is none for another with the same fields', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    chain.call('suspend', [id, ZERO_HEX]);
    const resume = chain.signed(OWNER, 'Resume', id, {});
    expect(reverted(() => chain.call('deactivate', [id, resume]))[0]).toBe('InvalidSignature');
    const propose = chain.signed(OWNER, 'ProposeController', id, { next: stranger });
    expect(reverted(() => chain.call('setPayee', [id, stranger, propose]))[0]).toBe('InvalidSignature');
    const k = keyArgs(ed25519Key('new'));
    const added = chain.keyProof(ed25519Key('new'), k, 'AddKey', id);
    expect(reverted(() => chain.call('rotateKey', [id, 1, k, added, chain.direct()]))[0]).toBe('InvalidKeyProof');
  });

  it('Old-signature replay after undo: pair, unpair, replay', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const until = chain.now + 900n;
    const pair = chain.signed(OWNER, 'AddDelegate', id, { delegate: stranger, purposes: 3, until });
    chain.call('addDelegate', [id, stranger, 3, until, pair]);
    chain.call('revokeDelegate', [id, stranger, chain.direct()]);
    expect(reverted(() => chain.call('addDelegate', [id, stranger, 3, until, pair]))[0]).toBe('InvalidSignature');
  });

  it('Old-signature replay after undo: what was signed and not used dies with any later change', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const unused = chain.signed(OWNER, 'SetPayee', id, { payee: stranger });
    chain.call('setPayee', [id, buyer, chain.direct()]);
    expect(reverted(() => chain.call('setPayee', [id, stranger, unused]))[0]).toBe('InvalidSignature');
    const kept = chain.signed(OWNER, 'SetPayee', id, { payee: stranger });
    for (const [from, to] of [
      [OWNER, BUYER],
      [BUYER, OWNER],
    ] as const) {
      chain.call('proposeController', [id, bytesToHex(to.address), chain.direct(from.address)], { from: from.address });
      chain.call('acceptController', [id, chain.direct(to.address)], { from: to.address });
    }
    expect(reverted(() => chain.call('setPayee', [id, stranger, kept]))[0]).toBe('InvalidSignature');
  });

  it.each<[string, Record<string, unknown>]>([
    ['payee', { payee: stranger }],
    ['controller', { controller: stranger }],
    ['docHash', { docHash: `0x${'01'.repeat(32)}` }],
    ['docUri', { docUri: 'ipfs://other' }],
    ['modelHash', { modelHash: `0x${'01'.repeat(32)}` }],
    ['deadline', { deadline: 2_000_000_000n }],
    ['zkPublicKey', { zkPublicKey: bytesToHex(babyJubJubKey('swapped').publicKey) }],
  ])('Unbound arguments: %s cannot be exchanged under the device signature', (field, change) => {
    const chain = new DidChain();
    const input = { zkKey: babyJubJubKey('zk'), docUri: 'ipfs://doc' };
    const [r, sig, , endorsement] = chain.registerArgs(device, input);
    const altered = { ...(r as Record<string, unknown>), ...change };
    const from = field === 'controller' ? STRANGER : OWNER;
    const args = [altered, sig, chain.direct(from.address), endorsement];
    expect(reverted(() => chain.call('register', args, { from: from.address }))[0]).toBe('InvalidKeyProof');
  });

  it('S26: Signature malleability: the mirrored signature is valid and buys nothing', () => {
    const chain = new DidChain();
    const [r, sig, auth, endorsement] = chain.registerArgs(device);
    const bytes = Buffer.from((sig as string).slice(2), 'hex');
    const mirrored = concatBytes(
      bytes.subarray(0, 32),
      bigIntToFixedBytes(P256_N - bytesToBigInt(bytes.subarray(32, 64)), 32),
    );
    const id = chain.call('register', [r, bytesToHex(mirrored), auth, endorsement]);
    expect(reverted(() => chain.call('register', [r, sig, auth, endorsement]))).toEqual(['AlreadyRegistered', [id]]);
  });

  it('Stolen device key: it cannot move ownership or payee, and the controller ends it', () => {
    const chain = new DidChain();
    const key = secp256k1Key('device account');
    const id = chain.register(key);
    const thief = chain.addressOf(id);
    const asThief = (name: string, args: readonly unknown[]) =>
      reverted(() => chain.call(name, [id, ...args, chain.direct(thief)], { from: thief }))[0];
    expect(asThief('setPayee', [id])).toBe('Unauthorized');
    expect(asThief('proposeController', [id])).toBe('Unauthorized');
    expect(asThief('deactivate', [])).toBe('Unauthorized');
    const signedByDevice = chain.signedByKey(key, 1, id, 'SetPayee', id, () => ({ payee: id }));
    expect(reverted(() => chain.call('setPayee', [id, id, signedByDevice]))[0]).toBe('Unauthorized');
    chain.call('revokeKey', [id, 1, chain.direct()]);
    const digest = new Uint8Array(32).fill(1);
    const sig = bytesToHex(keyedSignature(1, key.signDigest(digest)));
    expect(chain.call('isValidSignature', [id, 2, bytesToHex(digest), sig])).toBe(false);
  });

  it('Stolen controller key: a transfer needs the receiver too, and can be taken back until then', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const theft = chain.signed(OWNER, 'ProposeController', id, { next: stranger });
    chain.call('proposeController', [id, stranger, theft], { from: STRANGER.address });
    expect(chain.resolve(id).controller).toBe(getAddress(owner));
    chain.call('proposeController', [id, `0x${'00'.repeat(20)}`, chain.direct()]);
    const accept = () =>
      chain.call('acceptController', [id, chain.direct(STRANGER.address)], { from: STRANGER.address });
    expect(reverted(accept)[0]).toBe('NoPendingController');
  });

  it('Unauthorised write to another’s DID: rights are read in the record of the identity acted on', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const own = chain.register(
      ed25519Key('attacker device'),
      { controller: STRANGER.address },
      { from: STRANGER.address },
    );
    const asStranger = (args: readonly unknown[]) =>
      reverted(() => chain.call('setPayee', args, { from: STRANGER.address }))[0];
    expect(asStranger([id, stranger, chain.direct(STRANGER.address)])).toBe('Unauthorized');
    const forOwn = chain.signed(STRANGER, 'SetPayee', own, { payee: stranger });
    expect(asStranger([id, stranger, forOwn])).toBe('Unauthorized');
    const unmade = bytesToHex(BUYER.address);
    expect(asStranger([unmade, stranger, chain.direct(STRANGER.address)])).toBe('Unauthorized');
    expect(asStranger([unmade, stranger, chain.direct(BUYER.address)])).toBe('Unauthorized');
  });

  it('Squatting / front-running registration: copied calldata changes nothing', () => {
    const chain = new DidChain();
    const input = { controller: OWNER.address };
    const payload = chain.registerPayload(device, input);
    const consent = {
      signer: owner,
      deadline: chain.registration(device, input).deadline,
      sig: bytesToHex(OWNER.key.sign(payload)),
    };
    const args = chain.registerArgs(device, input, consent);
    const id = chain.call('register', args, { from: STRANGER.address }) as `0x${string}`;
    expect(chain.resolve(id)).toMatchObject({ controller: getAddress(owner), payee: getAddress(owner) });
    expect(id).toBe(chain.identityOf(device));
    // With the controller's own call as consent, the copy does not even run.
    const direct = chain.registerArgs(ed25519Key('another'));
    expect(reverted(() => chain.call('register', direct, { from: STRANGER.address }))[0]).toBe('Unauthorized');
  });

  it('S27: Squatting: an identity or key cannot be taken without holding the key', () => {
    const chain = new DidChain();
    const [r, , auth, endorsement] = chain.registerArgs(device, { controller: STRANGER.address });
    const forged = bytesToHex(p256Key('thief').sign(chain.registerPayload(device, { controller: STRANGER.address })));
    const attempt = () => chain.call('register', [r, forged, auth, endorsement], { from: STRANGER.address });
    expect(reverted(attempt)[0]).toBe('InvalidKeyProof');
    const id = chain.register(ed25519Key('thief device'));
    const k = keyArgs(device);
    const notHeld = chain.keyProof(p256Key('thief'), k, 'AddKey', id);
    expect(reverted(() => chain.call('addKey', [id, k, notHeld, chain.direct()]))[0]).toBe('InvalidKeyProof');
  });

  it('Deactivation undone: no action, no key, no registration brings an identity back', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    chain.call('deactivate', [id, chain.direct()]);
    expect(chain.resolve(id).status).toBe(STATUS.DEACTIVATED);
    const attempts: [string, readonly unknown[]][] = [
      ['resume', [id, chain.direct()]],
      ['suspend', [id, ZERO_HEX]],
      ['deactivate', [id, chain.direct()]],
      ['acceptController', [id, chain.direct()]],
      ['setPayee', [id, buyer, chain.direct()]],
      ['register', chain.registerArgs(device)],
    ];
    for (const [name, args] of attempts) expect(reverted(() => chain.call(name, args))[0]).toBe('IdentityDeactivated');
  });

  it('Stale reverse index: rotation frees the old key at once, deactivation never does', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const next = ed25519Key('next');
    const k = keyArgs(next);
    const ownerOfKey = (key: typeof device) =>
      bytesToHex(
        keyOwner(
          { read: (slot) => chain.host.slot(chain.precompile.address, slot) },
          keyHashOf(key.keyType, key.publicKey),
        ),
      );
    expect(getAddress(ownerOfKey(device))).toBe(id);
    chain.call('rotateKey', [id, 1, k, chain.keyProof(next, k, 'RotateKey', id, { oldKeyId: 1 }), chain.direct()]);
    expect(ownerOfKey(device)).toBe(`0x${'00'.repeat(20)}`);
    expect(getAddress(ownerOfKey(next))).toBe(id);
    // The freed key cannot bring its first identity into being again, but may join another.
    expect(reverted(() => chain.register(device))).toEqual(['AlreadyRegistered', [id]]);
    const other = chain.register(babyJubJubKey('other'));
    expect(chain.addKey(other, device)).toBe(2);
    chain.call('deactivate', [id, chain.direct()]);
    expect(reverted(() => chain.addKey(other, next))).toEqual(['KeyInUse', [id]]);
  });

  it('Grief by using others’ nonce: one identity’s actions do not move another’s', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const auth = chain.signed(OWNER, 'SetPayee', id, { payee: buyer });
    const other = chain.register(ed25519Key('other'));
    chain.call('setPayee', [other, buyer, chain.direct()]);
    expect(() => chain.call('setPayee', [id, buyer, auth], { from: RELAYER.address })).not.toThrow();
  });

  it('Unit confusion: deadlines and validity count seconds, whatever the block number', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    const auth = chain.signed(OWNER, 'SetPayee', id, { payee: buyer });
    chain.host.blockNumber = 10n ** 11n;
    expect(() => chain.call('setPayee', [id, buyer, auth])).not.toThrow();
  });

  it('Push payment blocks progress: deactivation pays nobody, so that no payee can stop it', () => {
    const chain = new DidChain();
    const id = chain.register(device, {}, { valueWei: 5n });
    const before = [...chain.host.balances];
    chain.call('deactivate', [id, chain.direct()]);
    expect([...chain.host.balances]).toEqual(before);
  });
});
