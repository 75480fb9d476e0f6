// eth_config (EIP-7910): which rules are in force, which come next, and the fork identifier (EIP-2124, EIP-6122) by
// which nodes of the same chain know each other.
import { crc32 } from 'node:zlib';
import type { ChainSpec } from '../genesis/chainSpec.ts';
import { blobScheduleAt, type Fork, forkAt, includesFork } from '../genesis/forks.ts';
import type { PrecompileInfo } from '../node/api.ts';
import { bigIntToFixedBytes, bytesToHex } from '../primitives/bytes.ts';
import type { Address, Hash, Hex } from '../primitives/types.ts';
import { quantityToRpc } from './serialize/values.ts';

/** EIP-7910, "Precompile names"; each with the fork that introduced it. */
const PRECOMPILES: readonly (readonly [fork: Fork, name: string, address: number])[] = [
  ['frontier', 'ECREC', 0x01],
  ['frontier', 'SHA256', 0x02],
  ['frontier', 'RIPEMD160', 0x03],
  ['frontier', 'ID', 0x04],
  ['byzantium', 'MODEXP', 0x05],
  ['byzantium', 'BN254_ADD', 0x06],
  ['byzantium', 'BN254_MUL', 0x07],
  ['byzantium', 'BN254_PAIRING', 0x08],
  ['istanbul', 'BLAKE2F', 0x09],
  ['cancun', 'KZG_POINT_EVALUATION', 0x0a],
  ['prague', 'BLS12_G1ADD', 0x0b],
  ['prague', 'BLS12_G1MSM', 0x0c],
  ['prague', 'BLS12_G2ADD', 0x0d],
  ['prague', 'BLS12_G2MSM', 0x0e],
  ['prague', 'BLS12_PAIRING_CHECK', 0x0f],
  ['prague', 'BLS12_MAP_FP_TO_G1', 0x10],
  ['prague', 'BLS12_MAP_FP2_TO_G2', 0x11],
  ['osaka', 'P256VERIFY', 0x100],
];

/** EIP-4788, EIP-2935, EIP-7002 and EIP-7251: where each fixed system contract stands. */
const SYSTEM_CONTRACTS: readonly (readonly [fork: Fork, name: string, address: Hex])[] = [
  ['cancun', 'BEACON_ROOTS_ADDRESS', '0x000f3df6d732807ef1319fb7b8bb8522d0beac02'],
  ['prague', 'CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS', '0x0000bbddc7ce488642fb579f8b00f3a590007251'],
  ['prague', 'HISTORY_STORAGE_ADDRESS', '0x0000f90827f1c53a10cb7a02335b175320002935'],
  ['prague', 'WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS', '0x00000961ef480eb55e80d19ad83579a64c007002'],
];

/** A moment at which the rules change, as the fork identifier hashes it: a block number or a time. */
interface ForkPoint {
  readonly block?: bigint;
  readonly timestampSeconds?: bigint;
}

/** Every activation in the chain's config, in order and each once; what is in force from the start does not count. */
function forkPoints(spec: ChainSpec): { blocks: bigint[]; times: bigint[] } {
  const collect = (suffix: string, after: bigint): bigint[] => {
    const found = new Set<bigint>();
    for (const [name, value] of Object.entries(spec.config))
      if (name.endsWith(suffix) && typeof value === 'number' && BigInt(value) > after) found.add(BigInt(value));
    return [...found].sort((a, b) => (a < b ? -1 : 1));
  };
  return { blocks: collect('Block', 0n), times: collect('Time', spec.genesis.timestampSeconds) };
}

/** FORK_HASH (EIP-6122) of a chain whose rules are those in force at `point`. */
export function forkHash(spec: ChainSpec, genesisHash: Hash, { block, timestampSeconds }: ForkPoint): Hex {
  const { blocks, times } = forkPoints(spec);
  const passed = [
    ...blocks.filter((number) => block === undefined || number <= block),
    ...times.filter((time) => timestampSeconds !== undefined && time <= timestampSeconds),
  ];
  let checksum = crc32(genesisHash);
  for (const point of passed) checksum = crc32(bigIntToFixedBytes(point, 8), checksum);
  return `0x${checksum.toString(16).padStart(8, '0')}`;
}

export interface ForkConfigSource {
  readonly spec: ChainSpec;
  readonly genesisHash: Hash;
  readonly precompiles: readonly PrecompileInfo[];
}

/** The rules in force from `activationSeconds` on, as EIP-7910 describes them. */
function configAt({ spec, genesisHash, precompiles }: ForkConfigSource, activationSeconds: bigint): unknown {
  const fork = forkAt(spec.forks, 2n ** 64n - 1n, activationSeconds);
  const schedule = blobScheduleAt(spec.blobSchedules, activationSeconds);
  const names: (readonly [string, Hex])[] = PRECOMPILES.filter(([since]) => includesFork(fork, since)).map(
    ([, name, address]) => [name, bytesToHex(bigIntToFixedBytes(BigInt(address), 20))],
  );
  const native: (readonly [string, Hex])[] = precompiles
    .filter(({ activationTimestampSeconds }) => activationTimestampSeconds <= activationSeconds)
    .map(({ name, address }) => [name, bytesToHex(address)]);
  return {
    activationTime: Number(activationSeconds),
    blobSchedule:
      schedule === undefined
        ? null
        : {
            target: schedule.target,
            max: schedule.max,
            baseFeeUpdateFraction: Number(schedule.baseFeeUpdateFraction),
          },
    chainId: quantityToRpc(spec.chainId),
    forkId: forkHash(spec, genesisHash, { timestampSeconds: activationSeconds }),
    precompiles: sortedObject([...names, ...native]),
    systemContracts: sortedObject(systemContracts(fork, spec.depositContractAddress)),
  };
}

function systemContracts(fork: Fork, deposit: Address | undefined): (readonly [string, Hex])[] {
  const fixed: (readonly [string, Hex])[] = SYSTEM_CONTRACTS.filter(([since]) => includesFork(fork, since)).map(
    ([, name, address]) => [name, address],
  );
  return deposit !== undefined && includesFork(fork, 'prague')
    ? [...fixed, ['DEPOSIT_CONTRACT_ADDRESS', bytesToHex(deposit)]]
    : fixed;
}

/** Keys in order; a name that stands twice (the native P256VERIFY) stands once. */
function sortedObject(entries: readonly (readonly [string, Hex])[]): Record<string, Hex> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** The answer of eth_config when the head's time is `nowSeconds`. */
export function forkConfig(source: ForkConfigSource, nowSeconds: bigint): unknown {
  const { spec, precompiles } = source;
  const activations = new Set<bigint>([spec.genesis.timestampSeconds]);
  for (const { timestampSeconds } of spec.forks) if (timestampSeconds !== undefined) activations.add(timestampSeconds);
  for (const { timestampSeconds } of spec.blobSchedules) activations.add(timestampSeconds);
  for (const { activationTimestampSeconds } of precompiles) activations.add(activationTimestampSeconds);
  const times = [...activations]
    .filter((time) => time >= spec.genesis.timestampSeconds)
    .sort((a, b) => (a < b ? -1 : 1));
  const current = times.findLast((time) => time <= nowSeconds) ?? spec.genesis.timestampSeconds;
  const next = times.find((time) => time > nowSeconds);
  const last = times.at(-1);
  return {
    current: configAt(source, current),
    next: next === undefined ? null : configAt(source, next),
    last: next === undefined || last === undefined ? null : configAt(source, last),
  };
}
