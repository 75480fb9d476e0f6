// The block as code that runs in it sees it.
import type { HostBlock } from '../../precompiles/framework/host.ts';
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';
import { blobBaseFee } from '../block/blobGas.ts';
import type { Header } from '../block/types.ts';
import type { ForkRules } from './forkRules.ts';

export interface BlockEnvironment extends HostBlock {
  readonly coinbase: Address;
  readonly gasLimit: Gas;
  /** 0 from Paris on. */
  readonly difficulty: bigint;
  /** EIP-4399; code sees it from Paris on. */
  readonly prevRandao: Hash;
  /** Undefined before London. */
  readonly baseFeePerGas: Wei | undefined;
  /** Undefined before Cancun. Computed here: the stock tables do not know blob-parameter forks. */
  readonly blobBaseFee: Wei | undefined;
}

/** How far back code can ask for block hashes. */
const BLOCK_HASH_WINDOW = 256n;

/** The environment of a block with this header; `blockHash` answers for the blocks before it. */
export function environmentOf(
  header: Header,
  rules: ForkRules,
  blockHash: (number: bigint) => Hash | undefined,
): BlockEnvironment {
  const { blobSchedule } = rules;
  return {
    number: header.number,
    timestampSeconds: header.timestampSeconds,
    coinbase: header.coinbase,
    gasLimit: header.gasLimit,
    difficulty: header.difficulty,
    prevRandao: header.mixHash,
    baseFeePerGas: header.baseFeePerGas,
    blobBaseFee: blobSchedule === undefined ? undefined : blobBaseFee(header.excessBlobGas ?? 0n, blobSchedule),
    blockHash: (number) =>
      number < header.number && number + BLOCK_HASH_WINDOW >= header.number ? blockHash(number) : undefined,
  };
}
