// Calldata for every precompile in force: what is valid, what is nearly so, and garbage.
import type { Abi, AbiFunction, AbiParameter } from 'abitype';
import { encodeFunctionData, type Hex } from 'viem';
import { deviceDidAbi } from '../../precompiles/did/abi.ts';
import { DEVICE_DID_ADDRESS } from '../../precompiles/did/contract.ts';
import { bigIntToFixedBytes, bytesToHex, concatBytes, equalBytes, hexToBytes } from '../../primitives/bytes.ts';
import { signDigest } from '../../primitives/crypto/secp256k1.ts';
import type { Address } from '../../primitives/types.ts';
import { type Material, mutate } from '../mutate.ts';
import type { FuzzRandom } from '../random.ts';
import { FUZZ_KEY } from '../realData.ts';

/** Far behind every block's time. */
export const FAR_DEADLINE = 2n ** 40n;
const WORDS: Material = { shape: 'words', pool: [], dictionary: [], bytesMax: 3_000 };

export interface Call {
  readonly to: Address;
  readonly data: Uint8Array;
}

/** An account with what it can register, and the identities of that. */
export interface Owner {
  readonly address: Address;
  readonly identities: readonly Hex[];
  /** Calls that hold when the account makes them. */
  readonly registrations: readonly Uint8Array[];
}
/** Who has what; contracts have nothing. */
export type CallMaterial = readonly Owner[];

const METHODS = (deviceDidAbi as Abi).filter((item): item is AbiFunction => item.type === 'function');

function word(value: bigint): Uint8Array {
  return bigIntToFixedBytes(value, 32);
}

function builtIn(index: number): Address {
  return bigIntToFixedBytes(BigInt(index), 20) as Address;
}

/** One sound input for each of Ethereum's own: recovery, hashes, powers, curves, KZG, P-256. */
function builtInInputs(): readonly Call[] {
  const digest = new Uint8Array(32).fill(5);
  const { signature, recovery } = signDigest(digest as never, FUZZ_KEY);
  const g1 = concatBytes(word(1n), word(2n));
  const modexp = concatBytes(word(3n), word(2n), word(3n), Uint8Array.of(5, 6, 7, 1, 1, 9, 9, 9));
  const blake = concatBytes(Uint8Array.of(0, 0, 0, 12), new Uint8Array(208).fill(3), Uint8Array.of(1));
  const inputs: readonly (readonly [number, Uint8Array])[] = [
    [1, concatBytes(digest, word(27n + BigInt(recovery)), signature)],
    [2, digest],
    [3, digest],
    [4, digest],
    [5, modexp],
    [6, concatBytes(g1, g1)],
    [7, concatBytes(g1, word(9n))],
    [8, new Uint8Array()],
    [8, new Uint8Array(192)],
    [9, blake],
    [10, new Uint8Array(192)],
    [11, new Uint8Array(256)],
    [12, new Uint8Array(160)],
    [13, new Uint8Array(512)],
    [14, new Uint8Array(288)],
    [15, new Uint8Array(384)],
    [16, new Uint8Array(64)],
    [17, new Uint8Array(128)],
    [0x100, new Uint8Array(160).fill(1)],
  ];
  return inputs.map(([index, data]) => ({ to: builtIn(index), data }));
}

const BUILT_IN = builtInInputs();

/** Any call of any precompile. `caller` is who makes it, where that is known. */
export function someCall(random: FuzzRandom, material: CallMaterial, caller: Address): Call {
  const call = random.chance(0.6) ? didCall(random, material, caller) : random.pick(BUILT_IN);
  if (random.chance(0.3)) return { ...call, data: mutate(random, call.data, WORDS) };
  if (random.chance(0.03)) return { ...call, data: random.bytes(random.below(300)) };
  return call;
}

function didCall(random: FuzzRandom, material: CallMaterial, caller: Address): Call {
  const to = DEVICE_DID_ADDRESS;
  if (random.chance(0.15)) return { to, data: random.pick(ownerFor(random, material, caller).registrations) };
  const { name: functionName, inputs } = random.pick(METHODS);
  const args = inputs.map((input) => argument(random, input, input.type, material, caller));
  return { to, data: hexToBytes(encodeFunctionData({ abi: deviceDidAbi, functionName, args } as never)) };
}

/** Mostly the caller itself, where it owns something. */
function ownerFor(random: FuzzRandom, material: CallMaterial, caller: Address): Owner {
  const own = material.find(({ address }) => equalBytes(address, caller));
  return own !== undefined && random.chance(0.8) ? own : random.pick(material);
}

function argument(
  random: FuzzRandom,
  parameter: AbiParameter,
  type: string,
  material: CallMaterial,
  caller: Address,
): unknown {
  if (parameter.name === 'id' && type === 'address') return random.pick(ownerFor(random, material, caller).identities);
  if (parameter.name === 'a' || parameter.name === 'controllerAuth')
    return {
      signer: bytesToHex(caller),
      deadline: FAR_DEADLINE,
      sig: bytesToHex(random.bytes(random.pick([0, 0, 0, 65, 69]))),
    };
  if (type === 'tuple' && 'components' in parameter)
    return Object.fromEntries(
      parameter.components.map((member) => [member.name, argument(random, member, member.type, material, caller)]),
    );
  if (type === 'address')
    return bytesToHex(
      random.chance(0.3)
        ? caller
        : random.pick([random.pick(material).address, new Uint8Array(20), DEVICE_DID_ADDRESS]),
    );
  if (type === 'string') return 'x'.repeat(random.pick([0, 1, 31, 32, 33, 256, 257, 513]));
  if (type === 'bytes') return bytesToHex(random.bytes(random.pick([0, 32, 64, 65, 69, 100, 1_025])));
  if (type === 'bool') return random.chance(0.5);
  const [, kind, digits] = /^(bytes|uint)(\d+)$/.exec(type) ?? [];
  const width = Number(digits);
  if (kind === 'bytes') return bytesToHex(random.bytes(width));
  const max = 2n ** BigInt(width) - 1n;
  const value = random.pick([0n, 1n, 2n, 3n, 4n, 127n, 1_900_000_000n, FAR_DEADLINE, max]);
  const fitting = value > max ? max : value;
  return width <= 48 ? Number(fitting) : fitting;
}
