// All that native code sees of the chain. The host is engine-neutral: the same precompile runs under @ethereumjs/evm, on
// the direct path without an interpreter, in calls, estimates and traces, and in tests on a host of their own.
import type { Address, Gas, Hash, Wei } from '../../primitives/types.ts';

/** The block that the call runs in. */
export interface HostBlock {
  readonly number: bigint;
  readonly timestampSeconds: bigint;
  /** The hash of one of the 256 last blocks, or undefined. */
  blockHash(number: bigint): Hash | undefined;
}

/** The chain that the call runs on; part of every signature's domain. */
export interface HostChain {
  readonly chainId: bigint;
  readonly genesisHash: Hash;
}

/** Who calls, how, and with what. */
export interface HostCall {
  readonly caller: Address;
  /** The transaction's sender. */
  readonly origin: Address;
  readonly valueWei: Wei;
  /** Set when this frame or any above it is a STATICCALL. */
  readonly isStatic: boolean;
  /** False under DELEGATECALL and CALLCODE, where the code runs as another account. */
  readonly isOwnContext: boolean;
  readonly depth: number;
  /** Calldata. */
  readonly data: Uint8Array;
  readonly gasLimit: Gas;
}

/**
 * The journaled state and the log, as one call sees them. Writes are undone when the frame or any frame above it reverts.
 * Words are unsigned 256-bit integers. Storage access costs what the gas schedule says, charged by the framework.
 */
export interface HostState {
  /** A slot of the precompile's own account, or, to read only, of another precompile's. */
  sload(account: Address, slot: bigint): bigint;
  /** @throws InvariantError for an account that is not the precompile's own: the framework never does that */
  sstore(account: Address, slot: bigint, value: bigint): void;
  balanceOf(account: Address): Wei;
  /** Whether the account has code (EIP-7702 delegations included). */
  hasCode(account: Address): boolean;
  /** Moves native coin out of the precompile's own balance. The caller has checked that it suffices. */
  transfer(from: Address, to: Address, amountWei: Wei): void;
  emit(address: Address, topics: readonly Uint8Array[], data: Uint8Array): void;
}

export interface PrecompileHost {
  readonly call: HostCall;
  readonly block: HostBlock;
  readonly chain: HostChain;
  readonly state: HostState;
}

/** How a precompile call ended. `gasUsed` never exceeds `call.gasLimit`. */
export type PrecompileResult = PrecompileCost &
  (
    | { readonly outcome: 'success'; readonly output: Uint8Array }
    | { readonly outcome: 'revert'; readonly output: Uint8Array }
    /** All gas is consumed: out of gas, or an exception that follows from the input (then `alarm` says which). */
    | { readonly outcome: 'failure'; readonly alarm?: unknown }
  );

export interface PrecompileCost {
  readonly gasUsed: Gas;
  /**
   * Native work that the call paid for, as the gas schedule declares it; counts towards the block's limit of native work
   * whatever the outcome. Slot and log prices are not in it: gas limits those as it limits contracts.
   */
  readonly workMicroseconds: number;
}

/** One native contract as the EVM host and the direct path call it. Never throws for anything that input can cause. */
export interface NativePrecompile {
  readonly name: string;
  readonly address: Address;
  /** Keeps state: has nonce 1 and the stub code in genesis. */
  readonly isStateful: boolean;
  readonly version: number;
  run(host: PrecompileHost): PrecompileResult;
}
