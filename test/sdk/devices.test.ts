// Devices of every kind of key on a real dev node, through the SDK alone: registered, changed, transferred, ended.
import { type Hex, hexToBytes, parseEther, stringToBytes } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCEPTION_PURPOSES, KEY_TYPE, PURPOSE } from '../../precompiles/did/types.ts';
import { accountController, keyController } from '../../sdk/controllers.ts';
import { type DeviceSigner, secureElementSigner } from '../../sdk/deviceSigner.ts';
import { parseDid } from '../../sdk/did.ts';
import { passkeySigner } from '../../sdk/passkey.ts';
import { generateBabyJubJubSigner } from '../../sdk/signers/babyJubJub.ts';
import { generateEd25519Signer } from '../../sdk/signers/ed25519.ts';
import { generateP256Signer } from '../../sdk/signers/p256.ts';
import { generateSecp256k1Signer } from '../../sdk/signers/secp256k1.ts';
import { createSoftwarePasskey } from '../../sdk/signers/softwarePasskey.ts';
import { messagePayload } from '../../sdk/typedData.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { BUYER, clientOf, mined, OWNER, RELAYER, refusal, STRANGER, type TestClient } from './support/clients.ts';

let dev: DevNode;
let owner: TestClient;
let buyer: TestClient;
let relayer: TestClient;

beforeAll(async () => {
  dev = await startDevNode();
  owner = clientOf(dev.rpc.url, OWNER);
  buyer = clientOf(dev.rpc.url, BUYER);
  relayer = clientOf(dev.rpc.url, RELAYER);
});
afterAll(() => dev.stop());

function chip(): DeviceSigner {
  const key = generateP256Signer();
  const signMessage = (bytes: Uint8Array) => key.sign({ ...messagePayload(bytes) });
  return secureElementSigner({ publicKey: key.publicKey, format: 'raw', signMessage });
}

const KINDS: readonly (readonly [string, () => DeviceSigner])[] = [
  ['secp256k1', generateSecp256k1Signer],
  ['P-256', generateP256Signer],
  ['P-256 in a secure element', chip],
  ['P-256 as a passkey', () => passkeySigner(createSoftwarePasskey({ rpId: 'gnomon.example' }))],
  ['Ed25519', generateEd25519Signer],
  ['BabyJubJub', generateBabyJubJubSigner],
];

const SERVICE_ID: Hex = `0x${'5e'.repeat(32)}`;
const DOC_HASH: Hex = `0x${'d0'.repeat(32)}`;
const now = async () => (await owner.getBlock()).timestamp;

describe.each(KINDS)('a device with a %s key', (_, generate) => {
  it('registers, signs, rotates, is transferred, is suspended, ends', async () => {
    const device = generate();
    const registered = await owner.registerDevice({ device, bondWei: parseEther('2') });
    await mined(owner, registered);
    const { identity } = registered;
    expect(parseDid(registered.did)).toEqual({ chainId: 4766, identity });
    expect((await owner.identityOf(device)).toLowerCase()).toBe(identity);
    const record = await owner.resolveDevice({ identity });
    expect(record).toMatchObject({ status: 'active', controller: OWNER.address, payee: OWNER.address, version: 1n });
    const publicKey: Hex = `0x${Buffer.from(device.publicKey).toString('hex')}`;
    expect(record.keys).toMatchObject([{ id: 1, keyType: device.keyType, purposes: INCEPTION_PURPOSES, publicKey }]);

    const payload = messagePayload(stringToBytes('21.5 °C'));
    const ask = { identity, purpose: PURPOSE.ASSERT, digest: payload.sha256.digest };
    const reading = await device.sign(payload);
    expect(await owner.isValidSignature({ ...ask, keyId: 1, signature: reading })).toBe(true);
    expect(await owner.isValidSignature({ ...ask, keyId: 1, signature: reading, purpose: PURPOSE.INVOKE })).toBe(false);

    // The device replaces its own key; a stranger pays for the gas.
    const second = generate();
    const controller = keyController({ identity, keyId: 1, signer: device });
    const rotated = await relayer.rotateKey({ identity, oldKeyId: 1, newKey: second, controller });
    await mined(relayer, rotated);
    expect(rotated.keyId).toBe(2);
    expect((await owner.resolveDevice({ identity })).keys).toMatchObject([{ id: 2, keyType: second.keyType }]);
    expect(await owner.isValidSignature({ ...ask, keyId: 1, signature: reading })).toBe(false);
    const fresh = await second.sign(payload);
    expect(await owner.isValidSignature({ ...ask, keyId: 2, signature: fresh })).toBe(true);

    await mined(owner, owner.suspend({ identity }));
    expect(await owner.isValidSignature({ ...ask, keyId: 2, signature: fresh })).toBe(false);
    await mined(owner, owner.resume({ identity }));

    await mined(owner, owner.proposeController({ identity, next: BUYER.address }));
    expect(await owner.pendingControllerOf({ identity })).toBe(BUYER.address);
    await mined(buyer, buyer.acceptController({ identity }));
    const sold = await owner.resolveDevice({ identity });
    expect(sold).toMatchObject({ controller: BUYER.address, payee: BUYER.address, ownershipEpoch: 1n });
    expect(sold).toMatchObject(await owner.stateOf({ identity }));
    expect(await refusal(owner.deactivate({ identity }))).toBe('Unauthorized');

    await mined(buyer, buyer.deactivate({ identity }));
    expect((await owner.resolveDevice({ identity })).status).toBe('deactivated');
    expect(await owner.isValidSignature({ ...ask, keyId: 2, signature: fresh })).toBe(false);
    expect(await refusal(owner.registerDevice({ device }))).toBe('IdentityDeactivated');
    expect(await refusal(buyer.withdrawBond({ identity }))).toBe('BondLocked');
  });

  it('controls itself: registered by a relayer, acting by its own key', async () => {
    const device = generate();
    const sent = await relayer.registerDevice({ device, controller: 'self' });
    await mined(relayer, sent);
    const { identity } = sent;
    const record = await owner.resolveDevice({ identity });
    expect(record.controller.toLowerCase()).toBe(identity);
    expect(record.keys[0]?.purposes).toBe(INCEPTION_PURPOSES | PURPOSE.INVOKE);
    const controller = keyController({ identity, keyId: 1, signer: device });
    await mined(relayer, relayer.setPayee({ identity, payee: STRANGER.address, controller }));
    expect((await owner.resolveDevice({ identity })).payee).toBe(STRANGER.address);
    expect(await refusal(relayer.revokeKey({ identity, keyId: 1, controller }))).toBe(
      device.keyType === KEY_TYPE.SECP256K1 ? 'nothing was refused' : 'LastControllingKey',
    );
  });
});

describe('the controller of a device', () => {
  const registered = async (parameters: Partial<Parameters<TestClient['registerDevice']>[0]> = {}) => {
    const sent = await owner.registerDevice({ device: generateP256Signer(), ...parameters });
    await mined(owner, sent);
    return sent.identity;
  };

  it('registers with a ZK key, a document, a model and another payee', async () => {
    const fields = { docHash: DOC_HASH, docUri: 'ipfs://bafy', modelHash: SERVICE_ID, payee: BUYER.address };
    const identity = await registered({ zkKey: generateBabyJubJubSigner(), ...fields });
    const record = await owner.resolveDevice({ identity });
    expect(record).toMatchObject({ docHash: DOC_HASH, docUri: 'ipfs://bafy', payee: BUYER.address });
    expect(record.keys.map(({ id, keyType, purposes }) => [id, keyType, purposes])).toEqual([
      [1, KEY_TYPE.P256, INCEPTION_PURPOSES],
      [2, KEY_TYPE.BABYJUBJUB, PURPOSE.ZK],
    ]);
  });

  it('adds and revokes keys within their validity', async () => {
    const identity = await registered();
    const newKey = generateEd25519Signer();
    const validUntil = (await now()) + 1_000n;
    const added = await owner.addKey({ identity, newKey, purposes: PURPOSE.SENSOR, validUntil });
    await mined(owner, added);
    expect(added.keyId).toBe(2);
    const keys = (await owner.resolveDevice({ identity })).keys;
    expect(keys[1]).toMatchObject({ id: 2, purposes: PURPOSE.SENSOR, validUntil });
    await mined(owner, owner.revokeKey({ identity, keyId: 2 }));
    expect((await owner.resolveDevice({ identity })).keys.length).toBe(1);
  });

  it('keeps services and a document', async () => {
    const identity = await registered();
    const service = { serviceId: SERVICE_ID, kind: 'LinkedDomains', endpoint: 'https://example.org/ü' };
    await mined(owner, owner.setService({ identity, ...service }));
    await mined(owner, owner.setDocument({ identity, docHash: DOC_HASH, docUri: 'https://example.org/did.json' }));
    const record = await owner.resolveDevice({ identity });
    expect(record.services).toEqual([{ id: SERVICE_ID, kind: 'LinkedDomains', endpoint: 'https://example.org/ü' }]);
    expect(record.docUri).toBe('https://example.org/did.json');
    await mined(owner, owner.removeService({ identity, serviceId: SERVICE_ID }));
    expect((await owner.resolveDevice({ identity })).services).toEqual([]);
  });

  it('grants access and takes it away, and delegates', async () => {
    const identity = await registered();
    const until = (await now()) + 1_000n;
    await mined(owner, owner.grantAccess({ identity, grantee: BUYER.address, scopes: 5n, until }));
    const asked = { identity, grantee: BUYER.address };
    expect(await owner.hasAccess({ ...asked, scope: 4n })).toBe(true);
    expect(await owner.hasAccess({ ...asked, scope: 6n })).toBe(false);
    await mined(owner, owner.revokeAccess({ identity, grantee: BUYER.address }));
    expect(await owner.hasAccess({ ...asked, scope: 4n })).toBe(false);

    const delegate = BUYER.address;
    await mined(owner, owner.addDelegate({ identity, delegate, purposes: PURPOSE.AUTH, until }));
    expect(await owner.delegateOf({ identity, delegate })).toEqual({ purposes: PURPOSE.AUTH, until });
    const { digest } = messagePayload(stringToBytes('log me in')).sha256;
    const signature = await BUYER.sign({ hash: `0x${Buffer.from(digest).toString('hex')}` });
    const login = { identity, digest, keyId: 0, signature };
    expect(await owner.isValidSignature({ ...login, purpose: PURPOSE.AUTH })).toBe(true);
    expect(await owner.isValidSignature({ ...login, purpose: PURPOSE.ASSERT })).toBe(false);
    await mined(owner, owner.revokeDelegate({ identity, delegate }));
    expect((await owner.delegateOf({ identity, delegate })).purposes).toBe(0);
  });

  it('gets the bond back a week after the end', async () => {
    const identity = await registered({ payee: `0x${'9e'.repeat(20)}` });
    const bonded = await owner.registerDevice({
      device: generateP256Signer(),
      payee: `0x${'9f'.repeat(20)}`,
      bondWei: 5n,
    });
    await mined(owner, bonded);
    expect(await owner.bondOf({ identity: bonded.identity })).toEqual({ amountWei: 5n, withdrawableAt: 0n });
    await mined(owner, owner.deactivate({ identity }));
    await mined(owner, owner.deactivate({ identity: bonded.identity }));
    const { withdrawableAt } = await owner.bondOf({ identity: bonded.identity });
    await owner.request({ method: 'evm_setNextBlockTimestamp', params: [`0x${withdrawableAt.toString(16)}`] } as never);
    await owner.request({ method: 'evm_mine', params: [] } as never);
    await mined(relayer, relayer.withdrawBond({ identity: bonded.identity }));
    expect(await owner.getBalance({ address: `0x${'9f'.repeat(20)}` })).toBe(5n);
    expect(await refusal(relayer.withdrawBond({ identity: bonded.identity }))).toBe('NoBond');
    expect(await refusal(relayer.withdrawBond({ identity }))).toBe('NoBond');
  });
});

describe('consent without a transaction of its own', () => {
  it('every control method, signed by an account and sent by a relayer', async () => {
    const controller = accountController(OWNER);
    const device = generateP256Signer();
    const signed = await owner.signRegistration({ device, controller });
    await mined(relayer, relayer.submitRegistration({ signed, bondWei: 1n }));
    const { identity } = signed;
    const until = (await now()) + 100_000n;
    const grantee = STRANGER.address;
    const by = { identity, controller };
    await mined(relayer, relayer.addKey({ ...by, newKey: generateEd25519Signer() }));
    await mined(relayer, relayer.rotateKey({ ...by, oldKeyId: 2, newKey: generateSecp256k1Signer() }));
    await mined(relayer, relayer.revokeKey({ ...by, keyId: 3 }));
    await mined(relayer, relayer.setService({ ...by, serviceId: SERVICE_ID, kind: 'k', endpoint: 'e' }));
    await mined(relayer, relayer.removeService({ ...by, serviceId: SERVICE_ID }));
    await mined(relayer, relayer.setDocument({ ...by, docHash: DOC_HASH, docUri: '' }));
    await mined(relayer, relayer.setPayee({ ...by, payee: grantee }));
    await mined(relayer, relayer.addDelegate({ ...by, delegate: grantee, purposes: 1, until }));
    await mined(relayer, relayer.revokeDelegate({ ...by, delegate: grantee }));
    await mined(relayer, relayer.grantAccess({ ...by, grantee, scopes: 1n, until, termsHash: DOC_HASH }));
    await mined(relayer, relayer.revokeAccess({ ...by, grantee }));
    await mined(owner, owner.suspend({ identity }));
    await mined(relayer, relayer.resume(by));
    await mined(relayer, relayer.proposeController({ ...by, next: BUYER.address }));
    await mined(relayer, relayer.acceptController({ identity, controller: accountController(BUYER) }));
    await mined(relayer, relayer.deactivate({ identity, controller: accountController(BUYER) }));
    expect(await owner.resolveDevice({ identity })).toMatchObject({ status: 'deactivated', controller: BUYER.address });
    expect(await owner.nonces({ identity })).toBe(17n);
  });

  it('signed now, sent later as `auth`', async () => {
    const sent = await owner.registerDevice({ device: generateP256Signer() });
    await mined(owner, sent);
    const { identity } = sent;
    const payee = STRANGER.address;
    const controller = accountController(OWNER);
    const auth = await relayer.signControl({ method: 'setPayee', identity, payee, controller });
    await mined(relayer, relayer.setPayee({ identity, payee, auth }));
    expect((await owner.resolveDevice({ identity })).payee).toBe(payee);
    await expect(relayer.setPayee({ identity, payee, auth, controller })).rejects.toThrow(
      expect.objectContaining({ code: 'CONFLICTING_CONSENT' }),
    );
  });

  it('prepared here, signed elsewhere', async () => {
    const device = generateEd25519Signer();
    const { keyType, publicKey } = device;
    const fields = { device: { keyType, publicKey }, controller: OWNER.address };
    const prepared = await relayer.prepareRegistration(fields);
    const deviceSig = `0x${Buffer.from(await device.sign(prepared.action)).toString('hex')}` as const;
    const sig = await OWNER.sign({ hash: `0x${Buffer.from(prepared.action.eip712.digest).toString('hex')}` });
    const { identity, registration } = prepared;
    const auth = { signer: OWNER.address, deadline: registration.deadline, sig };
    const signed = { identity, args: [registration, deviceSig, auth, '0x'] } as const;
    await mined(relayer, relayer.submitRegistration({ signed }));
    expect((await owner.resolveDevice({ identity })).status).toBe('active');

    const request = { method: 'acceptController', identity, signer: BUYER.address } as const;
    await mined(owner, owner.proposeController({ identity, next: BUYER.address }));
    const action = await relayer.prepareControl(request);
    const accepted = {
      signer: BUYER.address,
      deadline: action.deadline,
      sig: await BUYER.signTypedData(action.typedData),
    };
    await mined(relayer, relayer.acceptController({ identity, auth: accepted }));
    expect(hexToBytes((await owner.resolveDevice({ identity })).controller)).toEqual(hexToBytes(BUYER.address));
  });
});
