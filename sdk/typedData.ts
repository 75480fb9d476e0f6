// What is signed (docs/spec/device-signing.md): one structure per action, hashed with Keccak-256 (EIP-712) or with SHA-256 in
// its place everywhere ("712-sha256", for secure elements). Written against the specification, apart from the node's own.
import type { AbiTypeToPrimitiveType } from 'abitype';
import {
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  keccak256,
  numberToBytes,
  padBytes,
  parseAbiParameters,
  sha256,
  stringToBytes,
} from 'viem';
import { DEVICE_DID_ADDRESS } from './deviceDid.ts';

/** Every structure that people and devices sign, member by member. Frozen: a change is a new type. */
export const DEVICE_DID_TYPES = {
  Register: parseAbiParameters(
    'address identity, bytes32 projectId, address controller, address payee, uint8 keyType, bytes32 pubKeyHash, bytes32 zkKeyHash, bytes32 docHash, bytes32 docUriHash, bytes32 modelHash, uint64 nonce, uint64 deadline',
  ),
  AddKey: parseAbiParameters(
    'address identity, uint8 keyType, uint8 purposes, uint64 validFrom, uint64 validUntil, bytes32 pubKeyHash, uint64 nonce, uint64 deadline',
  ),
  RotateKey: parseAbiParameters(
    'address identity, uint32 oldKeyId, uint8 keyType, uint8 purposes, uint64 validFrom, uint64 validUntil, bytes32 pubKeyHash, uint64 nonce, uint64 deadline',
  ),
  RevokeKey: parseAbiParameters('address identity, uint32 keyId, uint64 nonce, uint64 deadline'),
  SetService: parseAbiParameters(
    'address identity, bytes32 serviceId, string kind, string endpoint, uint64 nonce, uint64 deadline',
  ),
  RemoveService: parseAbiParameters('address identity, bytes32 serviceId, uint64 nonce, uint64 deadline'),
  SetDocument: parseAbiParameters('address identity, bytes32 docHash, string docUri, uint64 nonce, uint64 deadline'),
  SetPayee: parseAbiParameters('address identity, address payee, uint64 nonce, uint64 deadline'),
  ProposeController: parseAbiParameters('address identity, address next, uint64 nonce, uint64 deadline'),
  AcceptController: parseAbiParameters('address identity, address controller, uint64 nonce, uint64 deadline'),
  AddDelegate: parseAbiParameters(
    'address identity, address delegate, uint8 purposes, uint64 until, uint64 nonce, uint64 deadline',
  ),
  RevokeDelegate: parseAbiParameters('address identity, address delegate, uint64 nonce, uint64 deadline'),
  GrantAccess: parseAbiParameters(
    'address identity, address grantee, uint256 scopes, uint64 until, bytes32 termsHash, uint64 nonce, uint64 deadline',
  ),
  Resume: parseAbiParameters('address identity, uint64 nonce, uint64 deadline'),
  Deactivate: parseAbiParameters('address identity, uint64 nonce, uint64 deadline'),
} as const;

type Types = typeof DEVICE_DID_TYPES;
/** The name of a signed structure. */
export type ActionType = keyof Types;
type MemberOf<Type extends ActionType> = Types[Type][number];

/** The values of a structure: addresses and hashes as hex, 64-bit integers and larger ones as bigint, smaller as number. */
export type ActionMessage<Type extends ActionType> = {
  readonly [Member in MemberOf<Type> as Member['name']]: AbiTypeToPrimitiveType<Member['type']>;
};

/** The hash in use: Keccak-256 or SHA-256. Members named `…Hash` are made with it. */
export type HashOf = (bytes: Uint8Array) => Hex;

/** One action with its values. `message` is asked once per hash form. */
export interface Action<Type extends ActionType = ActionType> {
  readonly type: Type;
  message(hashOf: HashOf): ActionMessage<Type>;
}

/** What tells chains apart in signatures. */
export interface SigningDomain {
  /** EIP-155 chain id. */
  readonly chainId: number;
  /** The hash of block 0. */
  readonly genesisHash: Hex;
}

/** The same content in one hash form: the bytes, and their hash. */
export interface SignedForm {
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly digest: Uint8Array;
}

/**
 * What a signer is given; it signs the form of its key type. secp256k1, BabyJubJub and passkeys: `eip712.digest`; Ed25519:
 * `eip712.bytes`; P-256: ECDSA of `sha256.digest`, which is SHA-256 of `sha256.bytes`.
 */
export interface SigningPayload {
  readonly eip712: SignedForm;
  readonly sha256: SignedForm;
}

const DOMAIN_MEMBERS = parseAbiParameters(
  'string name, string version, uint256 chainId, address verifyingContract, bytes32 salt',
);

type Member = { readonly name: string; readonly type: string };
type MemberValue = string | number | bigint;

/** The EIP-712 domain of DeviceDID on a chain, as wallets take it. */
export function signingDomain({ chainId, genesisHash }: SigningDomain) {
  return {
    name: 'DeviceDID',
    version: '1',
    chainId,
    verifyingContract: DEVICE_DID_ADDRESS,
    salt: genesisHash,
  } as const;
}

/** The forms of `action` on a chain, which every kind of key finds its own in. */
export function actionPayload<Type extends ActionType>(domain: SigningDomain, action: Action<Type>): SigningPayload {
  const members: readonly Member[] = DEVICE_DID_TYPES[action.type];
  const form = (hash: HashOf): SignedForm => {
    const domainHash = hashStruct('EIP712Domain', DOMAIN_MEMBERS, { ...signingDomain(domain) }, hash);
    const structHash = hashStruct(action.type, members, { ...action.message(hash) }, hash);
    const bytes = concatBytes([Uint8Array.of(0x19, 0x01), domainHash, structHash]);
    return { bytes, digest: hexToBytes(hash(bytes)) };
  };
  return { eip712: form(keccakOf), sha256: form(sha256Of) };
}

/**
 * A message that is no action, such as a login challenge or a reading. Its digest, for `isValidSignature`, is its SHA-256
 * hash for every type of key: a secure element that hashes by itself gives the same signature as one that is given digests.
 */
export function messagePayload(message: Uint8Array): SigningPayload {
  const digest = hexToBytes(sha256(message));
  return { eip712: { bytes: digest, digest }, sha256: { bytes: message, digest } };
}

/** The typed data that wallets take in `eth_signTypedData_v4`: the EIP-712 form of `action`. */
export function walletTypedData<Type extends ActionType>(domain: SigningDomain, action: Action<Type>) {
  const members: readonly Member[] = DEVICE_DID_TYPES[action.type];
  return {
    domain: signingDomain(domain),
    types: { [action.type]: members.map(({ name, type }) => ({ name, type })) } as Record<string, Member[]>,
    primaryType: action.type as string,
    message: { ...action.message(keccakOf) } as Record<string, unknown>,
  };
}

/** Keccak-256 of bytes. */
export const keccakOf: HashOf = (bytes) => keccak256(bytes);
const sha256Of: HashOf = (bytes) => sha256(bytes);

function hashStruct(
  name: string,
  members: readonly Member[],
  values: Readonly<Record<string, unknown>>,
  hash: HashOf,
): Uint8Array {
  const encodedType = `${name}(${members.map((member) => `${member.type} ${member.name}`).join(',')})`;
  const words = members.map((member) => encodeMember(member, values[member.name] as MemberValue, hash));
  return hexToBytes(hash(concatBytes([hexToBytes(hash(stringToBytes(encodedType))), ...words])));
}

function encodeMember({ type }: Member, value: MemberValue, hash: HashOf): Uint8Array {
  if (type === 'string') return hexToBytes(hash(stringToBytes(String(value))));
  if (typeof value === 'string') return padBytes(hexToBytes(value as Hex), { size: 32 });
  return numberToBytes(value, { size: 32 });
}

/** A signature or key as the ABI takes it. */
export function toHex(bytes: Uint8Array | Hex): Hex {
  return typeof bytes === 'string' ? bytes : bytesToHex(bytes);
}
