// Execution without a transaction: eth_call, eth_estimateGas and eth_createAccessList over any kept state.
import type { HostChain, NativePrecompile } from '../../precompiles/framework/host.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Gas } from '../../primitives/types.ts';
import type { CallApi, CallOptions, CallOutcome, CallRequest } from '../api.ts';
import { nextHeaderTemplate } from '../block/makeHeader.ts';
import type { Header } from '../block/types.ts';
import type { ChainReader, SealedHeader } from '../chain/chainReader.ts';
import { AccessRecorder, collectAccessList } from './accessList.ts';
import { type CallLimits, DEFAULT_CALL_LIMITS } from './callLimits.ts';
import { CallPace } from './callPace.ts';
import type { CallGround, CallSession } from './callSession.ts';
import { CallSlots } from './callSlots.ts';
import { estimate } from './estimateGas.ts';
import { loadCalls } from './loadEvm.ts';
import type { ExecutionAlarm } from './nativeCall.ts';
import type { TransitionOutcome } from './transition.ts';

export interface CallDependencies {
  readonly chain: ChainReader;
  /** The native contracts in force at a time. */
  readonly precompilesAt: (timestampSeconds: bigint) => readonly NativePrecompile[];
  readonly alarm: ExecutionAlarm;
  /** A clock that never goes back, in milliseconds. It bounds how long a call may take and is seen by no code. */
  readonly nowMs: () => number;
  readonly limits?: CallLimits | undefined;
  /** Ends all calls: the node is about to close what they read. */
  readonly stopping?: AbortSignal | undefined;
  /** The time in seconds that the next block would have if it were made now; without it, one second after the head. */
  readonly nextTimestampSeconds?: (() => bigint) | undefined;
  /** Told what contracts log to Hardhat's console in `call`; the many runs of an estimate say nothing. */
  readonly consoleCall?: ((calldata: Uint8Array) => void) | undefined;
}

export function createCallApi(dependencies: CallDependencies): CallApi {
  const { limits = DEFAULT_CALL_LIMITS } = dependencies;
  const slots = new CallSlots(limits);

  /** Does `work` in a session of its own. */
  async function inSession<Result>(
    request: CallRequest,
    options: CallOptions,
    pace: CallPace,
    extras: { readonly recorder?: AccessRecorder; readonly logsConsole?: boolean },
    work: (session: CallSession) => Promise<Result>,
  ): Promise<Result> {
    const { CallSession } = await loadCalls();
    const { recorder } = extras;
    const consoleCall = extras.logsConsole === true ? dependencies.consoleCall : undefined;
    const session = new CallSession({
      ground: { ...groundOf(dependencies, options), consoleCall },
      request,
      accountOverrides: options.accountOverrides ?? [],
      blockOverride: options.blockOverride,
      pace,
      taps: recorder?.taps,
    });
    try {
      return await work(session);
    } finally {
      session.close();
    }
  }

  /** Runs `work` when its turn has come, on a clock that runs from now. */
  function inSlot<Result>({ signal }: CallOptions, work: (pace: CallPace) => Promise<Result>): Promise<Result> {
    const { nowMs, stopping } = dependencies;
    const pace = new CallPace({ nowMs, timeMaxMs: limits.timeMaxMs, signal, stopping });
    return slots.run(() => {
      pace.begin();
      return work(pace);
    });
  }

  function gasLimitOf({ gas }: CallRequest): Gas {
    return gas === undefined || gas > limits.gasMax ? limits.gasMax : gas;
  }

  return {
    call(request, options) {
      return inSlot(options, (pace) =>
        inSession(request, options, pace, { logsConsole: true }, async (session) =>
          callOutcome(await session.run(gasLimitOf(request))),
        ),
      );
    },

    estimateGas(request, options) {
      return inSlot(options, async (pace) => {
        const estimated = await inSession(request, options, pace, {}, (session) => estimate(session, limits.gasMax));
        if ('gas' in estimated) return { gas: estimated.gas };
        const outcome = callOutcome(estimated.failed);
        if (outcome.outcome === 'success') throw new ChainError('ESTIMATE_FAILED', 'the call failed without a reason');
        return outcome;
      });
    },

    createAccessList(request, options) {
      return inSlot(options, async (pace) => {
        const recorder = new AccessRecorder();
        const { accessList, outcome } = await inSession(request, options, pace, { recorder }, (session) =>
          collectAccessList(session, recorder, gasLimitOf(request)),
        );
        return { accessList, gasUsed: outcome.gasUsed, error: errorText(outcome) };
      });
    },
  };
}

/** The header that a call on the pending block sees. */
function pendingHeader({ chain, nextTimestampSeconds }: CallDependencies, parent: SealedHeader): Header {
  const header = nextHeaderTemplate(chain.spec, parent.header, parent.hash);
  const seconds = nextTimestampSeconds?.() ?? 0n;
  return seconds > header.timestampSeconds ? { ...header, timestampSeconds: seconds } : header;
}

function groundOf(dependencies: CallDependencies, options: CallOptions): CallGround {
  const { chain, precompilesAt, alarm } = dependencies;
  const sealed = chain.headerByNumber(options.blockNumber);
  if (sealed === undefined)
    throw new ChainError(
      'BLOCK_NOT_FOUND',
      `block ${options.blockNumber} is not known; the head is ${chain.head.header.number}`,
    );
  const { spec, genesisHash } = chain;
  const header = options.asNextBlock ? pendingHeader(dependencies, sealed) : sealed.header;
  const hostChain: HostChain = { chainId: spec.chainId, genesisHash };
  return {
    spec,
    chain: hostChain,
    header,
    reader: chain.stateAt(options.blockNumber),
    blockHash: (number) => chain.headerByNumber(number)?.hash,
    precompiles: precompilesAt(options.blockOverride?.timestampSeconds ?? header.timestampSeconds),
    alarm,
  };
}

/** A transition as a call reports it. */
export function callOutcome(outcome: TransitionOutcome): CallOutcome {
  const { gasUsed, output, exception, logs } = outcome;
  if (exception === undefined) return { outcome: 'success', gasUsed, output, logs };
  if (exception === 'revert') return { outcome: 'revert', gasUsed, output };
  return { outcome: 'failure', gasUsed, reason: exception };
}

function errorText({ exception }: TransitionOutcome): string | undefined {
  return exception === 'revert' ? 'execution reverted' : exception;
}
