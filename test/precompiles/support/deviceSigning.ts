// The typed data of DeviceDID by a second path: EIP-712 through viem, 712-sha256 through the reference SHA-256. The types are
// written out here again, from docs/spec/device-signing.md.
import { type Hex, hashDomain, hashStruct, hashTypedData, hexToBytes, keccak256, stringToBytes } from 'viem';
import { sha256Reference } from './sha256Reference.ts';

type Member = { name: string; type: string };
const member = (text: string): Member => {
  const [type, name] = text.split(' ') as [string, string];
  return { name, type };
};
const END = [member('uint64 nonce'), member('uint64 deadline')];
const KEY = ['uint8 keyType', 'uint8 purposes', 'uint64 validFrom', 'uint64 validUntil', 'bytes32 pubKeyHash'];
const action = (...members: string[]): Member[] => [member('address identity'), ...members.map(member), ...END];

export const DEVICE_DID_TYPES: Record<string, Member[]> = {
  Register: action(
    ...['bytes32 projectId', 'address controller', 'address payee', 'uint8 keyType', 'bytes32 pubKeyHash'],
    ...['bytes32 zkKeyHash', 'bytes32 docHash', 'bytes32 docUriHash', 'bytes32 modelHash'],
  ),
  AddKey: action(...KEY),
  RotateKey: action('uint32 oldKeyId', ...KEY),
  RevokeKey: action('uint32 keyId'),
  SetService: action('bytes32 serviceId', 'string kind', 'string endpoint'),
  RemoveService: action('bytes32 serviceId'),
  SetDocument: action('bytes32 docHash', 'string docUri'),
  SetPayee: action('address payee'),
  ProposeController: action('address next'),
  AcceptController: action('address controller'),
  AddDelegate: action('address delegate', 'uint8 purposes', 'uint64 until'),
  RevokeDelegate: action('address delegate'),
  GrantAccess: action('address grantee', 'uint256 scopes', 'uint64 until', 'bytes32 termsHash'),
  Resume: action(),
  Deactivate: action(),
};

const DOMAIN_MEMBERS = [
  'string name',
  'string version',
  'uint256 chainId',
  'address verifyingContract',
  'bytes32 salt',
];

export interface Domain {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: Hex;
  readonly salt: Hex;
}

/** Values of the members; those that are hashes of something are given by `hashOf`. */
export type Message = (hashOf: (bytes: Uint8Array) => Hex) => Record<string, unknown>;

/** The forms that keys sign. */
export interface Payload {
  /** keccak256 of the 66 bytes. */
  readonly digest: Hex;
  /** 0x1901 ‖ domain ‖ struct, hashed with Keccak-256 inside. */
  readonly bytes: Uint8Array;
  /** The same with SHA-256 inside: what P-256 keys sign by ECDSA with SHA-256. */
  readonly sha256Bytes: Uint8Array;
}

const hexOf = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;

export function payloadOf(domain: Domain, primaryType: string, message: Message): Payload {
  const types = { [primaryType]: DEVICE_DID_TYPES[primaryType] as Member[] };
  const values = message((bytes) => keccak256(bytes));
  const domainHash = hashDomain({ domain, types: { EIP712Domain: DOMAIN_MEMBERS.map(member) } } as never);
  const structHash = hashStruct({ data: values, primaryType, types });
  return {
    digest: hashTypedData({ domain, types, primaryType, message: values } as never),
    bytes: hexToBytes(`0x1901${domainHash.slice(2)}${structHash.slice(2)}`),
    sha256Bytes: sha256TypedData(domain, primaryType, message),
  };
}

function sha256Struct(name: string, members: Member[], values: Record<string, unknown>): Uint8Array {
  const type = `${name}(${members.map((entry) => `${entry.type} ${entry.name}`).join(',')})`;
  const words = members.map((entry) => {
    const value = values[entry.name];
    if (entry.type === 'string') return sha256Reference(stringToBytes(value as string));
    const number = typeof value === 'string' ? BigInt(value) : BigInt(value as bigint | number);
    return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
  });
  return sha256Reference(Buffer.concat([sha256Reference(stringToBytes(type)), ...words]));
}

function sha256TypedData(domain: Domain, primaryType: string, message: Message): Uint8Array {
  const values = message((bytes) => hexOf(sha256Reference(bytes)));
  const domainHash = sha256Struct('EIP712Domain', DOMAIN_MEMBERS.map(member), { ...domain });
  const structHash = sha256Struct(primaryType, DEVICE_DID_TYPES[primaryType] as Member[], values);
  return Buffer.concat([Buffer.from([0x19, 0x01]), domainHash, structHash]);
}
