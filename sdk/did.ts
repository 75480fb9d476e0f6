// The names of devices: `did:gnomon:0x<chain id>:0x<identity>`, or without the chain id on the chain that a reader is on.
import { type Address, bytesToHex, concatBytes, keccak256, stringToBytes } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { KEY_TYPE, type KeyType, PUBLIC_KEY_LENGTH } from '../precompiles/did/types.ts';
import { ChainError } from '../primitives/errors.ts';

const DID_PATTERN = /^did:gnomon:(?:(0x[1-9a-f][0-9a-f]{0,15}):)?(0x[0-9a-f]{40})$/;
const IDENTITY_TAG = stringToBytes('gnomon:id:1');
const UNCOMPRESSED_POINT = 4;

/** What a DID says. */
export interface ParsedDid {
  /** EIP-155 chain id; undefined in the short form, which means the chain that the reader is on. */
  readonly chainId: number | undefined;
  /** Lower-case. */
  readonly identity: Address;
}

/**
 * The DID of an identity: `did:gnomon:0x129e:0x…`, all lower-case; without `chainId` the short form `did:gnomon:0x…`.
 * @throws ChainError `INVALID_DID` when the identity is no address or the chain id no positive safe integer
 */
export function formatDid(identity: string, chainId?: number): string {
  const network = chainId === undefined ? '' : `0x${chainId.toString(16)}:`;
  const did = `did:gnomon:${network}${identity.toLowerCase()}`;
  parseDid(did);
  return did;
}

/**
 * Parses a DID, strictly: lower-case hex only, no leading zero in the chain id, no path, query or fragment.
 * @throws ChainError `INVALID_DID`
 */
export function parseDid(did: string): ParsedDid {
  const match = DID_PATTERN.exec(did);
  const chainId = match?.[1] === undefined ? undefined : Number(match[1]);
  if (match === null || (chainId !== undefined && !Number.isSafeInteger(chainId))) {
    const expected = 'did:gnomon:0x<chain id>:0x<40 hex digits>, lower-case, or the same without the chain id';
    throw new ChainError('INVALID_DID', `expected ${expected}, got ${JSON.stringify(did.slice(0, 120))}`, { did });
  }
  return { chainId, identity: match[2] as Address };
}

/**
 * The identity that a key registers: the account address of a secp256k1 key; for other types the last 20 bytes of
 * keccak256("gnomon:id:1" ‖ key type ‖ raw key). Lower-case. Says nothing of whether the key is a usable one: the chain's
 * `identityOf` does.
 * @param publicKey x ‖ y of secp256k1 and P-256 keys (64 bytes); 32 bytes of Ed25519 and packed BabyJubJub keys
 * @throws ChainError `INVALID_PUBLIC_KEY` when its length is not that of the type
 */
export function identityOfKey(keyType: KeyType, publicKey: Uint8Array): Address {
  requirePublicKeyLength(keyType, publicKey);
  if (keyType === KEY_TYPE.SECP256K1) {
    const uncompressed = concatBytes([Uint8Array.of(UNCOMPRESSED_POINT), publicKey]);
    return publicKeyToAddress(bytesToHex(uncompressed)).toLowerCase() as Address;
  }
  const named = concatBytes([IDENTITY_TAG, Uint8Array.of(keyType), publicKey]);
  return `0x${keccak256(named).slice(-40)}`;
}

/** @throws ChainError `INVALID_PUBLIC_KEY` when the length of a raw public key is not that of its type */
export function requirePublicKeyLength(keyType: KeyType, publicKey: Uint8Array): void {
  const expected = PUBLIC_KEY_LENGTH[keyType];
  if (publicKey.length === expected) return;
  const message = `expected a raw public key of ${expected} bytes for key type ${keyType}, got ${publicKey.length}`;
  throw new ChainError('INVALID_PUBLIC_KEY', message, { keyType, expected, got: publicKey.length });
}
