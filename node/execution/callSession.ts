// One request's own copy of the world: a state, a block and an EVM in which it may run as often as it needs to.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import type { HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesKey } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Gas, Hash } from '../../primitives/types.ts';
import type { AccountOverride, BlockOverride, CallRequest } from '../api.ts';
import type { Header } from '../block/types.ts';
import type { JournaledState, StateReader } from '../state/types.ts';
import { createJournaledState } from '../state/worldState.ts';
import { environmentOf } from './blockEnvironment.ts';
import { type CallFees, callFees, callMessage } from './callMessage.ts';
import { overrideAccounts, overrideBlock, precompileRelocations } from './callOverrides.ts';
import type { CallPace } from './callPace.ts';
import { EvmHost } from './evmHost.ts';
import { ExecutionInterrupted, FatalExecutionError } from './executionErrors.ts';
import { type ForkRules, forkRulesAt } from './forkRules.ts';
import { type OpcodeTap, SpareEvms } from './hostEvm.ts';
import { type ExecutionAlarm, establishNativeAccounts } from './nativeCall.ts';
import { precompileTable } from './precompileTable.ts';
import { runTransition, type TransitionOutcome } from './transition.ts';

/** What a call runs on: a state, the header of the block that it is in, and the chain around it. */
export interface CallGround {
  readonly spec: ChainSpec;
  readonly chain: HostChain;
  readonly reader: StateReader;
  readonly header: Header;
  readonly blockHash: (number: bigint) => Hash | undefined;
  readonly precompiles: readonly NativePrecompile[];
  readonly alarm: ExecutionAlarm;
  /** Told what contracts log to Hardhat's console (dev chains). */
  readonly consoleCall?: ((calldata: Uint8Array) => void) | undefined;
}

/** Backward jumps end in one of these, so no long execution passes without them; calls bound recursion. */
const JUMP_OPCODES = [0x56, 0x57];
const CALL_OPCODES = [0xf0, 0xf1, 0xf2, 0xf4, 0xf5, 0xfa];
/** Asking the clock costs a part of an opcode; but what runs between two jumps may be a contract's whole code. */
const JUMPS_PER_CLOCK_READING = 4;

export interface CallSessionOptions {
  readonly ground: CallGround;
  readonly request: CallRequest;
  readonly accountOverrides: readonly AccountOverride[];
  readonly blockOverride: BlockOverride | undefined;
  readonly pace: CallPace;
  readonly taps?: ReadonlyMap<number, OpcodeTap> | undefined;
}

const spares = new SpareEvms();

export class CallSession {
  readonly rules: ForkRules;
  readonly state: JournaledState;
  readonly fees: CallFees;
  readonly request: CallRequest;
  readonly host: EvmHost;
  readonly #pace: CallPace;

  /** @throws ChainError for overrides and fee fields that cannot be: see `callFees`, `callOverrides` */
  constructor({ ground, request, accountOverrides, blockOverride, pace, taps }: CallSessionOptions) {
    const { spec, header, precompiles } = ground;
    this.request = request;
    this.#pace = pace;
    this.rules = forkRulesAt(spec, header.number, header.timestampSeconds);
    const block = overrideBlock(environmentOf(header, this.rules, ground.blockHash), blockOverride);
    this.fees = callFees(request, block);
    this.state = createJournaledState(ground.reader);
    establishNativeAccounts(this.state, precompiles);
    overrideAccounts(this.state, accountOverrides);
    const { addresses } = precompileTable(this.rules, precompiles);
    this.host = new EvmHost({
      rules: this.rules,
      state: this.state,
      block: this.fees.block,
      chain: ground.chain,
      precompiles,
      alarm: ground.alarm,
      consoleCall: ground.consoleCall,
      taps: withPace(pace, taps),
      spares,
      relocations: precompileRelocations(accountOverrides, (address) => addresses.has(bytesKey(address))),
    });
  }

  /** Ends the session: nothing of it may run any more. */
  close(): void {
    this.host.release();
  }

  /**
   * Runs the request at one gas limit and leaves the state as it was.
   * @throws ChainError `CALL_TIMEOUT`, `STATE_PRUNED` or `STATE_ROLLED_BACK` when that happened meanwhile, and those of `callMessage`
   * @throws FatalExecutionError when the failure lies in the machine
   */
  async run(gasLimit: Gas, request: CallRequest = this.request): Promise<TransitionOutcome> {
    const { state, host, rules, fees } = this;
    const message = callMessage(request, fees, gasLimit, rules, state);
    const mark = state.mark();
    try {
      await this.#pace.turn();
      return await runTransition(message, { state, host, rules, block: fees.block });
    } catch (error) {
      if (isStateGone(error)) throw error.cause;
      if (!(error instanceof ExecutionInterrupted)) throw error;
      throw new ChainError('CALL_TIMEOUT', 'the call took longer than this node lets a call take');
    } finally {
      state.revertTo(mark);
    }
  }
}

/** Blocks are made and rolled back while a call runs, and then the state under it may go: no failure of the machine. */
function isStateGone(error: unknown): error is FatalExecutionError & { readonly cause: ChainError } {
  if (!(error instanceof FatalExecutionError && error.cause instanceof ChainError)) return false;
  return error.cause.code === 'STATE_PRUNED' || error.cause.code === 'STATE_ROLLED_BACK';
}

function withPace(pace: CallPace, taps: ReadonlyMap<number, OpcodeTap> | undefined): ReadonlyMap<number, OpcodeTap> {
  let jumps = 0;
  const all = new Map<number, OpcodeTap>(taps);
  for (const opcode of JUMP_OPCODES)
    all.set(opcode, () => (++jumps % JUMPS_PER_CLOCK_READING === 0 ? pace.turn() : undefined));
  for (const opcode of CALL_OPCODES) {
    const tap = taps?.get(opcode);
    all.set(opcode, (view) => {
      tap?.(view);
      return pace.turn();
    });
  }
  return all;
}
