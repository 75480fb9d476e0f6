// Random transactions that reach into every corner: every type, creations, nested calls of every kind, native and
// built-in precompiles, self-destructs, delegations, tight gas limits.
import { type Fork, includesFork } from '../../../../genesis/forks.ts';
import { SYSTEM_CONTRACTS } from '../../../../genesis/systemContracts.ts';
import { authorizationSigningHash } from '../../../../node/block/authorization.ts';
import { signTransaction, type UnsignedTransaction, withSender } from '../../../../node/block/transaction.ts';
import type {
  AccessListEntry,
  Authorization,
  SignedTransaction,
  TransactionType,
} from '../../../../node/block/types.ts';
import { DEVICE_DID_ADDRESS } from '../../../../precompiles/did/contract.ts';
import {
  bytesToBigInt,
  concatBytes,
  parseAddress,
  toAddress,
  toHash,
  ZERO_ADDRESS,
} from '../../../../primitives/bytes.ts';
import { keccak256 } from '../../../../primitives/crypto/keccak.ts';
import { addressOfPublicKey, publicKeyOf, signDigest } from '../../../../primitives/crypto/secp256k1.ts';
import type { Address, Wei } from '../../../../primitives/types.ts';
import { assemble, deployer } from './assembler.ts';
import { CONTRACTS } from './contracts.ts';
import { DeviceCalls } from './randomDevices.ts';
import type { SeededRandom } from './seededRandom.ts';
import { TEST_PRECOMPILE_ADDRESS } from './testPrecompile.ts';

export interface Actor {
  readonly privateKey: Uint8Array;
  readonly address: Address;
}

export const ACTORS: readonly Actor[] = Array.from({ length: 8 }, (_, index) => {
  const privateKey = keccak256(Uint8Array.of(0xac, index));
  return { privateKey, address: addressOfPublicKey(publicKeyOf(privateKey)) };
});

/** Addresses that nobody has a key of. */
export const FRESH: readonly Address[] = Array.from({ length: 6 }, (_, index) =>
  toAddress(keccak256(Uint8Array.of(0xf5, index)).slice(0, 20)),
);
const BUILT_IN = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 15, 16, 256].map((number) =>
  parseAddress(`0x${number.toString(16).padStart(40, '0')}`),
);

const contract = (name: string) => CONTRACTS[name]!;
const FORWARDERS = ['call', 'callCode', 'delegateCall', 'staticCall'].map((name) => contract(name).address);
const LEAVES = ['churn', 'destroy', 'loop', 'log', 'revert', 'invalid', 'environment', 'inspect', 'transient'].map(
  (name) => contract(name).address,
);

/** Enough for some of what is called, never for all. */
const GAS = [21_000, 30_000, 60_000, 120_000, 400_000, 1_500_000];
const DEVICE_GAS = [40_000, 120_000, 500_000, 900_000];

export class TransactionSource {
  readonly #random: SeededRandom;
  readonly #fork: Fork;
  readonly #chainId: bigint;
  readonly #devices: DeviceCalls;

  constructor(random: SeededRandom, fork: Fork, chainId: bigint) {
    this.#devices = new DeviceCalls(random, chainId);
    this.#random = random;
    this.#fork = fork;
    this.#chainId = chainId;
  }

  someAddress(): Address {
    const random = this.#random;
    return random.pick([
      () => random.pick(ACTORS).address,
      () => random.pick(FRESH),
      () => random.pick(BUILT_IN),
      () => random.pick(LEAVES),
      () => random.pick(FORWARDERS),
      () => TEST_PRECOMPILE_ADDRESS,
      () => DEVICE_DID_ADDRESS,
      () => random.pick(SYSTEM_CONTRACTS).address,
      () => contract(random.pick(['create', 'create2'])).address,
    ])();
  }

  /** Where a call goes and with what, up to a few frames deep. */
  #call(depth: number): { readonly to: Address; readonly data: Uint8Array } {
    const random = this.#random;
    if (depth < 5 && random.chance(0.45)) {
      const inner = this.#call(depth + 1);
      const mode = random.below(16);
      return { to: random.pick(FORWARDERS), data: concatBytes(Uint8Array.of(mode), inner.to, inner.data) };
    }
    if (random.chance(0.3)) return { to: TEST_PRECOMPILE_ADDRESS, data: random.bytes(random.below(40)) };
    if (random.chance(0.15)) {
      const mode = Uint8Array.of(random.below(64));
      return { to: contract(random.pick(['create', 'create2'])).address, data: concatBytes(mode, this.#initCode()) };
    }
    if (random.chance(0.5)) {
      const data = random.chance(0.4)
        ? concatBytes(this.someAddress(), random.bytes(12))
        : random.bytes(random.below(70));
      return { to: random.pick(LEAVES), data };
    }
    return { to: this.someAddress(), data: random.bytes(random.below(100)) };
  }

  #initCode(): Uint8Array {
    const random = this.#random;
    return random.pick([
      () => deployer(contract(random.pick(['churn', 'destroy', 'log', 'environment'])).code),
      () => assemble('CALLER SELFDESTRUCT'),
      () => assemble('ADDRESS SELFDESTRUCT'),
      () => assemble('0x01 0x00 SSTORE 0x00 0x00 REVERT'),
      () => assemble('0xef 0x00 MSTORE 0x01 0x1f RETURN'),
      () => assemble('0x61a9 0x00 RETURN'),
      () => assemble('0x01 0x01 SSTORE 0x00 0x01 SSTORE 0x07 0x02 SSTORE 0x00 0x00 RETURN'),
      () => assemble(`0x00 0x00 0x02 0x00 0x00 0x0d0f GAS CALL 0x03 SSTORE`),
      () => random.bytes(random.below(60)),
      () => new Uint8Array(0),
    ])();
  }

  #accessList(): AccessListEntry[] {
    const random = this.#random;
    return Array.from({ length: random.below(4) }, () => ({
      address: this.someAddress(),
      storageKeys: Array.from({ length: random.below(3) }, () => {
        const slot = new Uint8Array(32);
        slot[31] = random.below(16);
        return slot;
      }),
    }));
  }

  #authorization(nonceOf: (address: Address) => bigint): Authorization {
    const random = this.#random;
    const authority = random.pick(ACTORS);
    const unsigned = {
      chainId: random.pick([0n, this.#chainId, this.#chainId, this.#chainId + 1n]),
      address: random.chance(0.15) ? ZERO_ADDRESS : this.someAddress(),
      nonce: nonceOf(authority.address) + BigInt(random.pick([0, 0, 0, 1])),
    };
    const { signature, recovery } = signDigest(authorizationSigningHash(unsigned), authority.privateKey);
    const r = bytesToBigInt(signature.subarray(0, 32));
    const s = bytesToBigInt(signature.subarray(32));
    return {
      ...unsigned,
      r,
      s: random.chance(0.05) ? s + 1n : s,
      yParity: random.chance(0.05) ? 7n : BigInt(recovery),
    };
  }

  #type(): TransactionType {
    const types: TransactionType[] = [0, 0];
    if (includesFork(this.#fork, 'berlin')) types.push(1);
    if (includesFork(this.#fork, 'london')) types.push(2, 2);
    if (includesFork(this.#fork, 'cancun')) types.push(3);
    if (includesFork(this.#fork, 'prague')) types.push(4, 4);
    return this.#random.pick(types);
  }

  next(baseFee: Wei, nonceOf: (address: Address) => bigint): SignedTransaction {
    const random = this.#random;
    const type = this.#type();
    const sender = random.pick(ACTORS);
    const isCreation = type < 3 && random.chance(0.15);
    const isDevice = !isCreation && random.chance(0.15);
    const { to, data } = isCreation
      ? { to: undefined, data: this.#initCode() }
      : isDevice
        ? { to: DEVICE_DID_ADDRESS, data: this.#devices.next(sender.address, this.someAddress()) }
        : this.#call(0);
    const isPlain = !isCreation && !isDevice && random.chance(0.2);
    const maxFeePerGas = baseFee + BigInt(random.below(2_000_000_000));
    const unsigned: UnsignedTransaction = {
      type,
      chainId: type === 0 && random.chance(0.3) ? undefined : this.#chainId,
      nonce: nonceOf(sender.address) + (random.chance(0.03) ? 1n : 0n),
      gasLimit: BigInt(random.pick(isDevice ? DEVICE_GAS : GAS) + random.below(30_000)),
      maxFeePerGas,
      maxPriorityFeePerGas: type >= 2 ? BigInt(random.below(Number(maxFeePerGas) + 1)) : maxFeePerGas,
      to: isPlain ? this.someAddress() : to,
      value: random.chance(0.5) ? 0n : BigInt(random.below(5)),
      data: isPlain ? new Uint8Array(0) : data,
      accessList: type === 0 ? [] : this.#accessList(),
      authorizationList:
        type === 4 ? Array.from({ length: 1 + random.below(3) }, () => this.#authorization(nonceOf)) : [],
      blobVersionedHashes: type === 3 ? [toHash(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : i)))] : [],
      maxFeePerBlobGas: type === 3 ? BigInt(1 + random.below(10)) : 0n,
    };
    return withSender(signTransaction(unsigned, sender.privateKey), sender.address);
  }
}
