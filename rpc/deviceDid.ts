// Devices as clients see them: the answer of DeviceDID `resolve` with its DID, and numbers as their names.
import type { AbiFunction, AbiParameter } from 'abitype';
import { deviceDidAbi } from '../precompiles/did/abi.ts';
import {
  DOC_URI_LENGTH_MAX,
  ENDPOINT_LENGTH_MAX,
  KEYS_MAX,
  PUBLIC_KEY_LENGTH_MAX,
  PURPOSE,
  SERVICE_KIND_LENGTH_MAX,
  SERVICES_MAX,
} from '../precompiles/did/types.ts';
import { type AbiValue, decodeParameters, encodeParameters } from '../precompiles/framework/abi.ts';
import { selectorOf, signatureOf } from '../precompiles/framework/abiItems.ts';
import { type AbiField, compileInputs } from '../precompiles/framework/abiNode.ts';
import { bytesToHex, concatBytes, quote } from '../primitives/bytes.ts';
import { assert } from '../primitives/errors.ts';
import type { Address, Hex } from '../primitives/types.ts';
import { address, invalidAt, invalidParams, type Parser } from './params/values.ts';
import { quantityToRpc } from './serialize/values.ts';

/** The name under which the registry describes the precompile. */
export const DEVICE_DID = 'DeviceDID';

const STATUS_NAMES = ['none', 'active', 'suspended', 'deactivated'] as const;
const KEY_TYPE_NAMES = ['none', 'secp256k1', 'P-256', 'Ed25519', 'BabyJubJub'] as const;
/** The first five are the verification relationships of DID Core §5.3. */
const PURPOSE_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [PURPOSE.AUTH, 'authentication'],
  [PURPOSE.ASSERT, 'assertionMethod'],
  [PURPOSE.KEYAGREE, 'keyAgreement'],
  [PURPOSE.INVOKE, 'capabilityInvocation'],
  [PURPOSE.DELEGATE, 'capabilityDelegation'],
  [PURPOSE.ZK, 'zk'],
  [PURPOSE.SENSOR, 'sensor'],
];

const RESOLVE = resolveFunction();
const RESOLVE_SELECTOR = selectorOf(signatureOf(RESOLVE));
const RESOLVE_INPUTS: readonly AbiField[] = compileInputs(RESOLVE.inputs as readonly AbiParameter[], {});
const RESOLVE_OUTPUTS: readonly AbiField[] = compileInputs(RESOLVE.outputs as readonly AbiParameter[], {
  docUri: DOC_URI_LENGTH_MAX,
  keys: KEYS_MAX,
  'keys[].publicKey': PUBLIC_KEY_LENGTH_MAX,
  keyIds: KEYS_MAX,
  services: SERVICES_MAX,
  'services[].kind': SERVICE_KIND_LENGTH_MAX,
  'services[].endpoint': ENDPOINT_LENGTH_MAX,
});

function resolveFunction(): AbiFunction {
  const found = deviceDidAbi.find((item) => item.type === 'function' && item.name === 'resolve');
  assert(found?.type === 'function', 'DeviceDID has a method resolve');
  return found;
}

/** A device by its address, `did:gnomon:0x<address>` or `did:gnomon:0x<chain id>:0x<address>`. */
export function device(chainId: bigint): Parser<Address> {
  return (value, at) => {
    if (typeof value !== 'string' || !value.startsWith('did:')) return address(value, at);
    const match = /^did:gnomon:(?:(0x[1-9a-f][0-9a-f]{0,15}):)?(0x[0-9a-f]{40})$/.exec(value);
    if (match === null)
      throw invalidAt(at, 'did:gnomon:0x<address>, with the chain id before it, or an address', value);
    if (match[1] !== undefined && BigInt(match[1]) !== chainId)
      throw invalidParams(`invalid ${at}: ${quote(value)} is on another chain; this one is ${quantityToRpc(chainId)}`);
    return address(match[2], at);
  };
}

/** Calldata of `resolve(id)`. */
export function resolveCalldata(id: Address): Uint8Array {
  return concatBytes(RESOLVE_SELECTOR, encodeParameters(RESOLVE_INPUTS, { id }));
}

/** The answer of gnomon_device from what `resolve` returned. */
export function deviceToRpc(chainId: bigint, id: Address, output: Uint8Array): unknown {
  const record = decodeParameters(RESOLVE_OUTPUTS, output);
  const keyIds = record['keyIds'] as readonly number[];
  return {
    did: `did:gnomon:${quantityToRpc(chainId)}:${bytesToHex(id)}`,
    address: bytesToHex(id),
    status: STATUS_NAMES[Number(record['status'])],
    controller: hex(record['controller']),
    payee: hex(record['payee']),
    created: quantity(record['created']),
    updated: quantity(record['updated']),
    version: quantity(record['version']),
    ownershipEpoch: quantity(record['ownershipEpoch']),
    docHash: hex(record['docHash']),
    docUri: record['docUri'],
    keys: structs(record['keys']).map((key, position) => ({
      id: keyIds[position],
      type: KEY_TYPE_NAMES[Number(key['keyType'])],
      purposes: PURPOSE_NAMES.filter(([bit]) => (Number(key['purposes']) & bit) !== 0).map(([, name]) => name),
      validFrom: quantity(key['validFrom']),
      validUntil: quantity(key['validUntil']),
      publicKey: hex(key['publicKey']),
    })),
    services: structs(record['services']).map((service) => ({
      id: hex(service['id']),
      kind: service['kind'],
      endpoint: service['endpoint'],
    })),
  };
}

function hex(value: AbiValue | undefined): Hex {
  assert(value instanceof Uint8Array, 'the ABI gives bytes');
  return bytesToHex(value);
}

function quantity(value: AbiValue | undefined): Hex {
  assert(typeof value === 'bigint' || typeof value === 'number', 'the ABI gives an integer');
  return quantityToRpc(value);
}

function structs(value: AbiValue | undefined): readonly Readonly<Record<string, AbiValue>>[] {
  return value as readonly Readonly<Record<string, AbiValue>>[];
}
