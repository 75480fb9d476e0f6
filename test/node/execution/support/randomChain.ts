// A chain of random blocks, made by our execution and run again by us without the direct path and by the stock VM.
import type { ChainSpec } from '../../../../genesis/chainSpec.ts';
import { type BlobSchedule, type Fork, includesFork } from '../../../../genesis/forks.ts';
import { genesisHeader } from '../../../../genesis/genesisHeader.ts';
import { SYSTEM_CONTRACTS } from '../../../../genesis/systemContracts.ts';
import { baseFeeAfter } from '../../../../node/block/baseFee.ts';
import { nextExcessBlobGas } from '../../../../node/block/blobGas.ts';
import { nextDifficulty } from '../../../../node/block/difficulty.ts';
import { hashHeader } from '../../../../node/block/header.ts';
import { EMPTY_OMMERS_HASH } from '../../../../node/block/ommersHash.ts';
import { encodeReceipt } from '../../../../node/block/receipt.ts';
import type { Block, Header, Withdrawal } from '../../../../node/block/types.ts';
import { environmentOf } from '../../../../node/execution/blockEnvironment.ts';
import {
  BlockExecution,
  type BlockExecutionOptions,
  type ExecutedBlock,
} from '../../../../node/execution/blockExecution.ts';
import { forkRulesAt } from '../../../../node/execution/forkRules.ts';
import { NATIVE_STUB_CODE } from '../../../../node/execution/nativeCall.ts';
import { createJournaledState } from '../../../../node/state/worldState.ts';
import { deviceDid } from '../../../../precompiles/did/contract.ts';
import { bytesToHex, equalBytes, ZERO_ADDRESS, ZERO_HASH } from '../../../../primitives/bytes.ts';
import { keccak256 } from '../../../../primitives/crypto/keccak.ts';
import type { Hash } from '../../../../primitives/types.ts';
import { CONTRACTS } from './contracts.ts';
import { allocChanges } from './foreignChain.ts';
import { ModelState } from './modelState.ts';
import { ACTORS, FRESH, TransactionSource } from './randomTransactions.ts';
import { SeededRandom } from './seededRandom.ts';
import { StockOracle } from './stockOracle.ts';
import { TEST_PRECOMPILE_ADDRESS, testPrecompile } from './testPrecompile.ts';

const CHAIN_ID = 4766n;
const PRECOMPILES = [deviceDid, testPrecompile];

/** The schedules that the stock tables have for their forks. */
const SCHEDULES: readonly (readonly [Fork, Omit<BlobSchedule, 'timestampSeconds'>])[] = [
  ['prague', { name: 'prague', target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n }],
  ['cancun', { name: 'cancun', target: 3, max: 6, baseFeeUpdateFraction: 3_338_477n }],
];

export function plainSpec(fork: Fork): ChainSpec {
  const schedule = SCHEDULES.find(([since]) => includesFork(fork, since))?.[1];
  const account = { balanceWei: 0n, nonce: 1n, code: new Uint8Array(0), storage: [] };
  return {
    chainId: CHAIN_ID,
    forks: [{ fork, block: 0n }],
    blobSchedules: schedule === undefined ? [] : [{ ...schedule, timestampSeconds: 0n }],
    genesis: {
      number: 0n,
      timestampSeconds: 1_000n,
      gasLimit: 30_000_000n,
      difficulty: includesFork(fork, 'paris') ? 0n : 131_072n,
      nonce: new Uint8Array(8),
      mixHash: ZERO_HASH,
      coinbase: ZERO_ADDRESS,
      extraData: new Uint8Array(0),
      parentHash: ZERO_HASH,
    },
    alloc: [
      ...ACTORS.map(({ address }) => ({ ...account, address, nonce: 0n, balanceWei: 10n ** 20n })),
      // Empty accounts that are there, as before EIP-161: the first touch deletes them.
      ...FRESH.slice(0, 3).map((address) => ({ ...account, address, nonce: 0n })),
      ...SYSTEM_CONTRACTS.map(({ address, code }) => ({ ...account, address, code })),
      ...Object.values(CONTRACTS).map(({ address, code }) => ({ ...account, address, code, balanceWei: 1_000n })),
      { ...account, address: TEST_PRECOMPILE_ADDRESS, code: NATIVE_STUB_CODE, balanceWei: 10n ** 6n },
      { ...account, address: deviceDid.address, code: NATIVE_STUB_CODE },
    ],
    specHash: ZERO_HASH,
    config: {},
  };
}

export class RandomChain {
  readonly spec: ChainSpec;
  readonly #fork: Fork;
  readonly #random: SeededRandom;
  readonly #source: TransactionSource;
  readonly #state = new ModelState();
  readonly #hashes: Hash[] = [];
  #parent: Header;
  #stock: StockOracle | undefined;
  /** How often each thing happened, to see that the chain is not of empty blocks. */
  readonly counts = new Map<string, number>();

  constructor(fork: Fork, seed: number) {
    this.spec = plainSpec(fork);
    this.#fork = fork;
    this.#random = new SeededRandom(seed);
    this.#source = new TransactionSource(this.#random, fork, CHAIN_ID);
    const changes = allocChanges(this.spec);
    this.#parent = genesisHeader(this.spec, this.#state.rootAfter(changes));
    this.#state.apply(changes);
    this.#hashes.push(hashHeader(this.#parent));
  }

  /** Makes a block of random transactions and has the others run it. */
  async grow(transactionCount: number): Promise<void> {
    this.#stock ??= await StockOracle.create(this.spec, PRECOMPILES, (number) => this.#hashes[Number(number)]);
    const started = this.#startHeader();
    const withdrawals = includesFork(this.#fork, 'shanghai') ? this.#withdrawals() : undefined;
    const { state, execution } = await this.#begin(started, true);
    for (let i = 0; i < transactionCount; i++) {
      const nonceOf = (address: Parameters<typeof state.account>[0]) => state.account(address)?.nonce ?? 0n;
      const tx = this.#source.next(started.baseFeePerGas ?? 1n, nonceOf);
      const result = await execution.apply(tx);
      this.#count(result.included ? `type ${tx.type}` : result.refusal.code);
      if (result.included) this.#count(result.outcome.exception ?? 'success');
      if (result.included && result.outcome.nativeWorkMicroseconds > 0) this.#count('native');
      if (result.included && result.receipt.contractAddress) this.#count('creation');
      const isDevice = tx.to !== undefined && equalBytes(tx.to, deviceDid.address);
      if (isDevice && result.included && result.receipt.succeeded) this.#count('device');
    }
    const executed = await execution.finish({ withdrawals });
    const block = this.#seal(started, executed, withdrawals);
    await this.#repeatWithoutDirectPath(block, executed);
    await this.#stock.run(block, executed);
    this.#state.apply(executed.changes);
    this.#parent = block.header;
    this.#hashes.push(block.hash);
  }

  async #begin(header: Header, allowsDirectPath: boolean) {
    const rules = forkRulesAt(this.spec, header.number, header.timestampSeconds);
    const state = createJournaledState(this.#state.reader);
    const options: BlockExecutionOptions = {
      rules,
      block: environmentOf(header, rules, (number) => this.#hashes[Number(number)]),
      chain: { chainId: CHAIN_ID, genesisHash: ZERO_HASH },
      state,
      precompiles: PRECOMPILES,
      blockStartSteps: [],
      parentHash: header.parentHash,
      parentBeaconBlockRoot: header.parentBeaconBlockRoot,
      alarm: () => this.#count('alarm'),
      stateRootOf: (changes) => this.#state.rootAfter(changes),
      allowsDirectPath,
    };
    return { state, execution: await BlockExecution.begin(options) };
  }

  async #repeatWithoutDirectPath({ header, transactions, withdrawals }: Block, first: ExecutedBlock): Promise<void> {
    const { execution } = await this.#begin(header, false);
    for (const tx of transactions) {
      const result = await execution.apply(tx);
      if (!result.included)
        throw new Error('the interpreter refuses what the direct path includes', { cause: result.refusal });
    }
    const second = await execution.finish({ withdrawals });
    const digest = (executed: ExecutedBlock) => ({
      state: bytesToHex(this.#state.rootAfter(executed.changes)),
      receipts: executed.receipts.map((receipt) => bytesToHex(encodeReceipt(receipt))),
      gas: executed.receipts.map(({ gasUsed }) => gasUsed),
      work: executed.nativeWorkMicroseconds,
    });
    const [direct, interpreted] = [digest(first), digest(second)].map((each) =>
      JSON.stringify(each, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    );
    if (direct !== interpreted) throw new Error(`direct path ${direct} differs from the interpreter ${interpreted}`);
  }

  #withdrawals(): Withdrawal[] {
    return Array.from({ length: this.#random.below(3) }, (_, index) => ({
      index: BigInt(index),
      validatorIndex: 7n,
      address: this.#source.someAddress(),
      amountGwei: BigInt(this.#random.below(3)),
    }));
  }

  #startHeader(): Header {
    const parent = this.#parent;
    const fork = this.#fork;
    const timestampSeconds = parent.timestampSeconds + 1n + BigInt(this.#random.below(20));
    const schedule = this.spec.blobSchedules[0];
    return {
      ...parent,
      parentHash: this.#hashes.at(-1)!,
      ommersHash: EMPTY_OMMERS_HASH,
      coinbase: this.#source.someAddress(),
      number: parent.number + 1n,
      timestampSeconds,
      difficulty: includesFork(fork, 'paris') ? 0n : nextDifficulty(parent, timestampSeconds, fork),
      mixHash: keccak256(this.#hashes.at(-1)!),
      baseFeePerGas: baseFeeAfter(this.spec, parent, timestampSeconds),
      ...(schedule !== undefined && {
        excessBlobGas: nextExcessBlobGas(parent, schedule, includesFork(fork, 'osaka')),
        parentBeaconBlockRoot: keccak256(parent.parentHash),
      }),
    };
  }

  #seal(started: Header, executed: ExecutedBlock, withdrawals: readonly Withdrawal[] | undefined): Block {
    const { transactionsRoot, receiptsRoot, logsBloom, gasUsed, withdrawalsRoot, blobGasUsed, requestsHash } = executed;
    const stateRoot = this.#state.rootAfter(executed.changes);
    const header: Header = {
      ...started,
      ...{ stateRoot, transactionsRoot, receiptsRoot, logsBloom, gasUsed, withdrawalsRoot, blobGasUsed, requestsHash },
    };
    return { hash: hashHeader(header), header, transactions: executed.transactions, ommers: [], withdrawals };
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}
