// The same registration without the SDK and without viem: plain ethers v6, the ABI as JSON, and typed data as ethers signs it.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import {
  Contract,
  concat,
  getBytes,
  type InterfaceAbi,
  JsonRpcProvider,
  keccak256,
  TypedDataEncoder,
  toBeHex,
  Wallet,
} from 'ethers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { deviceDidAbi } from '../../precompiles/did/abi.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { DEVICE_DID_ADDRESS } from '../../sdk/deviceDid.ts';
import { p256Signer } from '../../sdk/signers/p256.ts';
import { type ActionType, DEVICE_DID_TYPES, signingDomain } from '../../sdk/typedData.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { clientOf, OWNER } from './support/clients.ts';

const ZERO = `0x${'00'.repeat(32)}`;
const REGISTER =
  'Register(address identity,bytes32 projectId,address controller,address payee,uint8 keyType,bytes32 pubKeyHash,bytes32 zkKeyHash,bytes32 docHash,bytes32 docUriHash,bytes32 modelHash,uint64 nonce,uint64 deadline)';
const DOMAIN = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)';

const sha256 = (data: string | Uint8Array): string =>
  `0x${createHash('sha256')
    .update(typeof data === 'string' && !data.startsWith('0x') ? data : getBytes(data))
    .digest('hex')}`;
const word = (value: string | bigint | number): string => toBeHex(BigInt(value), 32);

let dev: DevNode;
let provider: JsonRpcProvider;
let wallet: Wallet;
let contract: Contract;
let genesisHash: string;

beforeAll(async () => {
  dev = await startDevNode();
  provider = new JsonRpcProvider(dev.rpc.url, undefined, { pollingInterval: 20, cacheTimeout: -1, batchMaxCount: 1 });
  wallet = new Wallet(bytesToHex(DEV_ACCOUNTS[0]?.privateKey ?? new Uint8Array()), provider);
  contract = new Contract(DEVICE_DID_ADDRESS, deviceDidAbi as InterfaceAbi, wallet);
  genesisHash = (await provider.getBlock(0))?.hash ?? '';
});
afterAll(async () => {
  provider.destroy();
  await dev.stop();
});

async function registration(publicKey: string) {
  const identity: string = await contract.getFunction('identityOf')(2, publicKey);
  const deadline = BigInt(Math.floor(Date.now() / 1_000) + 3_600);
  const r = {
    projectId: ZERO,
    controller: wallet.address,
    payee: wallet.address,
    keyType: 2,
    publicKey,
    zkPublicKey: '0x',
    docHash: ZERO,
    docUri: 'ipfs://bafy',
    modelHash: ZERO,
    deadline,
  };
  return { identity, r };
}

/** The 712-sha256 bytes, by hand from docs/spec/device-signing.md. */
function bytesToSign(identity: string, r: Awaited<ReturnType<typeof registration>>['r'], nonce: bigint): Uint8Array {
  const { chainId } = signingDomain({ chainId: 4766, genesisHash: '0x' });
  const domain = [
    sha256(DOMAIN),
    sha256('DeviceDID'),
    sha256('1'),
    word(chainId),
    word(DEVICE_DID_ADDRESS),
    genesisHash,
  ];
  const hashes = [sha256(r.publicKey), sha256(new Uint8Array()), r.docHash, sha256(r.docUri), r.modelHash];
  const heads = [identity, r.projectId, r.controller, r.payee, r.keyType].map(word);
  const struct = [sha256(REGISTER), ...heads, ...hashes, word(nonce), word(r.deadline)];
  return getBytes(concat(['0x1901', sha256(concat(domain)), sha256(concat(struct))]));
}

describe('ethers v6', () => {
  it('registers, reads and deactivates a P-256 device as the SDK does', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const publicKey = bytesToHex(p256Signer(privateKey.export({ format: 'jwk' })).publicKey);
    const { identity, r } = await registration(publicKey);
    const bytes = bytesToSign(identity, r, 0n);

    const client = clientOf(dev.rpc.url, OWNER);
    const device = p256Signer(privateKey.export({ format: 'jwk' }));
    const { docUri, deadline } = r;
    const prepared = await client.prepareRegistration({ device, controller: OWNER.address, docUri, deadline });
    expect(prepared.action.sha256.bytes).toEqual(bytes);
    expect({ ...prepared.registration }).toEqual(r);

    const deviceSig = sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' });
    const auth = { signer: wallet.address, deadline: r.deadline, sig: '0x' };
    const sent = await contract.getFunction('register')(r, deviceSig, auth, '0x');
    const receipt = await sent.wait();
    expect(receipt.status).toBe(1);
    const names = receipt.logs.map((log: { fragment: { name: string } }) => log.fragment.name);
    expect(names).toContain('DeviceRegistered');
    const resolved = await contract.getFunction('resolve')(identity);
    expect([resolved.status, resolved.controller, resolved.docUri]).toEqual([1n, wallet.address, 'ipfs://bafy']);
    expect((await client.resolveDevice({ identity: identity as `0x${string}` })).keys[0]?.publicKey).toBe(publicKey);

    // Consent by typed data, as ethers makes it, over the types that the SDK states.
    const types = { SetPayee: DEVICE_DID_TYPES.SetPayee.map(({ name, type }) => ({ name, type })) };
    const domain = signingDomain({ chainId: 4766, genesisHash: genesisHash as `0x${string}` });
    const message = { identity, payee: DEVICE_DID_ADDRESS.replace('d01', 'aaa'), nonce: 1n, deadline: r.deadline };
    const sig = await wallet.signTypedData(domain, types, message);
    await (await contract.getFunction('setPayee')(identity, message.payee, { ...auth, sig })).wait();
    expect((await contract.getFunction('resolve')(identity)).payee.toLowerCase()).toBe(message.payee);

    await (await contract.getFunction('deactivate')(identity, auth)).wait();
    expect((await contract.getFunction('resolve')(identity)).status).toBe(3n);
  });

  it('decodes refusals by name', async () => {
    const id = `0x${'77'.repeat(20)}`;
    const auth = { signer: id, deadline: 0n, sig: '0x' };
    const deactivate = contract.getFunction('deactivate');
    await expect(deactivate.staticCall(id, auth)).rejects.toMatchObject({
      code: 'CALL_EXCEPTION',
      revert: { name: 'Unauthorized' },
    });
    // Where gas is estimated ethers leaves the error's data to its caller.
    const { data } = await deactivate(id, auth).catch((error: { data: string }) => error);
    expect(contract.interface.parseError(data)?.name).toBe('Unauthorized');
  });

  it('hashes every type as the SDK does', () => {
    for (const name of Object.keys(DEVICE_DID_TYPES) as ActionType[]) {
      const members = DEVICE_DID_TYPES[name].map((member) => ({ name: member.name, type: member.type }));
      const encoded = TypedDataEncoder.from({ [name]: members }).encodeType(name);
      expect(encoded).toBe(`${name}(${members.map((member) => `${member.type} ${member.name}`).join(',')})`);
    }
    expect(keccak256(Buffer.from(REGISTER))).toBe('0x8278bd8feda5b4ac3c15d4ca97b83029ecce37699a8d40a0dfbf8f8a035c98c9');
  });
});
