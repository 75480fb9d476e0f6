// A node without consensus or EVM: real codecs and a real chain shape, blocks made by hand, calls answered by the test.
import type { ChainSpec, GnomonRules } from '../../../genesis/chainSpec.ts';
import type {
  CallApi,
  CallOptions,
  CallOutcome,
  CallRequest,
  DevApi,
  NodeApi,
  PooledTransaction,
  PrecompileInfo,
  StateEdit,
} from '../../../node/api.ts';
import { logsBloom } from '../../../node/block/bloom.ts';
import { hashHeader } from '../../../node/block/header.ts';
import {
  decodeTransaction,
  recoverSender,
  signTransaction,
  type UnsignedTransaction,
  withSender,
} from '../../../node/block/transaction.ts';
import type { Block, Header, Log, Receipt, SignedTransaction } from '../../../node/block/types.ts';
import type {
  AccountProof,
  ChainReader,
  CommittedBlock,
  LocatedLog,
  LogFilter,
  SealedHeader,
  TransactionLocation,
} from '../../../node/chain/chainReader.ts';
import { MemoryStateReader } from '../../../node/state/memoryReader.ts';
import type { StateReader } from '../../../node/state/types.ts';
import { bytesKey, EMPTY_BYTES, toAddress, toHash, ZERO_ADDRESS, ZERO_HASH } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { addressOfPublicKey, publicKeyOf } from '../../../primitives/crypto/secp256k1.ts';
import { ChainError } from '../../../primitives/errors.ts';
import type { Address, Hash } from '../../../primitives/types.ts';
import { matchesLog } from '../../../rpc/logQueries.ts';
import { locateLogs } from '../../../rpc/serialize/receipt.ts';

export const TEST_CHAIN_ID = 4766n;

/** Private key and address number `n` (from 1). */
export function testAccount(n: number): { key: Uint8Array; address: Address } {
  const key = new Uint8Array(32).fill(n);
  return { key, address: addressOfPublicKey(publicKeyOf(key)) };
}

export function emptyHeader(number: bigint, parentHash: Hash): Header {
  return {
    parentHash,
    ommersHash: keccak256(Uint8Array.of(0xc0)),
    coinbase: ZERO_ADDRESS,
    stateRoot: ZERO_HASH,
    transactionsRoot: ZERO_HASH,
    receiptsRoot: ZERO_HASH,
    logsBloom: new Uint8Array(256),
    difficulty: 0n,
    number,
    gasLimit: 30_000_000n,
    gasUsed: 0n,
    timestampSeconds: 1_000n + number,
    extraData: EMPTY_BYTES,
    mixHash: ZERO_HASH,
    nonce: new Uint8Array(8),
    baseFeePerGas: 1_000_000_000n,
    withdrawalsRoot: ZERO_HASH,
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: ZERO_HASH,
    requestsHash: ZERO_HASH,
  };
}

const RULES: GnomonRules = {
  devChain: true,
  heightOffset: 0n,
  feeRecipient: toAddress(new Uint8Array(20).fill(0xfe)),
  nativeWorkMicrosecondsPerSecond: 400_000,
  blockTimeMs: 1_000,
  precompiles: [],
};

export function testSpec(config: Record<string, unknown> = {}): ChainSpec {
  return {
    chainId: TEST_CHAIN_ID,
    forks: [
      { fork: 'paris', block: 0n },
      { fork: 'shanghai', timestampSeconds: 0n },
      { fork: 'cancun', timestampSeconds: 0n },
      { fork: 'prague', timestampSeconds: 0n },
      { fork: 'osaka', timestampSeconds: 0n },
    ],
    blobSchedules: [{ name: 'osaka', timestampSeconds: 0n, target: 6, max: 9, baseFeeUpdateFraction: 5_007_716n }],
    gnomon: RULES,
    genesis: {
      number: 0n,
      timestampSeconds: 1_000n,
      gasLimit: 30_000_000n,
      difficulty: 0n,
      nonce: new Uint8Array(8),
      mixHash: ZERO_HASH,
      coinbase: ZERO_ADDRESS,
      extraData: EMPTY_BYTES,
      parentHash: ZERO_HASH,
    },
    alloc: [],
    specHash: ZERO_HASH,
    config,
  };
}

/** What one transaction of a hand-made block leaves behind. */
export interface TestEffect {
  readonly transaction: SignedTransaction;
  readonly logs?: readonly Log[];
  readonly gasUsed?: bigint;
  readonly succeeded?: boolean;
  readonly contractAddress?: Address;
}

export class TestChain implements ChainReader {
  readonly spec: ChainSpec;
  readonly blocks: CommittedBlock[] = [];
  readonly state = new MemoryStateReader();
  oldestStateBlock = 0n;
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();
  readonly #rollbackListeners = new Set<(removed: CommittedBlock) => void>();

  constructor(spec: ChainSpec = testSpec(), genesis: Header = emptyHeader(0n, ZERO_HASH)) {
    this.spec = spec;
    this.blocks.push({
      block: {
        hash: hashHeader(genesis),
        header: genesis,
        transactions: [],
        ommers: [],
        ...(genesis.withdrawalsRoot && { withdrawals: [] }),
      },
      receipts: [],
    });
  }

  get genesisHash(): Hash {
    return this.#at(0).block.hash;
  }
  get head(): SealedHeader {
    return this.#at(this.blocks.length - 1).block;
  }
  #at(index: number): CommittedBlock {
    return this.blocks[index]!;
  }

  /** Appends a block and tells the listeners. */
  commit(committed: CommittedBlock): CommittedBlock {
    this.blocks.push(committed);
    for (const listener of this.#listeners) listener(committed);
    return committed;
  }

  /** Makes and commits the next block. */
  make(effects: readonly TestEffect[] = [], fields: Partial<Header> = {}): CommittedBlock {
    let cumulativeGasUsed = 0n;
    const baseFee = fields.baseFeePerGas ?? 1_000_000_000n;
    const receipts = effects.map(
      ({ transaction, logs = [], gasUsed = 21_000n, succeeded = true, contractAddress }): Receipt => {
        cumulativeGasUsed += gasUsed;
        const wanted = baseFee + transaction.maxPriorityFeePerGas;
        return {
          type: transaction.type,
          succeeded,
          cumulativeGasUsed,
          logs,
          logsBloom: logsBloom(logs),
          gasUsed,
          effectiveGasPrice: wanted < transaction.maxFeePerGas ? wanted : transaction.maxFeePerGas,
          contractAddress,
        };
      },
    );
    const header: Header = {
      ...emptyHeader(BigInt(this.blocks.length), this.head.hash),
      gasUsed: cumulativeGasUsed,
      logsBloom: logsBloom(receipts.flatMap((receipt) => receipt.logs)),
      ...fields,
    };
    const transactions = effects.map((effect) => effect.transaction);
    const block: Block = { hash: hashHeader(header), header, transactions, ommers: [], withdrawals: [] };
    return this.commit({ block, receipts });
  }

  /** Forgets blocks above `number`, as evm_revert does. */
  rollBackTo(number: bigint): void {
    while (this.head.header.number > number) {
      const removed = this.blocks.pop()!;
      for (const listener of this.#rollbackListeners) listener(removed);
    }
  }

  headerByNumber(number: bigint): SealedHeader | undefined {
    return this.blockByNumber(number);
  }
  headerByHash(hash: Hash): SealedHeader | undefined {
    return this.blockByHash(hash);
  }
  blockByNumber(number: bigint): Block | undefined {
    return this.blocks[Number(number)]?.block;
  }
  blockByHash(hash: Hash): Block | undefined {
    return this.blocks.find(({ block }) => bytesKey(block.hash) === bytesKey(hash))?.block;
  }
  receiptsByNumber(number: bigint): readonly Receipt[] | undefined {
    return this.blocks[Number(number)]?.receipts;
  }
  locateTransaction(hash: Hash): TransactionLocation | undefined {
    for (const { block } of this.blocks) {
      const index = block.transactions.findIndex((transaction) => bytesKey(transaction.hash) === bytesKey(hash));
      if (index >= 0) return { blockNumber: block.header.number, index };
    }
    return undefined;
  }
  totalDifficulty(): bigint | undefined {
    return 0n;
  }
  stateAt(number: bigint): StateReader {
    if (number < this.oldestStateBlock)
      throw new ChainError(
        'STATE_PRUNED',
        `state of block ${number} is pruned; the oldest kept is ${this.oldestStateBlock}`,
      );
    return this.state;
  }
  proofAt(number: bigint, address: Address, slots: readonly Uint8Array[]): AccountProof {
    const account = this.stateAt(number).account(address);
    return {
      account: {
        nonce: account?.nonce ?? 0n,
        balanceWei: account?.balanceWei ?? 0n,
        storageRoot: account?.storageRoot ?? ZERO_HASH,
        codeHash: account?.codeHash ?? ZERO_HASH,
      },
      accountProof: [Uint8Array.of(0xc0)],
      storageProofs: slots.map((slot) => ({ slot, value: this.state.slot(address, slot), proof: [] })),
    };
  }
  logs(fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): LocatedLog[] {
    const found: LocatedLog[] = [];
    for (let number = fromBlock; number <= toBlock; number++) {
      const committed = this.blocks[Number(number)];
      if (committed === undefined) break;
      for (const located of locateLogs(committed.block, committed.receipts)) {
        if (!matchesLog(filter, located.log)) continue;
        found.push(located);
        if (found.length > limit) return found;
      }
    }
    return found;
  }
  async logsInTurns(fromBlock: bigint, toBlock: bigint, filter: LogFilter, limit: number): Promise<LocatedLog[]> {
    return this.logs(fromBlock, toBlock, filter, limit);
  }
  onCommit(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
  onRollback(listener: (removed: CommittedBlock) => void): () => void {
    this.#rollbackListeners.add(listener);
    return () => this.#rollbackListeners.delete(listener);
  }
}

/** Signs a transaction of account `n`; what is left out is a type 2 transfer. */
export function testTransaction(n: number, fields: Partial<UnsignedTransaction> = {}): SignedTransaction {
  const { key, address } = testAccount(n);
  const signed = signTransaction(
    {
      type: 2,
      chainId: TEST_CHAIN_ID,
      nonce: 0n,
      gasLimit: 21_000n,
      maxFeePerGas: 3_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
      to: testAccount(9).address,
      value: 1n,
      data: EMPTY_BYTES,
      accessList: [],
      authorizationList: [],
      blobVersionedHashes: [],
      maxFeePerBlobGas: 0n,
      ...fields,
    },
    key,
  );
  return withSender(signed, address);
}

class TestDev implements DevApi {
  readonly accounts = [testAccount(1).address, testAccount(2).address];
  readonly edits: StateEdit[] = [];
  readonly impersonated = new Set<string>();
  readonly submitted: { from: Address; request: CallRequest }[] = [];
  readonly calls: string[] = [];
  automine = true;
  readonly #node: TestNode;
  readonly #console = new Set<(calldata: Uint8Array) => void>();
  #shiftSeconds = 0n;

  constructor(node: TestNode) {
    this.#node = node;
  }
  print(calldata: Uint8Array): void {
    for (const listener of this.#console) listener(calldata);
  }
  privateKey(address: Address): Uint8Array | undefined {
    for (const n of [1, 2]) if (bytesKey(testAccount(n).address) === bytesKey(address)) return testAccount(n).key;
    return undefined;
  }
  impersonate(address: Address): void {
    this.impersonated.add(bytesKey(address));
  }
  stopImpersonating(address: Address): void {
    this.impersonated.delete(bytesKey(address));
  }
  isImpersonated(address: Address): boolean {
    return this.impersonated.has(bytesKey(address));
  }
  async submitImpersonated(from: Address, request: CallRequest): Promise<Hash> {
    this.submitted.push({ from, request });
    return toHash(new Uint8Array(32).fill(7));
  }
  async edit(edit: StateEdit): Promise<void> {
    this.edits.push(edit);
  }
  async mine(count: bigint, intervalSeconds?: bigint): Promise<void> {
    this.calls.push(`mine ${count} ${intervalSeconds}`);
    for (let i = 0n; i < count; i++) this.#node.chain.make();
  }
  snapshot(): bigint {
    return this.#node.chain.head.header.number;
  }
  async revert(id: bigint): Promise<boolean> {
    if (id > this.#node.chain.head.header.number) return false;
    this.#node.chain.rollBackTo(id);
    return true;
  }
  increaseTime(seconds: bigint): bigint {
    this.#shiftSeconds += seconds;
    return this.#shiftSeconds;
  }
  setNextBlockTimestamp(seconds: bigint): void {
    this.calls.push(`timestamp ${seconds}`);
  }
  async setNextBlockBaseFeePerGas(wei: bigint): Promise<void> {
    this.calls.push(`baseFee ${wei}`);
  }
  setAutomine(on: boolean): void {
    this.automine = on;
  }
  setIntervalMining(milliseconds: number): void {
    this.calls.push(`interval ${milliseconds}`);
  }
  async reset(): Promise<void> {
    this.calls.push('reset');
  }
  async dumpState(): Promise<Uint8Array> {
    return Uint8Array.of(1, 2, 3);
  }
  async loadState(dump: Uint8Array): Promise<void> {
    this.calls.push(`load ${dump.length}`);
  }
  onConsoleCall(listener: (calldata: Uint8Array) => void): () => void {
    this.#console.add(listener);
    return () => this.#console.delete(listener);
  }
}

export class TestNode implements NodeApi {
  readonly clientVersion = 'gnomon/test';
  readonly engineKind = 'solo';
  readonly chain: TestChain;
  readonly dev: TestDev | undefined;
  precompiles: readonly PrecompileInfo[] = [];
  readonly pooled: PooledTransaction[] = [];
  ready = true;
  /** What calls answer, and what they were asked. */
  outcome: CallOutcome = { outcome: 'success', gasUsed: 21_000n, output: EMPTY_BYTES, logs: [] };
  readonly asked: { request: CallRequest; options: CallOptions }[] = [];
  readonly #pendingListeners = new Set<(transaction: SignedTransaction) => void>();

  constructor({ dev = true, chain = new TestChain() }: { dev?: boolean; chain?: TestChain } = {}) {
    this.chain = chain;
    this.dev = dev ? new TestDev(this) : undefined;
  }
  get rules(): GnomonRules | undefined {
    return this.chain.spec.gnomon;
  }

  /** Puts a transaction into the pool. */
  addPending(transaction: SignedTransaction, pending = true): void {
    this.pooled.push({ transaction, pending });
    if (pending) for (const listener of this.#pendingListeners) listener(transaction);
  }

  readonly pool = {
    get: (hash: Hash) => this.pooled.find(({ transaction }) => bytesKey(transaction.hash) === bytesKey(hash)),
    content: () => this.pooled,
    contentFrom: (sender: Address) =>
      this.pooled.filter(({ transaction }) => bytesKey(transaction.sender) === bytesKey(sender)),
    counts: () => ({
      pending: this.pooled.filter(({ pending }) => pending).length,
      queued: this.pooled.filter(({ pending }) => !pending).length,
    }),
    nextNonce: (sender: Address) =>
      BigInt(this.pooled.filter(({ transaction }) => bytesKey(transaction.sender) === bytesKey(sender)).length),
    onPending: (listener: (transaction: SignedTransaction) => void) => {
      this.#pendingListeners.add(listener);
      return () => this.#pendingListeners.delete(listener);
    },
  };

  readonly calls: CallApi = {
    call: async (request, options) => {
      this.asked.push({ request, options });
      return this.outcome;
    },
    estimateGas: async (request, options) => {
      this.asked.push({ request, options });
      return this.outcome.outcome === 'success' ? { gas: this.outcome.gasUsed } : this.outcome;
    },
    createAccessList: async (request, options) => {
      this.asked.push({ request, options });
      return { accessList: [], gasUsed: 21_000n };
    },
  };

  async submitRawTransaction(raw: Uint8Array): Promise<Hash> {
    const transaction = decodeTransaction(raw);
    this.addPending(withSender(transaction, recoverSender(transaction)));
    return transaction.hash;
  }
  async waitForReceipt(): Promise<{ committed: CommittedBlock; receipt: Receipt; index: number } | undefined> {
    if (this.dev?.automine !== true) return undefined;
    const committed = this.chain.make(this.pooled.splice(0).map(({ transaction }) => ({ transaction })));
    const index = committed.receipts.length - 1;
    return { committed, receipt: committed.receipts[index]!, index };
  }
  nextBaseFee(): bigint | undefined {
    return 875_000_000n;
  }
  nextBlobBaseFee(): bigint | undefined {
    return 1n;
  }
  supply() {
    return { blockNumber: this.chain.head.header.number, genesisWei: 1_000n, burnedFeesWei: 30n, totalWei: 990n };
  }
  isReady(): boolean {
    return this.ready;
  }
  async peerCount(): Promise<number> {
    return 3;
  }
}
