// Executes a whole block that someone else made and checks everything that its header says of it.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import type { HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { encodeOmmers, encodeWithdrawal } from '../block/body.ts';
import type { Block, Header, Withdrawal } from '../block/types.ts';
import { orderedTrieRoot } from '../state/orderedTrie.ts';
import type { JournaledState, StateChanges } from '../state/types.ts';
import { environmentOf } from './blockEnvironment.ts';
import { BlockExecution, type BlockStartStep, type ExecutedBlock } from './blockExecution.ts';
import { forkRulesAt } from './forkRules.ts';
import type { ExecutionAlarm } from './nativeCall.ts';

/** What in a block did not match what its header says, or made it impossible. */
export type BlockErrorCode =
  | 'TRANSACTIONS_ROOT_MISMATCH'
  | 'OMMERS_HASH_MISMATCH'
  | 'WITHDRAWALS_ROOT_MISMATCH'
  | 'WITHDRAWALS_NOT_DUE'
  | 'TRANSACTION_INVALID'
  | 'GAS_USED_MISMATCH'
  | 'LOGS_BLOOM_MISMATCH'
  | 'RECEIPTS_ROOT_MISMATCH'
  | 'BLOB_GAS_USED_MISMATCH'
  | 'REQUESTS_HASH_MISMATCH'
  | 'STATE_ROOT_MISMATCH';

export interface BlockContext {
  readonly spec: ChainSpec;
  readonly chain: HostChain;
  readonly state: JournaledState;
  readonly precompiles: readonly NativePrecompile[];
  readonly blockStartSteps: readonly BlockStartStep[];
  readonly alarm: ExecutionAlarm;
  /** The hash of one of the 256 blocks before. */
  readonly blockHash: (number: bigint) => Hash | undefined;
  /** Computes (and keeps for the commit, if it likes) the root that the changes lead to. */
  readonly stateRootOf: (changes: StateChanges) => Hash;
  readonly allowsDirectPath?: boolean | undefined;
}

/**
 * Declared native work that one block of this chain may hold, in microseconds; undefined on chains without native
 * contracts.
 */
export function nativeWorkLimit({ gnomon }: ChainSpec): number | undefined {
  if (gnomon === undefined) return undefined;
  return Math.floor((gnomon.nativeWorkMicrosecondsPerSecond * gnomon.blockTimeMs) / 1_000);
}

/**
 * Checks that a block's body is the one that its header commits to.
 * @throws ChainError with a {@link BlockErrorCode}
 */
export function validateBody(block: Block): void {
  const { header, transactions, ommers, withdrawals } = block;
  const transactionsRoot = orderedTrieRoot(transactions.map(({ raw }) => raw));
  expectBytes(header, 'TRANSACTIONS_ROOT_MISMATCH', header.transactionsRoot, transactionsRoot);
  expectBytes(header, 'OMMERS_HASH_MISMATCH', header.ommersHash, keccak256(encodeOmmers(ommers)));
  const withdrawalsRoot = withdrawals && orderedTrieRoot(withdrawals.map(encodeWithdrawal));
  expectBytes(header, 'WITHDRAWALS_ROOT_MISMATCH', header.withdrawalsRoot, withdrawalsRoot);
}

/**
 * Executes a block on its parent's state and compares the outcome with its header. Header and ommers have been validated
 * ({@link validateHeader}, `validateOmmers`).
 * @throws ChainError with a {@link BlockErrorCode}, `SYSTEM_CALL_FAILED`
 * @throws FatalExecutionError when the failure lies in the machine
 */
export async function executeBlock(block: Block, context: BlockContext): Promise<ExecutedBlock> {
  validateBody(block);
  const { header } = block;
  const rules = forkRulesAt(context.spec, header.number, header.timestampSeconds);
  const execution = await BlockExecution.begin({
    ...context,
    rules,
    block: environmentOf(header, rules, context.blockHash),
    parentHash: header.parentHash,
    parentBeaconBlockRoot: header.parentBeaconBlockRoot,
    nativeWorkMicrosecondsMax: nativeWorkLimit(context.spec),
  });
  for (const [index, tx] of block.transactions.entries()) {
    const result = await execution.apply(tx);
    if (!result.included) throw invalidTransaction(header, index, result.refusal);
  }
  if (rules.isGnomon) validateDue(header, execution.dueWithdrawals, block.withdrawals ?? []);
  const executed = await execution.finish({ withdrawals: block.withdrawals, ommers: block.ommers });
  validateOutcome(header, executed, context.stateRootOf(executed.changes));
  return executed;
}

function validateOutcome(header: Header, executed: ExecutedBlock, stateRoot: Hash): void {
  expectInteger(header, 'GAS_USED_MISMATCH', header.gasUsed, executed.gasUsed);
  expectInteger(header, 'BLOB_GAS_USED_MISMATCH', header.blobGasUsed, executed.blobGasUsed);
  expectBytes(header, 'RECEIPTS_ROOT_MISMATCH', header.receiptsRoot, executed.receiptsRoot);
  expectBytes(header, 'LOGS_BLOOM_MISMATCH', header.logsBloom, executed.logsBloom);
  expectBytes(header, 'REQUESTS_HASH_MISMATCH', header.requestsHash, executed.requestsHash);
  expectBytes(header, 'STATE_ROOT_MISMATCH', header.stateRoot, stateRoot);
}

/** DESIGN §2: a Gnomon block pays what its block-start steps owe, no more and no less. */
function validateDue(header: Header, due: readonly Withdrawal[], paid: readonly Withdrawal[]): void {
  const dueRoot = orderedTrieRoot(due.map(encodeWithdrawal));
  const paidRoot = orderedTrieRoot(paid.map(encodeWithdrawal));
  if (!equalBytes(dueRoot, paidRoot)) throw mismatch('WITHDRAWALS_NOT_DUE', header, due.length, paid.length);
}

function invalidTransaction(header: Header, index: number, refusal: ChainError): ChainError<BlockErrorCode> {
  const message = `block ${header.number} is invalid: transaction ${index}: ${refusal.message}`;
  const data = { blockNumber: header.number, transactionIndex: index, reason: refusal.code };
  return new ChainError('TRANSACTION_INVALID', message, data, { cause: refusal });
}

function expectBytes(
  header: Header,
  code: BlockErrorCode,
  claimed: Uint8Array | undefined,
  computed: Uint8Array | undefined,
): void {
  const isEqual =
    claimed === undefined || computed === undefined ? claimed === computed : equalBytes(claimed, computed);
  if (!isEqual) throw mismatch(code, header, claimed && bytesToHex(claimed), computed && bytesToHex(computed));
}

function expectInteger(
  header: Header,
  code: BlockErrorCode,
  claimed: bigint | undefined,
  computed: bigint | undefined,
): void {
  if (claimed !== computed) throw mismatch(code, header, claimed, computed);
}

function mismatch(
  code: BlockErrorCode,
  header: Header,
  claimed: unknown,
  computed: unknown,
): ChainError<BlockErrorCode> {
  const rule = code.toLowerCase().replaceAll('_', ' ');
  const message = `block ${header.number} is invalid: ${rule}: its header says ${claimed}, execution gives ${computed}`;
  return new ChainError(code, message, { blockNumber: header.number, claimed, computed });
}
