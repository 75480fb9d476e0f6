import { getAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { DEVICE_DID_ADDRESS } from '../../../precompiles/did/contract.ts';
import { KEY_TYPE, STATUS } from '../../../precompiles/did/types.ts';
import { bytesToHex, concatBytes, ZERO_ADDRESS } from '../../../primitives/bytes.ts';
import { babyJubJubKey, ed25519Key, KEY_KINDS, type KeyKind, p256Key, secp256k1Key } from '../support/deviceKeys.ts';
import { type AuthInput, BUYER, DidChain, OWNER, RELAYER, reverted, STRANGER, ZERO_HEX } from '../support/didChain.ts';

const KINDS = Object.keys(KEY_KINDS) as KeyKind[];
const device = p256Key('device');

describe('register', () => {
  it.each(KINDS)('takes a device with a %s key', (kind) => {
    const chain = new DidChain();
    const key = KEY_KINDS[kind]('device');
    const id = chain.register(key, {}, { valueWei: 5n });
    expect(id).toBe(getAddress(chain.identityOf(key)));
    const { status, controller, payee, created, version, keys, keyIds } = chain.resolve(id);
    expect({ status, created, version, keyIds }).toEqual({
      status: STATUS.ACTIVE,
      created: chain.now,
      version: 1n,
      keyIds: [1],
    });
    expect([controller, payee]).toEqual([getAddress(bytesToHex(OWNER.address)), getAddress(bytesToHex(OWNER.address))]);
    expect(keys).toEqual([
      {
        keyType: key.keyType,
        purposes: 3,
        validFrom: chain.now,
        validUntil: 0n,
        publicKey: bytesToHex(key.publicKey),
      },
    ]);
    expect(chain.nonceOf(id)).toBe(1n);
    expect(chain.events().map(({ eventName }) => eventName)).toEqual([
      'DeviceRegistered',
      'PayeeChanged',
      'KeyAdded',
      'BondDeposited',
    ]);
  });

  it.each(KINDS)('takes a %s device with a ZK key, consent signed by the controller, sent by a relayer', (kind) => {
    const chain = new DidChain();
    const key = KEY_KINDS[kind]('device');
    const zkKey = babyJubJubKey('zk');
    const deadline = chain.now + 60n;
    const payload = chain.registerPayload(key, { zkKey }, { deadline });
    const consent: AuthInput = {
      signer: bytesToHex(OWNER.address),
      deadline,
      sig: bytesToHex(OWNER.key.sign(payload)),
    };
    const id = chain.call('register', chain.registerArgs(key, { zkKey }, consent), { from: RELAYER.address });
    expect(chain.resolve(id as `0x${string}`).keys).toMatchObject([
      { keyType: key.keyType, purposes: 3 },
      { keyType: KEY_TYPE.BABYJUBJUB, purposes: 32, publicKey: bytesToHex(zkKey.publicKey) },
    ]);
  });

  it.each(KINDS)('takes a %s key that controls itself: its proof is its consent', (kind) => {
    const chain = new DidChain();
    const key = KEY_KINDS[kind]('person');
    const self = chain.addressOf(chain.identityOf(key));
    const id = chain.register(key, { controller: self }, { from: RELAYER.address });
    expect(chain.resolve(id)).toMatchObject({ controller: id, keys: [{ purposes: 11 }] });
  });

  it('stores the document, the model and the bond', () => {
    const chain = new DidChain();
    const supply = chain.host.totalSupplyWei();
    const docHash = `0x${'d0'.repeat(32)}` as const;
    const id = chain.register(device, { docHash, docUri: 'ipfs://ü', modelHash: docHash }, { valueWei: 77n });
    expect(chain.resolve(id)).toMatchObject({ docHash, docUri: 'ipfs://ü' });
    expect(chain.call('bondOf', [id])).toEqual([77n, 0n]);
    expect(chain.host.balanceOf(DEVICE_DID_ADDRESS)).toBe(77n);
    expect(chain.host.totalSupplyWei()).toBe(supply);
  });

  it('refuses projects and endorsements until projects exist', () => {
    const chain = new DidChain();
    const projectId = `0x${'01'.repeat(32)}` as const;
    expect(reverted(() => chain.register(device, { projectId }))).toEqual(['UnknownProject', [projectId]]);
    const [r, sig, auth] = chain.registerArgs(device);
    expect(reverted(() => chain.call('register', [r, sig, auth, '0x01']))).toEqual(['UnknownProject', [ZERO_HEX]]);
  });

  it.each<[string, () => Parameters<DidChain['register']>[1], string]>([
    ['no controller', () => ({ controller: ZERO_ADDRESS, payee: OWNER.address }), 'InvalidController'],
    ['no payee', () => ({ payee: ZERO_ADDRESS }), 'InvalidPayee'],
    ['DeviceDID as payee, which could never pay out', () => ({ payee: DEVICE_DID_ADDRESS }), 'InvalidPayee'],
    ['a deadline that has passed', () => ({ deadline: 1_799_999_999n }), 'DeadlinePassed'],
    ['a ZK key of another type', () => ({ zkKey: ed25519Key('zk') }), 'InvalidPublicKey'],
    ['a controller that does not consent', () => ({ controller: BUYER.address }), 'Unauthorized'],
  ])('refuses %s', (_, input, errorName) => {
    const chain = new DidChain();
    expect(reverted(() => chain.register(device, input()))[0]).toBe(errorName);
  });

  it('takes a deadline in its last second', () => {
    const chain = new DidChain();
    expect(() => chain.register(device, { deadline: chain.now })).not.toThrow();
  });

  it('refuses unknown key types and keys that are no keys', () => {
    const chain = new DidChain();
    const args = (change: object) => {
      const [r, ...rest] = chain.registerArgs(device);
      return [{ ...(r as object), ...change }, ...rest];
    };
    const attempt = (change: object) => reverted(() => chain.call('register', args(change)));
    expect(attempt({ keyType: 0 })).toEqual(['UnknownKeyType', [0]]);
    expect(attempt({ keyType: 5 })).toEqual(['UnknownKeyType', [5]]);
    expect(attempt({ publicKey: '0x' })).toEqual(['InvalidPublicKey', [2]]);
    expect(attempt({ publicKey: `0x${'11'.repeat(64)}` })).toEqual(['InvalidPublicKey', [2]]);
    expect(attempt({ keyType: 1, publicKey: `0x${'11'.repeat(64)}` })).toEqual(['InvalidPublicKey', [1]]);
    // Small order: under this key everybody's signature would pass.
    expect(attempt({ keyType: 3, publicKey: `0x01${'00'.repeat(31)}` })).toEqual(['InvalidPublicKey', [3]]);
    // The identity of BabyJubJub, and a point outside of the prime subgroup (x = 0, y = -1).
    expect(attempt({ keyType: 4, publicKey: `0x01${'00'.repeat(31)}` })).toEqual(['InvalidPublicKey', [4]]);
    const minusOne = '000000f093f5e1439170b97948e833285d588181b64550b829a031e1724e6430';
    expect(attempt({ keyType: 4, publicKey: `0x${minusOne}` })).toEqual(['InvalidPublicKey', [4]]);
  });

  it('registers once, and each key for one identity only', () => {
    const chain = new DidChain();
    const id = chain.register(device);
    expect(reverted(() => chain.register(device))).toEqual(['AlreadyRegistered', [id]]);
    const zkKey = babyJubJubKey('zk');
    const first = chain.register(ed25519Key('a'), { zkKey });
    expect(reverted(() => chain.register(ed25519Key('b'), { zkKey }))).toEqual(['KeyInUse', [first]]);
  });

  it('a device proof does not stand for the ZK key, nor without it', () => {
    const chain = new DidChain();
    const zkKey = babyJubJubKey('zk');
    const input = { zkKey };
    const payload = chain.registerPayload(device, input);
    const attempt = (sig: Uint8Array) => {
      const [r, , auth, endorsement] = chain.registerArgs(device, input);
      return reverted(() => chain.call('register', [r, bytesToHex(sig), auth, endorsement]))[0];
    };
    expect(attempt(device.sign(payload))).toBe('InvalidKeyProof');
    expect(attempt(zkKey.sign(payload))).toBe('InvalidKeyProof');
    expect(attempt(concatBytes(device.sign(payload), babyJubJubKey('other').sign(payload)))).toBe('InvalidKeyProof');
    expect(attempt(concatBytes(p256Key('other').sign(payload), zkKey.sign(payload)))).toBe('InvalidKeyProof');
  });

  it('an account that made its identity by acting may register it later', () => {
    const chain = new DidChain();
    const id = bytesToHex(STRANGER.address);
    chain.call('setPayee', [id, bytesToHex(BUYER.address), chain.direct(STRANGER.address)], { from: STRANGER.address });
    expect(chain.resolve(id)).toMatchObject({ status: STATUS.ACTIVE, controller: getAddress(id), keys: [] });
    const registered = chain.register(secp256k1Key('stranger'), { controller: OWNER.address });
    expect(registered).toBe(getAddress(id));
    expect(chain.resolve(id)).toMatchObject({ controller: getAddress(bytesToHex(OWNER.address)), ownershipEpoch: 1n });
    expect(chain.events().map(({ eventName }) => eventName)).toContain('ControllerChanged');
  });

  it('identityOf: the address of a secp256k1 key, a tagged hash of every other', () => {
    const chain = new DidChain();
    expect(chain.identityOf(secp256k1Key('owner'))).toBe(getAddress(bytesToHex(OWNER.address)));
    const identities = KINDS.filter((kind) => kind !== 'passkey').map((kind) => chain.identityOf(KEY_KINDS[kind]('x')));
    expect(new Set(identities).size).toBe(4);
    expect(reverted(() => chain.call('identityOf', [9, '0x']))).toEqual(['UnknownKeyType', [9]]);
  });
});
