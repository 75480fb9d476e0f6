// An EvmApp over a real chain without a node around it: the test is the engine and the pool.

import type { ChainSpec } from '../../../genesis/chainSpec.ts';
import { DEV_ACCOUNTS, devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { decodeTransaction, recoverSender, withSender } from '../../../node/block/transaction.ts';
import type { SignedTransaction } from '../../../node/block/types.ts';
import { Chain, type ChainOptions } from '../../../node/chain/chain.ts';
import { AbciMonitor } from '../../../node/consensus/abciMonitor.ts';
import { BlockMaker } from '../../../node/consensus/blockMaker.ts';
import type { ConsensusTime, DecidedBlock } from '../../../node/consensus/consensusApp.ts';
import { EvmApp } from '../../../node/consensus/evmApp.ts';
import type { Database } from '../../../node/state/database.ts';
import type { StateMode } from '../../../node/state/stateStore.ts';
import { precompiles as registry } from '../../../precompiles/registry.ts';
import { bytesToHex, EMPTY_BYTES } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { ChainError } from '../../../primitives/errors.ts';
import { CONTRACTS } from '../execution/support/contracts.ts';
import { ACTORS } from '../execution/support/randomTransactions.ts';
import { TEST_PRECOMPILE_ADDRESS, testPrecompile } from '../execution/support/testPrecompile.ts';

export const FIRST_TIME: ConsensusTime = { seconds: 1_800_000_000n, nanos: 0 };

/** The dev chain with the contracts and actors of the random transactions. */
export function appSpec(): ChainSpec {
  const genesis = devGenesis();
  const alloc: Record<string, object> = { ...genesis.alloc };
  for (const { address, code } of Object.values(CONTRACTS))
    alloc[bytesToHex(address)] = { balance: '0x3e8', code: bytesToHex(code) };
  for (const { address } of ACTORS) alloc[bytesToHex(address)] = { balance: '0x56bc75e2d63100000' };
  alloc[bytesToHex(TEST_PRECOMPILE_ADDRESS)] = { balance: '0x3e8', nonce: '0x1', code: '0x60006000fd' };
  return parseGenesis({ ...genesis, alloc });
}

function decode(raw: Uint8Array): SignedTransaction | ChainError {
  try {
    const transaction = decodeTransaction(raw);
    return withSender(transaction, recoverSender(transaction));
  } catch (error) {
    if (error instanceof ChainError) return error;
    throw error;
  }
}

export interface TestApp {
  readonly chain: Chain;
  readonly app: EvmApp;
  /** The app behind the grammar monitor: what an engine should drive. */
  readonly monitored: AbciMonitor;
  /** What the pool offers, in order. */
  pool: Uint8Array[];
  readonly refused: string[];
}

/** Opens an app over what the database holds; what it knew in memory before is lost. */
export async function openApp(
  database: Database,
  spec: ChainSpec,
  stateMode: StateMode = { kind: 'archive' },
  limits?: ChainOptions['limits'],
): Promise<TestApp> {
  const chain = await Chain.open({ database, spec, stateMode, limits });
  const precompilesAt = (time: bigint) => [
    ...registry.activeAt(spec.gnomon?.precompiles ?? [], time).values(),
    testPrecompile,
  ];
  const alarm = () => undefined;
  const refused: string[] = [];
  const test = { chain, pool: [] as Uint8Array[], refused };
  const app = new EvmApp({
    chain,
    maker: new BlockMaker({ chain, precompilesAt, blockStartSteps: [], alarm }),
    pool: {
      best() {
        const offered = test.pool
          .map(decode)
          .filter((each): each is SignedTransaction => !(each instanceof ChainError));
        return { next: () => offered.shift(), refuse: (_transaction, { code }) => void refused.push(code) };
      },
      has: (hash) => test.pool.some((raw) => Buffer.compare(keccak256(raw), hash) === 0),
      async add(raw) {
        const transaction = decode(raw);
        if (transaction instanceof ChainError) throw transaction;
        test.pool.push(raw);
      },
    },
    decode: async (raws) => raws.map(decode),
    hashOf: keccak256,
    staged: undefined,
    version: 'test',
    warn: () => undefined,
    nowMs: () => 0,
  });
  const monitored = new AbciMonitor(app);
  await monitored.info();
  return Object.assign(test, { app, monitored });
}

const ENGINE_FIELDS = { misbehavior: [], proposerAddress: EMPTY_BYTES, nextValidatorsHash: EMPTY_BYTES };

/** A time that rises with the height. */
export function timeOf(height: bigint): ConsensusTime {
  return { seconds: FIRST_TIME.seconds + height * 2n, nanos: 500 };
}

export function proposed(
  height: bigint,
  txs: readonly Uint8Array[],
  changed: Partial<DecidedBlock> = {},
): DecidedBlock {
  return {
    ...ENGINE_FIELDS,
    height,
    time: timeOf(height),
    hash: EMPTY_BYTES,
    txs,
    lastCommit: { round: 0, votes: [] },
    ...changed,
  };
}

export function preparation(height: bigint, maxTxBytes = 1_000_000n) {
  return {
    ...ENGINE_FIELDS,
    height,
    time: timeOf(height),
    maxTxBytes,
    txs: [],
    localLastCommit: { round: 0, votes: [] },
  };
}

/** Finalises and commits; returns what finalisation said. */
export async function decide({ monitored }: TestApp, block: DecidedBlock) {
  const finalized = await monitored.finalizeBlock(block);
  await monitored.commit();
  return finalized;
}

export const [ALICE, BOB, CAROL] = DEV_ACCOUNTS as unknown as readonly [Account, Account, Account];
type Account = (typeof DEV_ACCOUNTS)[number];
