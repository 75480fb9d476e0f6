// A development chain in a database on disk, driven without consensus and RPC: what a block costs in itself.
import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import type { StateEdit } from '../../node/api.ts';
import {
  decodeTransaction,
  encodeTransaction,
  type UnsignedTransaction,
  withSender,
} from '../../node/block/transaction.ts';
import type { SignedTransaction } from '../../node/block/types.ts';
import { Chain } from '../../node/chain/chain.ts';
import type { ImportContext } from '../../node/chain/importBlock.ts';
import { BlockMaker } from '../../node/consensus/blockMaker.ts';
import type { Database } from '../../node/state/database.ts';
import { openLevelDatabase } from '../../node/state/levelDatabase.ts';
import { precompiles } from '../../precompiles/registry.ts';
import { utf8ToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import type { Address } from '../../primitives/types.ts';

/** Room for whatever a benchmark puts into a block. */
const GAS_LIMIT = 1_000_000_000n;
const BASE_FEE_WEI = 1_000_000_000n;

/** Processor microseconds of a block's parts. */
export interface BlockCost {
  readonly execute: number;
  readonly seal: number;
  readonly commit: number;
}

export interface DiskChain {
  readonly chain: Chain;
  readonly importContext: ImportContext;
  /** Executes, seals and commits the next block. @throws when a transaction is refused */
  addBlock(transactions: readonly SignedTransaction[], edits?: readonly StateEdit[]): Promise<BlockCost>;
  close(): Promise<void>;
}

export async function openDiskChain(directory: string): Promise<DiskChain> {
  const spec = parseGenesis(devGenesis({ gasLimit: GAS_LIMIT, timestampSeconds: 1_700_000_000n, blockTimeMs: 60_000 }));
  const database: Database = await openLevelDatabase(directory);
  const chain = await Chain.open({ database, spec, stateMode: { kind: 'archive' } });
  const importContext: ImportContext = {
    chain,
    precompilesAt: (time) => [...precompiles.activeAt(spec.gnomon?.precompiles ?? [], time).values()],
    blockStartSteps: [],
    alarm: ({ cause }) => {
      throw cause;
    },
  };
  const maker = new BlockMaker(importContext);
  return {
    chain,
    importContext,
    async addBlock(transactions, edits = []) {
      const time = { seconds: chain.head.header.timestampSeconds + 1n, nanos: 0 };
      const clock = cpuClock();
      const raw = transactions.map((transaction) => transaction.raw);
      const candidate = await maker.execute(
        { time, dev: edits.length === 0 ? undefined : { edits } },
        raw,
        transactions,
      );
      const [refusal] = candidate.refusals.values();
      if (refusal !== undefined) throw refusal;
      const execute = clock();
      const request = maker.seal(candidate, undefined);
      const seal = clock();
      await chain.commit(request);
      return { execute, seal, commit: clock() };
    },
    close: () => database.close(),
  };
}

/** Processor microseconds since the last call. */
export function cpuClock(): () => number {
  let last = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(last);
    last = process.cpuUsage();
    return user + system;
  };
}

/** The account of a number: the same in every run. */
export function accountOf(index: number): Address {
  return keccak256(utf8ToBytes(`benchmark account ${index}`)).subarray(0, 20) as Address;
}

export type TransactionFields = Pick<UnsignedTransaction, 'nonce' | 'to' | 'value' | 'data' | 'gasLimit'>;

export function unsignedOf(chain: Chain, fields: TransactionFields): UnsignedTransaction {
  return {
    type: 2,
    chainId: chain.spec.chainId,
    maxFeePerGas: 2n * BASE_FEE_WEI,
    maxPriorityFeePerGas: 1n,
    accessList: [],
    authorizationList: [],
    blobVersionedHashes: [],
    maxFeePerBlobGas: 0n,
    ...fields,
  };
}

/** A transaction whose sender was recovered before: nothing looks at its signature again. */
export function recovered(chain: Chain, sender: Address, fields: TransactionFields): SignedTransaction {
  const raw = encodeTransaction(unsignedOf(chain, fields), { yParity: 0, r: 1n, s: 1n });
  return withSender(decodeTransaction(raw), sender);
}
