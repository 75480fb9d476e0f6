// The state transition of one message (Yellow Paper §6): what a transaction in a block and a call without one have in
// common. The caller has checked that the sender can pay.
import { includesFork } from '../../genesis/forks.ts';
import { assert } from '../../primitives/errors.ts';
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';
import type { AccessListEntry, Authorization, Log } from '../block/types.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import type { JournaledState } from '../state/types.ts';
import type { BlockEnvironment } from './blockEnvironment.ts';
import { applyAuthorizations, delegationOf } from './delegation.ts';
import { directRoute, runDirect } from './directPath.ts';
import type { EvmHost } from './evmHost.ts';
import { type ForkRules, isActive } from './forkRules.ts';
import type { IntrinsicGas } from './intrinsicGas.ts';
import { deleteIfEmpty } from './rewards.ts';

/** One message with its price settled. */
export interface TransitionMessage {
  readonly sender: Address;
  readonly to?: Address | undefined;
  readonly value: Wei;
  readonly data: Uint8Array;
  readonly gasLimit: Gas;
  readonly gas: IntrinsicGas;
  /** What the sender pays for each unit, in wei. */
  readonly gasPrice: Wei;
  /** What the sender pays for blobs, in wei; burnt. */
  readonly blobFeeWei: Wei;
  readonly accessList: readonly AccessListEntry[];
  readonly authorizationList: readonly Authorization[];
  readonly blobVersionedHashes: readonly Hash[];
}

export interface TransitionContext {
  readonly rules: ForkRules;
  readonly block: BlockEnvironment;
  readonly state: JournaledState;
  readonly host: EvmHost;
  /** False forces the interpreter where the direct path would do: for tests that compare the two. */
  readonly allowsDirectPath?: boolean | undefined;
}

/** How the code of a message ended, in gas without the intrinsic part. */
export interface ExecutionOutcome {
  readonly gasUsed: Gas;
  readonly refund: bigint;
  readonly output: Uint8Array;
  readonly logs: readonly Log[];
  /** Undefined on success, `revert` for REVERT, else the EVM's name for it. */
  readonly exception?: string | undefined;
  readonly contractAddress?: Address | undefined;
}

export interface TransitionOutcome {
  /** After refunds and floor: what the sender paid for. */
  readonly gasUsed: Gas;
  /** Before refunds: what the gas limit had to cover. */
  readonly gasUsedAtPeak: Gas;
  readonly output: Uint8Array;
  readonly logs: readonly Log[];
  readonly exception?: string | undefined;
  readonly contractAddress?: Address | undefined;
  readonly nativeWorkMicroseconds: number;
}

/**
 * Buys gas, applies authorizations, executes, refunds, pays and cleans up: at once where no interpreter is needed.
 * @throws FatalExecutionError when the failure lies in the machine
 */
export function runTransition(
  message: TransitionMessage,
  context: TransitionContext,
): TransitionOutcome | Promise<TransitionOutcome> {
  const { state, host, rules } = context;
  host.beginTransaction();
  buyGas(message, state);
  const authorizationRefund = applyAuthorizations(message.authorizationList, rules.chainId, state, (authority) =>
    host.warmAddress(authority),
  );
  const route = context.allowsDirectPath === false ? undefined : directRoute(message, context);
  if (route === undefined) return interpret(message, context, authorizationRefund);
  const execution = runDirect(route, message, message.gasLimit - message.gas.intrinsic, state, host);
  const gas = settleGas(message, execution, authorizationRefund, rules);
  payFees(message, gas.used, context);
  return finish(message, execution, gas, context);
}

/** The transition from where the interpreter takes over. */
async function interpret(
  message: TransitionMessage,
  context: TransitionContext,
  authorizationRefund: bigint,
): Promise<TransitionOutcome> {
  const { host } = context;
  if (isActive(context.rules, 'berlin')) warmAccessed(message, context);
  const execution = await host.call({
    caller: message.sender,
    to: message.to,
    value: message.value,
    data: message.data,
    gasLimit: message.gasLimit - message.gas.intrinsic,
    gasPrice: message.gasPrice,
    blobVersionedHashes: message.blobVersionedHashes,
  });
  const gas = settleGas(message, execution, authorizationRefund, context.rules);
  payFees(message, gas.used, context);
  await host.endTransaction(execution.destroyed);
  return finish(message, execution, gas, context);
}

function finish(
  message: TransitionMessage,
  execution: ExecutionOutcome,
  gas: SettledGas,
  context: TransitionContext,
): TransitionOutcome {
  if (isActive(context.rules, 'spuriousDragon')) deleteEmpty(message, context);
  return {
    gasUsed: gas.used,
    gasUsedAtPeak: gas.peak,
    output: execution.output,
    logs: execution.logs,
    exception: execution.exception,
    contractAddress:
      message.to === undefined && execution.exception === undefined ? execution.contractAddress : undefined,
    nativeWorkMicroseconds: context.host.nativeWorkMicroseconds,
  };
}

function buyGas({ sender, gasLimit, gasPrice, blobFeeWei }: TransitionMessage, state: JournaledState): void {
  const account = state.account(sender) ?? EMPTY_ACCOUNT;
  const balanceWei = account.balanceWei - gasLimit * gasPrice - blobFeeWei;
  assert(balanceWei >= 0n, 'a message was let through whose sender cannot pay its gas');
  state.setAccount(sender, { ...account, nonce: account.nonce + 1n, balanceWei });
}

/** EIP-2929, EIP-2930, EIP-3651, EIP-7702: what is warm from the start. A created account is warmed by the EVM. */
function warmAccessed(message: TransitionMessage, { host, rules, block, state }: TransitionContext): void {
  host.warmPrecompiles();
  host.warmAddress(message.sender);
  if (isActive(rules, 'shanghai')) host.warmAddress(block.coinbase);
  if (message.to !== undefined) {
    host.warmAddress(message.to);
    const delegate = isActive(rules, 'prague') ? delegationOf(state, message.to) : undefined;
    if (delegate !== undefined) host.warmAddress(delegate);
  }
  for (const { address, storageKeys } of message.accessList) {
    host.warmAddress(address);
    for (const slot of storageKeys) host.warmSlot(address, slot);
  }
}

interface SettledGas {
  readonly used: Gas;
  readonly peak: Gas;
}

/** EIP-3529: the most that is refunded is a fifth of the gas used; it was a half before London. */
function settleGas(
  { gas }: TransitionMessage,
  execution: ExecutionOutcome,
  authorizationRefund: bigint,
  { fork }: ForkRules,
): SettledGas {
  const before = gas.intrinsic + execution.gasUsed;
  const most = before / (includesFork(fork, 'london') ? 5n : 2n);
  const wanted = execution.refund + authorizationRefund;
  const after = before - (wanted < most ? wanted : most);
  return { used: after < gas.floor ? gas.floor : after, peak: before < gas.floor ? gas.floor : before };
}

/** Returns unused gas to the sender and pays the block's recipient; from London on the base fee is burnt. */
function payFees(message: TransitionMessage, gasUsed: Gas, { state, block, rules }: TransitionContext): void {
  state.addBalance(message.sender, (message.gasLimit - gasUsed) * message.gasPrice);
  const fee = gasUsed * (message.gasPrice - (block.baseFeePerGas ?? 0n));
  state.addBalance(block.coinbase, fee);
  const touchCreates = !isActive(rules, 'spuriousDragon');
  if (touchCreates && state.account(block.coinbase) === undefined) state.setAccount(block.coinbase, EMPTY_ACCOUNT);
}

/** EIP-161 for the accounts that the transaction itself touches; the EVM host sees to those that code touched. */
function deleteEmpty({ sender, to }: TransitionMessage, { state, block }: TransitionContext): void {
  deleteIfEmpty(state, sender);
  if (to !== undefined) deleteIfEmpty(state, to);
  deleteIfEmpty(state, block.coinbase);
}
