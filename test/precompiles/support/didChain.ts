// DeviceDID on a chain in memory, spoken to as clients do: calldata by viem, signatures by other people's libraries.
import {
  decodeErrorResult,
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  keccak256,
  hexToBytes as viemBytes,
} from 'viem';
import { deviceDidAbi } from '../../../precompiles/did/abi.ts';
import { DEVICE_DID_ADDRESS, deviceDid } from '../../../precompiles/did/contract.ts';
import type { NativePrecompile, PrecompileResult } from '../../../precompiles/framework/host.ts';
import { bytesToHex, concatBytes, hexToBytes, parseAddress, utf8ToBytes } from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { account, type TestAccount, type TestKey } from './deviceKeys.ts';
import { type Domain, type Message, type Payload, payloadOf } from './deviceSigning.ts';
import { type CallScheme, MemoryHost } from './memoryHost.ts';

export const ZERO_HEX = `0x${'0'.repeat(64)}` as const;
export const OWNER = account('owner');
export const BUYER = account('buyer');
export const STRANGER = account('stranger');
export const RELAYER = account('relayer');

export interface CallOptions {
  readonly from?: Address;
  readonly valueWei?: bigint;
  readonly gas?: bigint;
  readonly scheme?: CallScheme;
}

export interface AuthInput {
  readonly signer: Hex;
  readonly deadline: bigint;
  readonly sig: Hex;
}

/** What a device registers; every field has a default. */
export interface RegistrationInput {
  readonly projectId?: Hex;
  readonly controller?: Address;
  readonly payee?: Address;
  readonly zkKey?: TestKey;
  readonly docHash?: Hex;
  readonly docUri?: string;
  readonly modelHash?: Hex;
  readonly deadline?: bigint;
}

export class Reverted extends Error {
  readonly errorName: string;
  readonly args: readonly unknown[];
  constructor(errorName: string, args: readonly unknown[]) {
    super(`${errorName}(${args.map(String).join(', ')})`);
    this.errorName = errorName;
    this.args = args;
  }
}

export function didData(functionName: string, args: readonly unknown[]): Uint8Array {
  return hexToBytes(encodeFunctionData({ abi: deviceDidAbi, functionName, args } as never));
}

export class DidChain {
  readonly host = new MemoryHost();
  readonly precompile: NativePrecompile = deviceDid;

  constructor() {
    for (const { address } of [OWNER, BUYER, STRANGER, RELAYER]) this.host.fund(address, 10n ** 20n);
  }

  get now(): bigint {
    return this.host.timestampSeconds;
  }

  get domain(): Domain {
    return {
      name: 'DeviceDID',
      version: '1',
      chainId: this.host.chainId,
      verifyingContract: bytesToHex(DEVICE_DID_ADDRESS),
      salt: bytesToHex(this.host.genesisHash),
    };
  }

  raw(data: Uint8Array, { from = OWNER.address, ...options }: CallOptions = {}): PrecompileResult {
    return this.host.call({ precompile: this.precompile, from, data, ...options });
  }

  /** Calls a method and returns its result. @throws Reverted with the custom error that it reverted by */
  call(functionName: string, args: readonly unknown[], options: CallOptions = {}): unknown {
    const result = this.raw(didData(functionName, args), options);
    if (result.outcome === 'failure')
      throw new Error(`${functionName} failed: ${String(result.alarm ?? 'out of gas')}`);
    const data = bytesToHex(result.output);
    if (result.outcome === 'success') return decodeFunctionResult({ abi: deviceDidAbi, functionName, data } as never);
    const { errorName, args: errorArgs } = decodeErrorResult({ abi: deviceDidAbi, data });
    throw new Reverted(errorName, (errorArgs ?? []) as readonly unknown[]);
  }

  resolve(id: Hex): Resolved {
    const names = ['status', 'controller', 'payee', 'created', 'updated', 'version', 'ownershipEpoch'] as const;
    const values = this.call('resolve', [id]) as readonly unknown[];
    const all = [...names, 'docHash', 'docUri', 'keys', 'keyIds', 'services'];
    return Object.fromEntries(all.map((name, index) => [name, values[index]])) as unknown as Resolved;
  }

  addressOf(id: Hex): Address {
    return parseAddress(id);
  }

  nonceOf(id: Hex): bigint {
    return this.call('nonces', [id]) as bigint;
  }

  /** Names and arguments of all events so far. */
  events(): { eventName: string; args: Record<string, unknown> }[] {
    return this.host.logs.map(({ topics, data }) =>
      decodeEventLog({
        abi: deviceDidAbi,
        topics: topics.map(bytesToHex) as [Hex, ...Hex[]],
        data: bytesToHex(data),
      }),
    ) as never;
  }

  payload(primaryType: string, message: Message): Payload {
    return payloadOf(this.domain, primaryType, message);
  }

  /** The controller calls itself. */
  direct(signer: Address = OWNER.address): AuthInput {
    return { signer: bytesToHex(signer), deadline: this.now + 3_600n, sig: '0x' };
  }

  /** An account signs an action with the identity's nonce. */
  signed(
    signer: TestAccount,
    name: string,
    id: Hex,
    values: Record<string, unknown>,
    more: SignOptions = {},
  ): AuthInput {
    const payload = this.actionPayload(name, id, () => values, more);
    const { deadline = this.now + 3_600n } = more;
    return { signer: bytesToHex(signer.address), deadline, sig: bytesToHex(signer.key.sign(payload)) };
  }

  /** A key of an identity signs: key id ‖ signature. */
  signedByKey(key: TestKey, keyId: number, signer: Hex, name: string, id: Hex, message: Message): AuthInput {
    const payload = this.actionPayload(name, id, message, {});
    return { signer, deadline: this.now + 3_600n, sig: bytesToHex(keyedSignature(keyId, key.sign(payload))) };
  }

  actionPayload(name: string, identity: Hex, message: Message, more: SignOptions): Payload {
    const { nonce = this.nonceOf(identity), deadline = this.now + 3_600n } = more;
    return this.payload(name, (hashOf) => ({ identity, ...message(hashOf), nonce, deadline }));
  }

  identityOf(key: TestKey): Hex {
    return this.call('identityOf', [key.keyType, bytesToHex(key.publicKey)]) as Hex;
  }

  registration(key: TestKey, input: RegistrationInput = {}) {
    const { controller = OWNER.address, payee = controller, zkKey } = input;
    return {
      projectId: input.projectId ?? ZERO_HEX,
      controller: bytesToHex(controller),
      payee: bytesToHex(payee),
      keyType: key.keyType,
      publicKey: bytesToHex(key.publicKey),
      zkPublicKey: zkKey === undefined ? '0x' : bytesToHex(zkKey.publicKey),
      docHash: input.docHash ?? ZERO_HEX,
      docUri: input.docUri ?? '',
      modelHash: input.modelHash ?? ZERO_HEX,
      deadline: input.deadline ?? this.now + 3_600n,
    } as const;
  }

  registerPayload(key: TestKey, input: RegistrationInput = {}, more: SignOptions = {}): Payload {
    const r = this.registration(key, input);
    const identity = this.identityOf(key).toLowerCase() as Hex;
    const { nonce = this.nonceOf(identity), deadline = r.deadline } = more;
    return this.payload('Register', (hashOf) => ({
      identity,
      ...r,
      pubKeyHash: hashOf(viemBytes(r.publicKey)),
      zkKeyHash: hashOf(viemBytes(r.zkPublicKey)),
      docUriHash: hashOf(utf8ToBytes(r.docUri)),
      nonce,
      deadline,
    }));
  }

  /** The device key's proof, followed by the ZK key's. */
  deviceSig(key: TestKey, input: RegistrationInput = {}): Hex {
    const payload = this.registerPayload(key, input);
    return bytesToHex(concatBytes(key.sign(payload), input.zkKey?.sign(payload) ?? new Uint8Array()));
  }

  registerArgs(key: TestKey, input: RegistrationInput = {}, auth?: AuthInput): unknown[] {
    const r = this.registration(key, input);
    return [r, this.deviceSig(key, input), auth ?? this.direct(input.controller ?? OWNER.address), '0x'];
  }

  /** Registers a device of OWNER, who calls itself, and returns its identity. */
  register(key: TestKey, input: RegistrationInput = {}, options: CallOptions = {}): Hex {
    return this.call('register', this.registerArgs(key, input), options) as Hex;
  }

  /** The proof of a new key over an AddKey or RotateKey action. */
  keyProof(key: TestKey, k: KeyArgs, name: 'AddKey' | 'RotateKey', id: Hex, values: Record<string, unknown> = {}): Hex {
    const message: Message = (hashOf) => ({ ...k, ...values, pubKeyHash: hashOf(viemBytes(k.publicKey)) });
    return bytesToHex(key.sign(this.actionPayload(name, id, message, {})));
  }

  /** The members of a key action as accounts sign them. */
  keyValues(k: KeyArgs, values: Record<string, unknown> = {}): Record<string, unknown> {
    return { ...k, ...values, pubKeyHash: keccak256(k.publicKey) };
  }

  keyMessage(k: KeyArgs, values: Record<string, unknown> = {}): Message {
    return (hashOf) => ({ ...k, ...values, pubKeyHash: hashOf(viemBytes(k.publicKey)) });
  }

  addKey(id: Hex, key: TestKey, fields: Partial<KeyArgs> = {}, auth = this.direct()): number {
    const k = keyArgs(key, fields);
    return this.call('addKey', [id, k, this.keyProof(key, k, 'AddKey', id), auth]) as number;
  }
}

/** Name and arguments of the custom error by which `attempt` reverts. */
export function reverted(attempt: () => unknown): [string, readonly unknown[]] {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Reverted) return [error.errorName, error.args];
    throw error;
  }
  return ['nothing reverted', []];
}

export interface Resolved {
  readonly status: number;
  readonly controller: Hex;
  readonly payee: Hex;
  readonly created: bigint;
  readonly updated: bigint;
  readonly version: bigint;
  readonly ownershipEpoch: bigint;
  readonly docHash: Hex;
  readonly docUri: string;
  readonly keys: readonly KeyArgs[];
  readonly keyIds: readonly number[];
  readonly services: readonly { id: Hex; kind: string; endpoint: string }[];
}

export interface SignOptions {
  readonly nonce?: bigint;
  readonly deadline?: bigint;
}

export interface KeyArgs {
  readonly keyType: number;
  readonly purposes: number;
  readonly validFrom: bigint;
  readonly validUntil: bigint;
  readonly publicKey: Hex;
}

export function keyArgs(key: TestKey, fields: Partial<KeyArgs> = {}): KeyArgs {
  const publicKey = bytesToHex(key.publicKey);
  return { keyType: key.keyType, purposes: 3, validFrom: 0n, validUntil: 0n, publicKey, ...fields };
}

export function keyedSignature(keyId: number, signature: Uint8Array): Uint8Array {
  const id = new Uint8Array(4);
  new DataView(id.buffer).setUint32(0, keyId);
  return concatBytes(id, signature);
}
