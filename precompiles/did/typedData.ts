// What is signed: the typed data of docs/spec/device-signing.md. The same structures are hashed with Keccak-256 (EIP-712)
// or, for secure elements that know no other hash, with SHA-256 in its place everywhere ("712-sha256").
import { bigIntToFixedBytes, concatBytes, padLeft, utf8ToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { sha256 } from '../../primitives/crypto/sha256.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Hash } from '../../primitives/types.ts';
import type { HostChain } from '../framework/host.ts';
import { encodeUtf8 } from '../framework/text.ts';

export type HashFunction = (bytes: Uint8Array) => Hash;

/** A member's value: an integer, an address, 32 bytes, or a string, which is hashed. */
export type MemberValue = bigint | number | Uint8Array | string;

export interface StructType {
  /** As EIP-712 `encodeType` writes it. */
  readonly encoded: string;
  readonly members: readonly { readonly name: string; readonly type: string }[];
  typeHash(hash: HashFunction): Hash;
}

/** A struct type from its encoded form; type hashes are computed once. */
export function structType(encoded: string): StructType {
  const members = encoded
    .slice(encoded.indexOf('(') + 1, -1)
    .split(',')
    .map((member) => {
      const [type, name] = member.split(' ');
      assert(type !== undefined && name !== undefined, `cannot read ${encoded}`);
      return { name, type };
    });
  const typeHashes = new Map<HashFunction, Hash>();
  for (const hash of [keccak256, sha256]) typeHashes.set(hash, hash(utf8ToBytes(encoded)));
  const typeHash = (hash: HashFunction): Hash => typeHashes.get(hash) ?? hash(utf8ToBytes(encoded));
  return { encoded, members, typeHash };
}

/** Every action of DeviceDID. Frozen: a change is a new type. */
export const ACTION_TYPES = {
  Register: structType(
    'Register(address identity,bytes32 projectId,address controller,address payee,uint8 keyType,bytes32 pubKeyHash,bytes32 zkKeyHash,bytes32 docHash,bytes32 docUriHash,bytes32 modelHash,uint64 nonce,uint64 deadline)',
  ),
  AddKey: structType(
    'AddKey(address identity,uint8 keyType,uint8 purposes,uint64 validFrom,uint64 validUntil,bytes32 pubKeyHash,uint64 nonce,uint64 deadline)',
  ),
  RotateKey: structType(
    'RotateKey(address identity,uint32 oldKeyId,uint8 keyType,uint8 purposes,uint64 validFrom,uint64 validUntil,bytes32 pubKeyHash,uint64 nonce,uint64 deadline)',
  ),
  RevokeKey: structType('RevokeKey(address identity,uint32 keyId,uint64 nonce,uint64 deadline)'),
  SetService: structType(
    'SetService(address identity,bytes32 serviceId,string kind,string endpoint,uint64 nonce,uint64 deadline)',
  ),
  RemoveService: structType('RemoveService(address identity,bytes32 serviceId,uint64 nonce,uint64 deadline)'),
  SetDocument: structType('SetDocument(address identity,bytes32 docHash,string docUri,uint64 nonce,uint64 deadline)'),
  SetPayee: structType('SetPayee(address identity,address payee,uint64 nonce,uint64 deadline)'),
  ProposeController: structType('ProposeController(address identity,address next,uint64 nonce,uint64 deadline)'),
  AcceptController: structType('AcceptController(address identity,address controller,uint64 nonce,uint64 deadline)'),
  AddDelegate: structType(
    'AddDelegate(address identity,address delegate,uint8 purposes,uint64 until,uint64 nonce,uint64 deadline)',
  ),
  RevokeDelegate: structType('RevokeDelegate(address identity,address delegate,uint64 nonce,uint64 deadline)'),
  GrantAccess: structType(
    'GrantAccess(address identity,address grantee,uint256 scopes,uint64 until,bytes32 termsHash,uint64 nonce,uint64 deadline)',
  ),
  Resume: structType('Resume(address identity,uint64 nonce,uint64 deadline)'),
  Deactivate: structType('Deactivate(address identity,uint64 nonce,uint64 deadline)'),
} as const;

export type ActionName = keyof typeof ACTION_TYPES;

/** An action with its values; `hash` is the one in use, for members that are the hash of something. */
export interface Action {
  readonly name: ActionName;
  values(hash: HashFunction): Readonly<Record<string, MemberValue>>;
}

const DOMAIN_TYPE = structType(
  'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)',
);

function encodeMember(type: string, value: MemberValue, hash: HashFunction): Uint8Array {
  if (typeof value === 'string') {
    assert(type === 'string', `a string where ${type} stands`);
    return hash(encodeUtf8(value));
  }
  if (value instanceof Uint8Array) return padLeft(value, 32);
  return bigIntToFixedBytes(BigInt(value), 32);
}

/** EIP-712 `hashStruct`, with any hash. */
export function hashStruct(type: StructType, values: Readonly<Record<string, MemberValue>>, hash: HashFunction): Hash {
  const words = type.members.map(({ name, type: memberType }) => {
    const value = values[name];
    assert(value !== undefined, `${type.encoded}: no value for ${name}`);
    return encodeMember(memberType, value, hash);
  });
  return hash(concatBytes(type.typeHash(hash), ...words));
}

/** The domain of all signatures for one precompile on one chain: the genesis hash tells forks of one chain id apart. */
export function domainSeparator(chain: HostChain, verifyingContract: Address, hash: HashFunction): Hash {
  const { chainId, genesisHash: salt } = chain;
  return hashStruct(DOMAIN_TYPE, { name: 'DeviceDID', version: '1', chainId, verifyingContract, salt }, hash);
}

/** 0x19 0x01 ‖ domain ‖ struct: 66 bytes. Their hash is what keys of a digest sign; Ed25519 signs the bytes. */
export function typedDataBytes(
  chain: HostChain,
  verifyingContract: Address,
  action: Action,
  hash: HashFunction,
): Uint8Array {
  return concatBytes(
    Uint8Array.of(0x19, 0x01),
    domainSeparator(chain, verifyingContract, hash),
    hashStruct(ACTION_TYPES[action.name], action.values(hash), hash),
  );
}
