import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEV_CHAIN_ID } from '../../genesis/devGenesis.ts';
import { MULTICALL3 } from '../../genesis/multicall3.ts';
import { DEVICE_DID_ADDRESS as NODE_ADDRESS } from '../../precompiles/did/contract.ts';
import { identityOfKey as nodeIdentityOfKey } from '../../precompiles/did/identity.ts';
import { KEY_TYPE } from '../../precompiles/did/types.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { defineGnomonChain, gnomonDev, MULTICALL3_ADDRESS } from '../../sdk/chain.ts';
import { DEVICE_DID_ADDRESS } from '../../sdk/deviceDid.ts';
import { formatDid, identityOfKey, parseDid } from '../../sdk/did.ts';
import { generateBabyJubJubSigner } from '../../sdk/signers/babyJubJub.ts';
import { generateEd25519Signer } from '../../sdk/signers/ed25519.ts';
import { generateP256Signer } from '../../sdk/signers/p256.ts';
import { generateSecp256k1Signer } from '../../sdk/signers/secp256k1.ts';

const IDENTITY = '0x00112233445566778899aabbccddeeff00112233';

describe('DIDs', () => {
  it.each([
    [`did:gnomon:0x129e:${IDENTITY}`, 4766],
    [`did:gnomon:0x1:${IDENTITY}`, 1],
    [`did:gnomon:0x1fffffffffffff:${IDENTITY}`, Number.MAX_SAFE_INTEGER],
    [`did:gnomon:${IDENTITY}`, undefined],
  ])('%s', (did, chainId) => {
    expect(parseDid(did)).toEqual({ chainId, identity: IDENTITY });
    expect(formatDid(IDENTITY, chainId)).toBe(did);
  });

  it('writes checksummed addresses in lower case', () => {
    expect(formatDid('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', 4766)).toBe(
      'did:gnomon:0x129e:0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
    );
  });

  it.each([
    ['', 'empty'],
    [`did:ethr:0x129e:${IDENTITY}`, 'another method'],
    [`DID:gnomon:0x129e:${IDENTITY}`, 'upper-case scheme'],
    [`did:gnomon:4766:${IDENTITY}`, 'a decimal chain id'],
    [`did:gnomon:0x0129e:${IDENTITY}`, 'a leading zero'],
    [`did:gnomon:0x0:${IDENTITY}`, 'chain id 0'],
    [`did:gnomon:0x:${IDENTITY}`, 'no chain id'],
    [`did:gnomon:0x129E:${IDENTITY}`, 'an upper-case chain id'],
    [`did:gnomon:0x20000000000000:${IDENTITY}`, 'a chain id past safe integers'],
    [`did:gnomon:0x10000000000000000:${IDENTITY}`, 'a chain id of 17 digits'],
    [`did:gnomon:0x129e:${IDENTITY.toUpperCase()}`, 'an upper-case identity'],
    [`did:gnomon:0x129e:${IDENTITY.slice(0, -1)}`, 'a short identity'],
    [`did:gnomon:0x129e:${IDENTITY}0`, 'a long identity'],
    [`did:gnomon:0x129e:${IDENTITY}#key-1`, 'a fragment'],
    [`did:gnomon:0x129e:${IDENTITY}\n`, 'a line break'],
  ])('refuses %j: %s', (did) => {
    expect(() => parseDid(did)).toThrow(expect.objectContaining({ code: 'INVALID_DID' }));
  });

  it.each([0, -1, 1.5, 2 ** 53])('formats no chain id %d', (chainId) => {
    expect(() => formatDid(IDENTITY, chainId)).toThrow(expect.objectContaining({ code: 'INVALID_DID' }));
  });

  it('round-trip', () => {
    const identities = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(bytesToHex);
    fc.assert(
      fc.property(identities, fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (identity, chainId) => {
        expect(parseDid(formatDid(identity, chainId))).toEqual({ chainId, identity });
      }),
    );
  });
});

describe('identities', () => {
  it.each([
    ['secp256k1', generateSecp256k1Signer],
    ['P-256', generateP256Signer],
    ['Ed25519', generateEd25519Signer],
    ['BabyJubJub', generateBabyJubJubSigner],
  ])('of a %s key are what the node makes them', (_, generate) => {
    const { keyType, publicKey } = generate();
    expect(identityOfKey(keyType, publicKey)).toBe(bytesToHex(nodeIdentityOfKey(keyType, publicKey)));
    const short = publicKey.slice(1);
    expect(() => identityOfKey(keyType, short)).toThrow(expect.objectContaining({ code: 'INVALID_PUBLIC_KEY' }));
  });

  it('of equal bytes differ by key type', () => {
    const bytes = new Uint8Array(32).fill(7);
    expect(identityOfKey(KEY_TYPE.ED25519, bytes)).not.toBe(identityOfKey(KEY_TYPE.BABYJUBJUB, bytes));
  });
});

describe('the chain definition', () => {
  it('says what the node says', () => {
    expect(BigInt(gnomonDev.id)).toBe(DEV_CHAIN_ID);
    expect(gnomonDev.nativeCurrency).toEqual({ name: 'Gnomon', symbol: 'GNM', decimals: 18 });
    expect(DEVICE_DID_ADDRESS).toBe(bytesToHex(NODE_ADDRESS));
    expect(gnomonDev.contracts.deviceDid.address).toBe(DEVICE_DID_ADDRESS);
    expect(MULTICALL3_ADDRESS).toBe(bytesToHex(MULTICALL3.address));
  });

  it('takes other networks', () => {
    const chain = defineGnomonChain({
      id: 4767,
      name: 'Fleet',
      rpcUrls: { http: ['https://rpc.example'] },
      blockTimeMs: 2_000,
      blockExplorerUrl: 'https://explorer.example',
    });
    expect(chain.id).toBe(4767);
    expect(chain.blockTime).toBe(2_000);
    expect(chain.rpcUrls.default).toEqual({ http: ['https://rpc.example'] });
    expect(chain.testnet).toBe(false);
    expect(chain.blockExplorers?.default.url).toBe('https://explorer.example');
  });
});
