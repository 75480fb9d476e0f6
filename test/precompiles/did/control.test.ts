import { getAddress } from 'viem';
import { describe, expect, it } from 'vitest';
import { DEVICE_DID_ADDRESS } from '../../../precompiles/did/contract.ts';
import {
  BOND_DISPUTE_WINDOW_SECONDS,
  DELEGATES_MAX,
  PURPOSE,
  SERVICES_MAX,
  STATUS,
} from '../../../precompiles/did/types.ts';
import { bigIntToFixedBytes, bytesToHex } from '../../../primitives/bytes.ts';
import { account, ed25519Key, KEY_KINDS, type KeyKind, p256Key, passkey } from '../support/deviceKeys.ts';
import { BUYER, DidChain, keyedSignature, OWNER, RELAYER, reverted, STRANGER, ZERO_HEX } from '../support/didChain.ts';

const device = p256Key('device');
const owner = getAddress(bytesToHex(OWNER.address));
const buyer = getAddress(bytesToHex(BUYER.address));
const stranger = getAddress(bytesToHex(STRANGER.address));
const DIGEST = new Uint8Array(32).fill(0xd1);
const hash = (byte: string): `0x${string}` => `0x${byte.repeat(32)}`;

function registered(valueWei = 0n): { chain: DidChain; id: `0x${string}` } {
  const chain = new DidChain();
  return { chain, id: chain.register(device, {}, { valueWei }) };
}

function transfer(chain: DidChain, id: `0x${string}`, from = OWNER, to = BUYER): void {
  chain.call('proposeController', [id, bytesToHex(to.address), chain.direct(from.address)], { from: from.address });
  chain.call('acceptController', [id, chain.direct(to.address)], { from: to.address });
}

/** Every control action with values that work on a registered device. */
const ACTIONS: Record<string, { args: (chain: DidChain) => readonly unknown[]; values: (chain: DidChain) => object }> =
  {
    SetService: {
      args: () => [{ id: hash('5e'), kind: 'Hub', endpoint: 'https://a' }],
      values: () => ({ serviceId: hash('5e'), kind: 'Hub', endpoint: 'https://a' }),
    },
    SetDocument: { args: () => [hash('d0'), 'ipfs://d'], values: () => ({ docHash: hash('d0'), docUri: 'ipfs://d' }) },
    SetPayee: { args: () => [buyer], values: () => ({ payee: buyer }) },
    ProposeController: { args: () => [buyer], values: () => ({ next: buyer }) },
    AddDelegate: {
      args: (chain) => [stranger, 3, chain.now + 9n],
      values: (chain) => ({ delegate: stranger, purposes: 3, until: chain.now + 9n }),
    },
    GrantAccess: {
      args: (chain) => [stranger, 5n, chain.now + 9n, hash('7e')],
      values: (chain) => ({ grantee: stranger, scopes: 5n, until: chain.now + 9n, termsHash: hash('7e') }),
    },
    RevokeKey: { args: () => [1], values: () => ({ keyId: 1 }) },
    Deactivate: { args: () => [], values: () => ({}) },
  };
const methodOf = (action: string): string => `${(action[0] as string).toLowerCase()}${action.slice(1)}`;

describe('a controller', () => {
  it.each(Object.keys(ACTIONS))('consents to %s by calling, or by one signature that anyone may send', (action) => {
    const { args, values } = ACTIONS[action] as (typeof ACTIONS)[string];
    const direct = registered();
    direct.chain.call(methodOf(action), [direct.id, ...args(direct.chain), direct.chain.direct()]);
    expect(direct.chain.nonceOf(direct.id)).toBe(2n);
    const signed = registered();
    const auth = signed.chain.signed(OWNER, action, signed.id, { ...values(signed.chain) });
    const send = () =>
      signed.chain.call(methodOf(action), [signed.id, ...args(signed.chain), auth], { from: RELAYER.address });
    send();
    expect(signed.chain.host.slots).toEqual(direct.chain.host.slots);
    expect(reverted(send)[0]).toBe(action === 'Deactivate' ? 'IdentityDeactivated' : 'InvalidSignature');
  });

  it.each(Object.keys(ACTIONS))(
    'alone does %s: not strangers, not the device, not one who names the controller',
    (action) => {
      const { chain, id } = registered();
      const { args } = ACTIONS[action] as (typeof ACTIONS)[string];
      const attempt = (auth: object, from = STRANGER.address) =>
        reverted(() => chain.call(methodOf(action), [id, ...args(chain), auth], { from }))[0];
      expect(attempt(chain.direct(STRANGER.address))).toBe('Unauthorized');
      expect(attempt(chain.direct(OWNER.address))).toBe('Unauthorized');
      expect(attempt(chain.signedByKey(device, 1, id, action, id, () => ({ ...ACTIONS[action]?.values(chain) })))).toBe(
        'Unauthorized',
      );
      expect(attempt(chain.signed(STRANGER, action, id, { ...ACTIONS[action]?.values(chain) }))).toBe('Unauthorized');
      const forged = { ...chain.signed(STRANGER, action, id, { ...ACTIONS[action]?.values(chain) }), signer: owner };
      expect(attempt(forged)).toBe('InvalidSignature');
    },
  );

  it.each(Object.keys(KEY_KINDS) as KeyKind[])('may be an identity with a %s key', (kind) => {
    const chain = new DidChain();
    const person = KEY_KINDS[kind]('person');
    const personId = chain.identityOf(person);
    const self = chain.addressOf(personId);
    chain.register(person, { controller: self, payee: OWNER.address }, { from: RELAYER.address });
    const input = { controller: self, payee: OWNER.address };
    const consent = { signer: personId, deadline: chain.now + 3_600n, sig: '0x' as `0x${string}` };
    consent.sig = bytesToHex(keyedSignature(1, person.sign(chain.registerPayload(device, input))));
    const id = chain.call('register', chain.registerArgs(device, input, consent), {
      from: RELAYER.address,
    }) as `0x${string}`;
    expect(chain.resolve(id).controller).toBe(personId);
    const auth = chain.signedByKey(person, 1, personId, 'SetPayee', id, () => ({ payee: buyer }));
    chain.call('setPayee', [id, buyer, auth], { from: RELAYER.address });
    expect(chain.resolve(id).payee).toBe(buyer);
    const noPower = ed25519Key('no invoke');
    const addAuth = chain.signedByKey(person, 1, personId, 'AddKey', personId, chain.keyMessage(noPowerArgs(noPower)));
    chain.call('addKey', [
      personId,
      noPowerArgs(noPower),
      chain.keyProof(noPower, noPowerArgs(noPower), 'AddKey', personId),
      addAuth,
    ]);
    const weak = chain.signedByKey(noPower, 2, personId, 'SetPayee', id, () => ({ payee: owner }));
    expect(reverted(() => chain.call('setPayee', [id, owner, weak]))[0]).toBe('InvalidSignature');
  });

  it('takes a deadline in its last second, and not after', () => {
    const { chain, id } = registered();
    const deadline = chain.now + 5n;
    const auth = chain.signed(OWNER, 'SetPayee', id, { payee: buyer }, { deadline });
    chain.host.timestampSeconds = deadline + 1n;
    expect(reverted(() => chain.call('setPayee', [id, buyer, auth]))).toEqual([
      'DeadlinePassed',
      [deadline, deadline + 1n],
    ]);
    chain.host.timestampSeconds = deadline;
    expect(() => chain.call('setPayee', [id, buyer, auth])).not.toThrow();
  });
});

function noPowerArgs(key: ReturnType<typeof ed25519Key>) {
  return { keyType: 3, purposes: PURPOSE.AUTH, validFrom: 0n, validUntil: 0n, publicKey: bytesToHex(key.publicKey) };
}

describe('a transfer', () => {
  it('takes two steps; grants and delegates end, future pay goes to the new controller', () => {
    const { chain, id } = registered();
    chain.call('grantAccess', [id, stranger, 7n, chain.now + 999n, ZERO_HEX, chain.direct()]);
    chain.call('addDelegate', [id, stranger, 3, chain.now + 999n, chain.direct()]);
    expect(chain.call('hasAccess', [id, stranger, 5n])).toBe(true);
    chain.call('proposeController', [id, buyer, chain.direct()]);
    expect(chain.call('pendingControllerOf', [id])).toBe(buyer);
    expect(chain.resolve(id).controller).toBe(owner);
    expect(reverted(() => chain.call('acceptController', [id, chain.direct()]))[0]).toBe('Unauthorized');
    const accept = chain.signed(BUYER, 'AcceptController', id, { controller: buyer });
    chain.call('acceptController', [id, accept], { from: RELAYER.address });
    expect(chain.resolve(id)).toMatchObject({ controller: buyer, payee: buyer, ownershipEpoch: 1n });
    expect(chain.call('stateOf', [id])).toEqual([STATUS.ACTIVE, buyer, buyer, 5n, 1n]);
    expect(chain.call('hasAccess', [id, stranger, 5n])).toBe(false);
    expect(chain.call('delegateOf', [id, stranger])).toEqual([0, 0n]);
    const sig = bytesToHex(keyedSignature(0, STRANGER.key.signDigest(DIGEST)));
    expect(chain.call('isValidSignature', [id, 1, bytesToHex(DIGEST), sig])).toBe(false);
    expect(reverted(() => chain.call('setPayee', [id, owner, chain.direct()]))[0]).toBe('Unauthorized');
    expect(reverted(() => chain.call('acceptController', [id, accept]))[0]).toBe('NoPendingController');
  });

  it('can be taken back, and proposes somebody else', () => {
    const { chain, id } = registered();
    expect(reverted(() => chain.call('proposeController', [id, owner, chain.direct()]))[0]).toBe('InvalidController');
    chain.call('proposeController', [id, buyer, chain.direct()]);
    chain.call('proposeController', [id, `0x${'00'.repeat(20)}`, chain.direct()]);
    const attempt = () => chain.call('acceptController', [id, chain.direct(BUYER.address)], { from: BUYER.address });
    expect(reverted(attempt)[0]).toBe('NoPendingController');
  });
});

describe('services and document', () => {
  const service = (n: number, endpoint = `https://${n}`) => ({ id: hash(`0${n}`), kind: 'Hub', endpoint });

  it(`holds ${SERVICES_MAX} services and not one more; one can be replaced and removed`, () => {
    const { chain, id } = registered();
    for (let n = 1; n <= SERVICES_MAX; n++) chain.call('setService', [id, service(n), chain.direct()]);
    expect(reverted(() => chain.call('setService', [id, service(9), chain.direct()]))).toEqual([
      'TooManyServices',
      [8n],
    ]);
    chain.call('setService', [id, service(2, 'x'.repeat(512)), chain.direct()]);
    expect(chain.resolve(id).services[1]).toEqual(service(2, 'x'.repeat(512)));
    chain.call('removeService', [id, hash('02'), chain.direct()]);
    expect(chain.resolve(id).services.map((entry) => entry.id)).toEqual(
      ['01', '08', '03', '04', '05', '06', '07'].map(hash),
    );
    expect(reverted(() => chain.call('removeService', [id, hash('02'), chain.direct()]))[0]).toBe('UnknownService');
    chain.call('setService', [id, service(9), chain.direct()]);
  });

  it.each([
    ['no id', { id: ZERO_HEX, kind: 'a', endpoint: 'b' }],
    ['no kind', { id: hash('01'), kind: '', endpoint: 'b' }],
    ['no endpoint', { id: hash('01'), kind: 'a', endpoint: '' }],
  ])('refuses a service with %s', (_, bad) => {
    const { chain, id } = registered();
    expect(reverted(() => chain.call('setService', [id, bad, chain.direct()]))[0]).toBe('InvalidService');
  });

  it('removing everything leaves no slot behind but the head', () => {
    const { chain, id } = registered();
    const count = () => [...chain.host.slots.values()].filter((value) => value !== 0n).length;
    const before = count();
    chain.call('setService', [id, service(1, 'x'.repeat(300)), chain.direct()]);
    chain.call('setDocument', [id, hash('d0'), 'u'.repeat(256), chain.direct()]);
    chain.call('removeService', [id, hash('01'), chain.direct()]);
    chain.call('setDocument', [id, ZERO_HEX, '', chain.direct()]);
    expect(count()).toBe(before);
  });
});

describe('delegates and grants', () => {
  const who = (n: number) => bytesToHex(bigIntToFixedBytes(BigInt(n), 20));

  it(`holds ${DELEGATES_MAX} delegates per ownership and not one more`, () => {
    const { chain, id } = registered();
    const add = (n: number) => chain.call('addDelegate', [id, who(n), 1, chain.now + 9n, chain.direct()]);
    for (let n = 1; n <= DELEGATES_MAX; n++) add(n);
    expect(reverted(() => add(33))).toEqual(['TooManyDelegates', [32n]]);
    add(32); // renewing one is no new one
    chain.call('revokeDelegate', [id, who(3), chain.direct()]);
    expect(reverted(() => chain.call('revokeDelegate', [id, who(3), chain.direct()]))[0]).toBe('UnknownDelegate');
    add(33);
    transfer(chain, id);
    const auth = chain.direct(BUYER.address);
    chain.call('addDelegate', [id, who(40), 1, chain.now + 9n, auth], { from: BUYER.address });
    expect(reverted(() => chain.call('revokeDelegate', [id, who(1), auth], { from: BUYER.address }))[0]).toBe(
      'UnknownDelegate',
    );
  });

  it('a delegate signs for its purposes, until it expires', () => {
    const { chain, id } = registered();
    chain.call('addDelegate', [id, stranger, PURPOSE.ASSERT, chain.now + 10n, chain.direct()]);
    const sig = bytesToHex(keyedSignature(0, STRANGER.key.signDigest(DIGEST)));
    const ask = (purpose: number) => chain.call('isValidSignature', [id, purpose, bytesToHex(DIGEST), sig]);
    expect([ask(PURPOSE.ASSERT), ask(PURPOSE.AUTH)]).toEqual([true, false]);
    chain.host.timestampSeconds += 9n;
    expect(ask(PURPOSE.ASSERT)).toBe(true);
    chain.host.timestampSeconds += 1n;
    expect(ask(PURPOSE.ASSERT)).toBe(false);
  });

  it.each([
    ['nobody', [`0x${'00'.repeat(20)}`, 1, 9n], 'InvalidDelegate'],
    ['without purpose', [stranger, 0, 9n], 'InvalidPurposes'],
    ['with an unknown purpose', [stranger, 128, 9n], 'InvalidPurposes'],
    ['that has expired', [stranger, 1, 0n], 'InvalidExpiry'],
  ] as const)('refuses a delegate %s', (_, [delegate, purposes, seconds], errorName) => {
    const { chain, id } = registered();
    const args = [id, delegate, purposes, chain.now + seconds, chain.direct()];
    expect(reverted(() => chain.call('addDelegate', args))[0]).toBe(errorName);
  });

  it('a grant covers its scopes until it expires or is taken away', () => {
    const { chain, id } = registered();
    const grant = (scopes: bigint, until: bigint) =>
      chain.call('grantAccess', [id, stranger, scopes, until, hash('7e'), chain.direct()]);
    grant(5n, chain.now + 10n);
    const ask = (scope: bigint) => chain.call('hasAccess', [id, stranger, scope]);
    expect([ask(1n), ask(4n), ask(5n), ask(7n), ask(0n)]).toEqual([true, true, true, false, false]);
    expect(chain.call('hasAccess', [id, buyer, 1n])).toBe(false);
    chain.host.timestampSeconds += 10n;
    expect(ask(1n)).toBe(false);
    grant(5n, chain.now + 10n);
    grant(0n, 0n);
    expect(ask(1n)).toBe(false);
    expect(reverted(() => grant(1n, chain.now))[0]).toBe('InvalidExpiry');
    const nobody = [id, `0x${'00'.repeat(20)}`, 1n, chain.now + 1n, ZERO_HEX, chain.direct()];
    expect(reverted(() => chain.call('grantAccess', nobody))[0]).toBe('InvalidGrantee');
  });
});

describe('status', () => {
  const valid = (chain: DidChain, id: string) =>
    chain.call('isValidSignature', [
      id,
      2,
      bytesToHex(DIGEST),
      bytesToHex(keyedSignature(1, device.signDigest(DIGEST))),
    ]);

  it('suspension stops the keys and can be lifted', () => {
    const { chain, id } = registered();
    expect(reverted(() => chain.call('suspend', [id, ZERO_HEX], { from: STRANGER.address }))[0]).toBe('Unauthorized');
    expect(reverted(() => chain.call('resume', [id, chain.direct()]))).toEqual(['WrongStatus', [id, STATUS.ACTIVE]]);
    chain.call('suspend', [id, hash('0e')]);
    expect(chain.resolve(id).status).toBe(STATUS.SUSPENDED);
    expect(valid(chain, id)).toBe(false);
    expect(reverted(() => chain.call('suspend', [id, ZERO_HEX]))).toEqual(['WrongStatus', [id, STATUS.SUSPENDED]]);
    chain.call('resume', [id, chain.signed(OWNER, 'Resume', id, {})], { from: RELAYER.address });
    expect(valid(chain, id)).toBe(true);
  });

  it('the bond comes back to the payee, a dispute window after deactivation, once, whoever asks', () => {
    const { chain, id } = registered(900n);
    const supply = chain.host.totalSupplyWei();
    chain.call('setPayee', [id, `0x${'77'.repeat(20)}`, chain.direct()]);
    expect(reverted(() => chain.call('withdrawBond', [id]))[0]).toBe('IdentityNotDeactivated');
    chain.call('deactivate', [id, chain.direct()]);
    const withdrawableAt = chain.now + BOND_DISPUTE_WINDOW_SECONDS;
    expect(chain.call('bondOf', [id])).toEqual([900n, withdrawableAt]);
    chain.host.timestampSeconds = withdrawableAt - 1n;
    expect(reverted(() => chain.call('withdrawBond', [id]))).toEqual(['BondLocked', [withdrawableAt]]);
    chain.host.timestampSeconds = withdrawableAt;
    chain.call('withdrawBond', [id], { from: STRANGER.address });
    expect(chain.host.balanceOf(new Uint8Array(20).fill(0x77) as never)).toBe(900n);
    expect(chain.host.balanceOf(DEVICE_DID_ADDRESS)).toBe(0n);
    expect(chain.host.totalSupplyWei()).toBe(supply);
    expect(reverted(() => chain.call('withdrawBond', [id]))[0]).toBe('NoBond');
  });

  it('resolves an identity that nobody made: controlled and paid by its own address', () => {
    const chain = new DidChain();
    const nobody = getAddress(bytesToHex(account('nobody').address));
    expect(chain.resolve(nobody)).toMatchObject({
      status: STATUS.NONE,
      controller: nobody,
      payee: nobody,
      version: 0n,
      keys: [],
    });
    expect(chain.call('stateOf', [nobody])).toEqual([STATUS.NONE, nobody, nobody, 0n, 0n]);
    expect(chain.call('bondOf', [nobody])).toEqual([0n, 0n]);
    expect(chain.call('delegateOf', [nobody, owner])).toEqual([0, 0n]);
    expect(chain.call('hasAccess', [nobody, owner, 1n])).toBe(false);
  });

  it('a passkey cannot be borrowed for a suspended controller identity', () => {
    const chain = new DidChain();
    const person = passkey('person');
    const personId = chain.register(person, { controller: OWNER.address });
    expect(chain.resolve(personId).keys[0]?.purposes).toBe(3);
    const input = { controller: chain.addressOf(personId), payee: OWNER.address };
    const consent = { signer: personId, deadline: chain.now + 3_600n, sig: '0x' as `0x${string}` };
    consent.sig = bytesToHex(keyedSignature(1, person.sign(chain.registerPayload(device, input))));
    expect(reverted(() => chain.call('register', chain.registerArgs(device, input, consent)))[0]).toBe(
      'InvalidSignature',
    );
  });
});
