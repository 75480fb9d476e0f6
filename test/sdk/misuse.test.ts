// What a careless or hostile client can send: every attack on identities that devices meet, refused by name on a real node.
import { type Address, decodeErrorResult, encodeFunctionData, type Hex, hexToBytes, parseEther, toHex } from 'viem';
import { estimateGas } from 'viem/actions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceDidAbi } from '../../precompiles/did/abi.ts';
import { PURPOSE } from '../../precompiles/did/types.ts';
import { P256_N } from '../../primitives/crypto/p256.ts';
import { defineGnomonChain } from '../../sdk/chain.ts';
import { prepareControl } from '../../sdk/control.ts';
import { accountController, delegateController, keyController } from '../../sdk/controllers.ts';
import { DEVICE_DID_ADDRESS } from '../../sdk/deviceDid.ts';
import type { DeviceSigner } from '../../sdk/deviceSigner.ts';
import { deviceErrorOf } from '../../sdk/errors.ts';
import { passkeySigner } from '../../sdk/passkey.ts';
import { generateBabyJubJubSigner } from '../../sdk/signers/babyJubJub.ts';
import { generateEd25519Signer } from '../../sdk/signers/ed25519.ts';
import { generateP256Signer } from '../../sdk/signers/p256.ts';
import { generateSecp256k1Signer } from '../../sdk/signers/secp256k1.ts';
import { createSoftwarePasskey } from '../../sdk/signers/softwarePasskey.ts';
import { actionPayload, type SigningPayload } from '../../sdk/typedData.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { BUYER, clientOf, mined, OWNER, RELAYER, refusal, STRANGER, type TestClient } from './support/clients.ts';

let dev: DevNode;
let owner: TestClient;
let relayer: TestClient;
let stranger: TestClient;

beforeAll(async () => {
  dev = await startDevNode();
  owner = clientOf(dev.rpc.url, OWNER);
  relayer = clientOf(dev.rpc.url, RELAYER);
  stranger = clientOf(dev.rpc.url, STRANGER);
});
afterAll(() => dev.stop());

const KINDS: readonly (readonly [string, () => DeviceSigner])[] = [
  ['secp256k1', generateSecp256k1Signer],
  ['P-256', generateP256Signer],
  ['a passkey', () => passkeySigner(createSoftwarePasskey({ rpId: 'gnomon.example' }))],
  ['Ed25519', generateEd25519Signer],
  ['BabyJubJub', generateBabyJubJubSigner],
];

/** A device that is made to sign something else than what it is asked for. */
function signing(device: DeviceSigner, change: (payload: SigningPayload) => SigningPayload): DeviceSigner {
  return { ...device, sign: (payload) => device.sign(change(payload)) };
}

async function registered(device: DeviceSigner = generateP256Signer()): Promise<Address> {
  const sent = await owner.registerDevice({ device });
  await mined(owner, sent);
  return sent.identity;
}

const controller = accountController(OWNER);
const payee = STRANGER.address;

describe.each(KINDS)('registration with a key of %s', (_, generate) => {
  it.each([
    ['another chain', { chainId: 4767 }],
    ['a fork of this chain, of equal id', { genesisHash: `0x${'ab'.repeat(32)}` as Hex }],
  ])('signed for %s is refused', async (__, other) => {
    const device = generate();
    const { registration, identity } = await owner.prepareRegistration({ device, controller: OWNER.address });
    const domain = { ...(await owner.readSigningDomain()), ...other };
    const { deadline } = registration;
    const elsewhere = actionPayload(domain, {
      type: 'Register',
      message: (hashOf) => ({
        ...registration,
        identity,
        pubKeyHash: hashOf(hexToBytes(registration.publicKey)),
        zkKeyHash: hashOf(new Uint8Array()),
        docUriHash: hashOf(new Uint8Array()),
        nonce: 0n,
      }),
    });
    const attempt = owner.registerDevice({ device: signing(device, () => elsewhere), deadline });
    expect(await refusal(attempt)).toBe('InvalidKeyProof');
  });

  it('by copied calldata gives a thief nothing', async () => {
    const device = generate();
    const signed = await owner.signRegistration({ device, controller });
    const [registration, deviceSig, , endorsement] = signed.args;
    const own = { signer: STRANGER.address, deadline: registration.deadline, sig: '0x' } as const;
    const stolen = { ...registration, controller: STRANGER.address };
    const redirected = { ...registration, payee: STRANGER.address };
    const submit = (args: typeof signed.args) =>
      refusal(stranger.submitRegistration({ signed: { identity: signed.identity, args } }));
    expect(await submit([stolen, deviceSig, own, endorsement])).toBe('InvalidKeyProof');
    expect(await submit([redirected, deviceSig, signed.args[2], endorsement])).toBe('InvalidKeyProof');
    expect(await submit([registration, deviceSig, own, endorsement])).toBe('Unauthorized');
    // Sent as it is, it registers the device for its owner; a second time it does not.
    await mined(stranger, stranger.submitRegistration({ signed }));
    expect((await owner.resolveDevice(signed)).controller).toBe(OWNER.address);
    expect(await submit(signed.args)).toBe('AlreadyRegistered');
  });

  it('past its deadline is refused', async () => {
    const { timestamp } = await owner.getBlock();
    expect(await refusal(owner.registerDevice({ device: generate(), deadline: timestamp - 1n }))).toBe(
      'DeadlinePassed',
    );
  });

  it('a stolen device key moves neither payee nor ownership, and cannot widen itself', async () => {
    const device = generate();
    const identity = await registered(device);
    const thief = keyController({ identity, keyId: 1, signer: device });
    expect(await refusal(stranger.setPayee({ identity, payee, controller: thief }))).toBe('Unauthorized');
    expect(await refusal(stranger.proposeController({ identity, next: payee, controller: thief }))).toBe(
      'Unauthorized',
    );
    expect(await refusal(stranger.deactivate({ identity, controller: thief }))).toBe('Unauthorized');
    const wider = { oldKeyId: 1, newKey: generate(), purposes: PURPOSE.AUTH | PURPOSE.INVOKE };
    expect(await refusal(stranger.rotateKey({ identity, ...wider, controller: thief }))).toBe('KeyNotNarrower');
    const another = keyController({ identity, keyId: 1, signer: generate() });
    const narrow = { oldKeyId: 1, newKey: generate() };
    expect(await refusal(stranger.rotateKey({ identity, ...narrow, controller: another }))).toMatch(
      /^(InvalidSignature|Unauthorized)$/,
    );
  });

  it('a key that its sender does not hold joins no identity', async () => {
    const identity = await registered();
    const victim = generate();
    const forged = { ...victim, sign: (payload: SigningPayload) => generate().sign(payload) };
    expect(await refusal(owner.addKey({ identity, newKey: forged }))).toBe('InvalidKeyProof');
    expect(await refusal(owner.registerDevice({ device: forged }))).toBe('InvalidKeyProof');
  });

  it('a live key belongs to one identity; a rotated one is free again', async () => {
    const device = generate();
    const identity = await registered(device);
    const other = await registered();
    expect(await refusal(owner.addKey({ identity: other, newKey: device }))).toBe('KeyInUse');
    await mined(owner, owner.rotateKey({ identity, oldKeyId: 1, newKey: generate() }));
    await mined(owner, owner.addKey({ identity: other, newKey: device }));
  });
});

describe('a controller’s signature', () => {
  it('counts once, and no more after any other change', async () => {
    const identity = await registered();
    const auth = await owner.signControl({ method: 'setPayee', identity, payee, controller });
    await mined(relayer, relayer.setPayee({ identity, payee, auth }));
    expect(await refusal(relayer.setPayee({ identity, payee, auth }))).toBe('InvalidSignature');
    const unused = await owner.signControl({ method: 'setPayee', identity, payee, controller });
    await mined(owner, owner.setDocument({ identity, docHash: `0x${'01'.repeat(32)}`, docUri: '' }));
    expect(await refusal(relayer.setPayee({ identity, payee, auth: unused }))).toBe('InvalidSignature');
  });

  it('is for one action, one identity and one set of values', async () => {
    const [identity, other] = [await registered(), await registered()];
    const auth = await owner.signControl({ method: 'setPayee', identity, payee, controller });
    expect(await refusal(relayer.setPayee({ identity, payee: BUYER.address, auth }))).toBe('InvalidSignature');
    expect(await refusal(relayer.proposeController({ identity, next: payee, auth }))).toBe('InvalidSignature');
    expect(await refusal(relayer.deactivate({ identity, auth }))).toBe('InvalidSignature');
    expect(await refusal(relayer.setPayee({ identity: other, payee, auth }))).toBe('InvalidSignature');
    const later = { ...auth, deadline: auth.deadline + 1n };
    expect(await refusal(relayer.setPayee({ identity, payee, auth: later }))).toBe('InvalidSignature');
  });

  it('is for one chain', async () => {
    const identity = await registered();
    const wrong = { ...owner, chain: defineGnomonChain({ id: 4767, rpcUrls: { http: [dev.rpc.url] } }) };
    const { timestamp } = await owner.getBlock();
    const request = { method: 'setPayee', identity, payee, signer: OWNER.address, deadline: timestamp + 900n } as const;
    const prepared = await prepareControl(wrong, request);
    const auth = { signer: OWNER.address, deadline: prepared.deadline, sig: await controller.sign(prepared) };
    expect(await refusal(relayer.setPayee({ identity, payee, auth }))).toBe('InvalidSignature');
  });

  it('expires', async () => {
    const identity = await registered();
    const { timestamp: deadline } = await owner.getBlock();
    const by = { identity, payee, controller };
    expect(await refusal(relayer.setPayee({ ...by, deadline: deadline - 1n }))).toBe('DeadlinePassed');
  });

  it('cannot be that of somebody else, nor of a delegate without the right', async () => {
    const identity = await registered();
    const foreign = accountController(STRANGER);
    expect(await refusal(stranger.setPayee({ identity, payee }))).toBe('Unauthorized');
    expect(await refusal(relayer.setPayee({ identity, payee, controller: foreign }))).toBe('Unauthorized');
    const posing = { ...foreign, address: OWNER.address };
    expect(await refusal(relayer.setPayee({ identity, payee, controller: posing }))).toBe('InvalidSignature');
    const delegated = delegateController({ identity: OWNER.address, account: STRANGER });
    expect(await refusal(relayer.setPayee({ identity, payee, controller: delegated }))).toBe('InvalidSignature');
    const { timestamp } = await owner.getBlock();
    const right = { delegate: STRANGER.address, until: timestamp + 9_999n };
    await mined(owner, owner.addDelegate({ identity: OWNER.address, ...right, purposes: PURPOSE.AUTH }));
    expect(await refusal(relayer.setPayee({ identity, payee, controller: delegated }))).toBe('InvalidSignature');
    await mined(owner, owner.addDelegate({ identity: OWNER.address, ...right, purposes: PURPOSE.INVOKE }));
    await mined(relayer, relayer.setPayee({ identity, payee, controller: delegated }));
  });

  it('in its mirrored form: refused for accounts, useless for P-256', async () => {
    const mirrored = (raw: Uint8Array, order: bigint) => {
      const s = order - BigInt(toHex(raw.subarray(32, 64)));
      const out = raw.slice();
      out.set(hexToBytes(toHex(s, { size: 32 })), 32);
      return out;
    };
    const device = generateP256Signer();
    const self = await owner.registerDevice({ device, controller: 'self' });
    await mined(owner, self);
    const { identity } = self;
    const signed = await owner.signControl({
      method: 'setPayee',
      identity,
      payee,
      controller: keyController({ identity, keyId: 1, signer: device }),
    });
    const raw = hexToBytes(signed.sig);
    const twin = { ...signed, sig: toHex(new Uint8Array([...raw.slice(0, 4), ...mirrored(raw.slice(4), P256_N)])) };
    await mined(relayer, relayer.setPayee({ identity, payee, auth: twin }));
    expect(await refusal(relayer.setPayee({ identity, payee, auth: signed }))).toBe('InvalidSignature');

    const own = await registered();
    const auth = await owner.signControl({ method: 'setPayee', identity: own, payee, controller });
    const secp256k1Order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const high = mirrored(hexToBytes(auth.sig), secp256k1Order);
    high[64] = high[64] === 27 ? 28 : 27;
    expect(await refusal(relayer.setPayee({ identity: own, payee, auth: { ...auth, sig: toHex(high) } }))).toBe(
      'InvalidSignature',
    );
  });
});

describe('an identity that has ended', () => {
  it('stays so: nothing changes it, and no key of it is good', async () => {
    const device = generateP256Signer();
    const identity = await registered(device);
    const auth = await owner.signControl({ method: 'resume', identity, controller });
    await mined(owner, owner.deactivate({ identity }));
    const attempts = [
      owner.registerDevice({ device }),
      owner.deactivate({ identity }),
      owner.resume({ identity, auth }),
      owner.suspend({ identity }),
      owner.setPayee({ identity, payee }),
      owner.proposeController({ identity, next: payee }),
      owner.addKey({ identity, newKey: generateEd25519Signer() }),
      owner.rotateKey({ identity, oldKeyId: 1, newKey: generateEd25519Signer() }),
    ];
    const refusals = await Promise.all(attempts.map(refusal));
    expect(refusals).toEqual(attempts.map(() => 'IdentityDeactivated'));
  });
});

describe('parameters that the chain refuses', () => {
  it('by name', async () => {
    const device = generateP256Signer();
    const zero: Address = `0x${'00'.repeat(20)}`;
    const identity = await registered();
    const { timestamp } = await owner.getBlock();
    const newKey = generateEd25519Signer();
    const cases: [string, Promise<unknown>][] = [
      ['UnknownProject', owner.registerDevice({ device, projectId: `0x${'01'.repeat(32)}` })],
      ['InvalidController', owner.registerDevice({ device, controller: zero, payee })],
      ['InvalidPayee', owner.registerDevice({ device, payee: zero })],
      ['InvalidPayee', owner.setPayee({ identity, payee: DEVICE_DID_ADDRESS })],
      ['Unauthorized', owner.registerDevice({ device, controller: BUYER.address })],
      ['InvalidKeyProof', owner.registerDevice({ device, zkKey: forgedZkKey() })],
      ['InvalidPurposes', owner.addKey({ identity, newKey, purposes: PURPOSE.ZK })],
      ['InvalidPurposes', owner.addKey({ identity, newKey, purposes: 0 })],
      ['InvalidValidity', owner.addKey({ identity, newKey, validFrom: 1n })],
      ['InvalidValidity', owner.addKey({ identity, newKey, validUntil: timestamp - 1n })],
      ['UnknownKey', owner.revokeKey({ identity, keyId: 2 })],
      ['NoPendingController', owner.acceptController({ identity })],
      ['InvalidController', owner.proposeController({ identity, next: OWNER.address })],
      ['WrongStatus', owner.resume({ identity })],
      ['UnknownService', owner.removeService({ identity, serviceId: `0x${'01'.repeat(32)}` })],
      ['InvalidService', owner.setService({ identity, serviceId: `0x${'00'.repeat(32)}`, kind: 'k', endpoint: 'e' })],
      ['LengthOverLimit', owner.setDocument({ identity, docHash: `0x${'01'.repeat(32)}`, docUri: 'x'.repeat(257) })],
      ['InvalidDelegate', owner.addDelegate({ identity, delegate: identity, purposes: 1, until: timestamp + 99n })],
      ['InvalidExpiry', owner.addDelegate({ identity, delegate: payee, purposes: 1, until: timestamp - 1n })],
      ['UnknownDelegate', owner.revokeDelegate({ identity, delegate: payee })],
      ['InvalidGrantee', owner.grantAccess({ identity, grantee: zero, scopes: 1n, until: timestamp + 99n })],
      ['IdentityNotDeactivated', owner.withdrawBond({ identity })],
    ];
    const refusals = await Promise.all(cases.map(async ([, attempt]) => refusal(attempt)));
    expect(refusals).toEqual(cases.map(([name]) => name));
  });

  it('value that no method takes, with the amount', async () => {
    const identity = await registered();
    const data = encodeFunctionData({ abi: deviceDidAbi, functionName: 'withdrawBond', args: [identity] });
    const attempt = estimateGas(owner, { account: OWNER, to: DEVICE_DID_ADDRESS, data, value: parseEther('1') });
    await expect(attempt).rejects.toThrow();
    const raw = await owner
      .call({ account: OWNER, to: DEVICE_DID_ADDRESS, data, value: 7n })
      .catch((error: { walk(test: (cause: unknown) => boolean): { data: Hex } }) =>
        error.walk((cause) => typeof cause === 'object' && cause !== null && 'data' in cause),
      );
    const decoded = decodeErrorResult({ abi: deviceDidAbi, data: raw.data as Hex });
    expect([decoded.errorName, decoded.args]).toEqual(['ValueNotAccepted', [7n]]);
  });

  it('come with their arguments, and leave nothing behind', async () => {
    const identity = await registered();
    const before = await owner.getBlockNumber({ cacheTime: 0 });
    const error = await stranger.suspend({ identity }).catch((thrown: unknown) => thrown);
    expect(deviceErrorOf(error)?.name).toBe('Unauthorized');
    expect(deviceErrorOf(error)?.args.map(String)).toEqual([
      expect.stringMatching(new RegExp(identity, 'i')),
      STRANGER.address,
    ]);
    expect(await owner.getBlockNumber({ cacheTime: 0 })).toBe(before);
    expect(deviceErrorOf(new Error('socket closed'))).toBeUndefined();
  });
});

/** A ZK key whose proof is another's: it could otherwise be registered to pose as a member of a group. */
function forgedZkKey(): DeviceSigner {
  const { keyType, publicKey } = generateBabyJubJubSigner();
  return { keyType, publicKey, sign: (payload) => generateBabyJubJubSigner().sign(payload) };
}
