// What execution costs, by kind and by method of the native contracts. It is told what happened and cannot change it: no
// result, no gas and no root depends on anything here.
import type { HostCall, NativePrecompile, PrecompileResult } from '../../precompiles/framework/host.ts';
import { precompiles as registry } from '../../precompiles/registry.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import type { Gas } from '../../primitives/types.ts';
import type { ExecutionAlarm, ExecutionMeter, TransactionKind } from '../execution/nativeCall.ts';
import { EXECUTION_SECONDS, Histogram, histogramMetric } from './histogram.ts';
import type { Metric, Sample } from './metric.ts';

interface MethodCost {
  readonly contract: string;
  readonly method: string;
  readonly calls: Record<PrecompileResult['outcome'], number>;
  gas: bigint;
  seconds: number;
}

/** The method of a call whose selector the contract does not have: one for all, because callers choose selectors. */
export const UNKNOWN_METHOD = 'unknown';
/** What is called in a contract without selectors, such as P256VERIFY. */
const ONLY_METHOD = 'call';

export class MeteredExecution implements ExecutionMeter {
  readonly #nowMs: () => number;
  readonly #seconds: Readonly<Record<TransactionKind, Histogram>> = {
    transfer: new Histogram(EXECUTION_SECONDS),
    native: new Histogram(EXECUTION_SECONDS),
    contract: new Histogram(EXECUTION_SECONDS),
  };
  readonly #gas: Record<TransactionKind, bigint> = { transfer: 0n, native: 0n, contract: 0n };
  readonly #methods = new Map<string, MethodCost>();
  readonly #names = methodNames();
  /** There from the start, so that the first alarm is seen as a rise. Native contracts join by name. */
  readonly #alarms = new Map([
    ['interpreter', 0],
    ['built-in', 0],
    ['system contract', 0],
  ]);

  /** @param nowMs a clock that never goes back, in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  start(): number {
    return this.#nowMs();
  }

  transaction(kind: TransactionKind, gasUsed: Gas, startedMs: number): void {
    this.#seconds[kind].observe((this.#nowMs() - startedMs) / 1_000);
    this.#gas[kind] += gasUsed;
  }

  nativeCall({ name }: NativePrecompile, { data }: HostCall, result: PrecompileResult, startedMs: number): void {
    const cost = this.#costOf(name, data);
    cost.calls[result.outcome]++;
    cost.gas += result.gasUsed;
    cost.seconds += (this.#nowMs() - startedMs) / 1_000;
  }

  /** Counts alarms before `alarm` hears of them. */
  counting(alarm: ExecutionAlarm): ExecutionAlarm {
    return (raised) => {
      this.#alarms.set(raised.precompile, (this.#alarms.get(raised.precompile) ?? 0) + 1);
      alarm(raised);
    };
  }

  #costOf(contract: string, data: Uint8Array): MethodCost {
    const methods = this.#names.get(contract);
    const method =
      methods === undefined ? ONLY_METHOD : (methods.get(bytesToHex(data.subarray(0, 4))) ?? UNKNOWN_METHOD);
    const key = `${contract} ${method}`;
    let cost = this.#methods.get(key);
    if (cost === undefined) {
      cost = { contract, method, calls: { success: 0, revert: 0, failure: 0 }, gas: 0n, seconds: 0 };
      this.#methods.set(key, cost);
    }
    return cost;
  }

  #eachMethod(value: (cost: MethodCost) => number | bigint): Sample[] {
    return [...this.#methods.values()].map((cost) => ({ labels: [cost.contract, cost.method], value: value(cost) }));
  }

  get metrics(): readonly Metric[] {
    const perMethod = ['contract', 'method'];
    return [
      histogramMetric(
        'gnomon_execution_seconds',
        'Time that a transaction of a block took to execute: a plain transfer, a direct call of a native contract, or anything that needs the interpreter.',
        'kind',
        EXECUTION_SECONDS,
        this.#seconds,
      ),
      {
        name: 'gnomon_execution_gas_total',
        kind: 'counter',
        help: 'Gas used by executed transactions.',
        labels: ['kind'],
        read: () => Object.entries(this.#gas).map(([kind, value]) => ({ labels: [kind], value })),
      },
      {
        name: 'gnomon_native_calls_total',
        kind: 'counter',
        help: 'Calls of native contracts in blocks, by how they ended.',
        labels: [...perMethod, 'outcome'],
        read: () =>
          [...this.#methods.values()].flatMap(({ contract, method, calls }) =>
            Object.entries(calls).map(([outcome, value]) => ({ labels: [contract, method, outcome], value })),
          ),
      },
      {
        name: 'gnomon_native_gas_total',
        kind: 'counter',
        help: 'Gas used by calls of native contracts in blocks.',
        labels: perMethod,
        read: () => this.#eachMethod(({ gas }) => gas),
      },
      {
        name: 'gnomon_native_seconds_total',
        kind: 'counter',
        help: 'Time spent in calls of native contracts in blocks. Gas is 10 a microsecond at the worst: compare.',
        labels: perMethod,
        read: () => this.#eachMethod(({ seconds }) => seconds),
      },
      {
        name: 'gnomon_execution_alarms_total',
        kind: 'counter',
        help: 'Failures of precompiles, system contracts or the interpreter that should not be possible. Report them.',
        labels: ['where'],
        read: () => [...this.#alarms].map(([where, value]) => ({ labels: [where], value })),
      },
    ];
  }
}

/** Method names by selector, of every native contract of this program that has selectors. */
function methodNames(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const names = new Map<string, Map<string, string>>();
  for (const { name: contract, methods = [] } of registry.byRule) {
    const ofContract = names.get(contract) ?? new Map<string, string>();
    for (const { name, selector } of methods) ofContract.set(selector, name);
    names.set(contract, ofContract);
  }
  return names;
}
