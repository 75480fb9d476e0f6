// A chain in memory for precompile tests: balances, slots and logs under one journal, and calls made the way an EVM makes
// them: value moves first, and everything is undone unless the call succeeds.
import type { DefinedPrecompile } from '../../../precompiles/framework/definePrecompile.ts';
import type {
  HostState,
  NativePrecompile,
  PrecompileHost,
  PrecompileResult,
} from '../../../precompiles/framework/host.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { assert } from '../../../primitives/errors.ts';
import type { Address, Gas, Hash, Wei } from '../../../primitives/types.ts';

export type CallScheme = 'CALL' | 'STATICCALL' | 'DELEGATECALL' | 'CALLCODE';

export interface CallRequest {
  readonly precompile: NativePrecompile;
  readonly from: Address;
  readonly data: Uint8Array;
  readonly scheme?: CallScheme;
  readonly valueWei?: Wei;
  readonly gas?: Gas;
}

export interface MemoryLog {
  readonly address: Address;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

export const CALL_GAS_DEFAULT: Gas = 30_000_000n;

export class MemoryHost {
  chainId = 4766n;
  genesisHash: Hash = new Uint8Array(32).fill(0x47) as Hash;
  blockNumber = 100n;
  timestampSeconds = 1_800_000_000n;
  readonly balances = new Map<string, Wei>();
  readonly codes = new Set<string>();
  readonly slots = new Map<string, bigint>();
  readonly logs: MemoryLog[] = [];
  /** Every result whose exception raised an alarm. */
  readonly alarms: unknown[] = [];
  #undo: (() => void)[] = [];

  fund(address: Address, wei: Wei): void {
    this.#set(this.balances, bytesToHex(address), this.balanceOf(address) + wei);
  }

  balanceOf(address: Address): Wei {
    return this.balances.get(bytesToHex(address)) ?? 0n;
  }

  slot(address: Address, slot: bigint): bigint {
    return this.slots.get(`${bytesToHex(address)}:${slot}`) ?? 0n;
  }

  /** The sum of all balances: nothing that runs here may change it. */
  totalSupplyWei(): Wei {
    let sum = 0n;
    for (const wei of this.balances.values()) sum += wei;
    return sum;
  }

  /** Everything that consensus sees, in one comparable value. */
  fingerprint(): string {
    const entries = (map: ReadonlyMap<string, bigint>): string[] =>
      [...map]
        .filter(([, value]) => value !== 0n)
        .map(([key, value]) => `${key}=${value}`)
        .sort();
    const logs = this.logs.map((log) => [log.address, ...log.topics, log.data].map(bytesToHex).join());
    return JSON.stringify([entries(this.balances), entries(this.slots), logs]);
  }

  mark(): number {
    return this.#undo.length;
  }

  revertTo(mark: number): void {
    while (this.#undo.length > mark) (this.#undo.pop() as () => void)();
  }

  /** One call frame on top of the state. */
  call(request: CallRequest): PrecompileResult {
    const { precompile, scheme = 'CALL', valueWei = 0n, gas = CALL_GAS_DEFAULT } = request;
    const mark = this.mark();
    if (scheme === 'CALL' && valueWei > 0n) this.#transfer(request.from, precompile.address, valueWei);
    const host: PrecompileHost = {
      call: {
        caller: request.from,
        origin: request.from,
        valueWei: scheme === 'STATICCALL' ? 0n : valueWei,
        isStatic: scheme === 'STATICCALL',
        isOwnContext: scheme === 'CALL' || scheme === 'STATICCALL',
        depth: 1,
        data: request.data,
        gasLimit: gas,
      },
      block: { number: this.blockNumber, timestampSeconds: this.timestampSeconds, blockHash: () => undefined },
      chain: { chainId: this.chainId, genesisHash: this.genesisHash },
      state: this.#stateFor(precompile.address),
    };
    const result = precompile.run(host);
    if (result.outcome !== 'success') this.revertTo(mark);
    if (result.outcome === 'failure' && result.alarm !== undefined) this.alarms.push(result.alarm);
    assert(result.gasUsed >= 0n && result.gasUsed <= gas, `gas used ${result.gasUsed} of ${gas}`);
    return result;
  }

  #stateFor(self: Address): HostState {
    return {
      sload: (account, slot) => this.slot(account, slot),
      sstore: (account, slot, value) => {
        assert(bytesToHex(account) === bytesToHex(self), 'a precompile writes only its own slots');
        this.#set(this.slots, `${bytesToHex(account)}:${slot}`, value);
      },
      balanceOf: (account) => this.balanceOf(account),
      hasCode: (account) => this.codes.has(bytesToHex(account)),
      transfer: (from, to, amountWei) => this.#transfer(from, to, amountWei),
      emit: (address, topics, data) => {
        this.logs.push({ address, topics, data });
        this.#undo.push(() => this.logs.pop());
      },
    };
  }

  #transfer(from: Address, to: Address, wei: Wei): void {
    assert(wei >= 0n && this.balanceOf(from) >= wei, `transfer of ${wei} from ${this.balanceOf(from)}`);
    this.#set(this.balances, bytesToHex(from), this.balanceOf(from) - wei);
    this.#set(this.balances, bytesToHex(to), this.balanceOf(to) + wei);
  }

  #set(map: Map<string, bigint>, key: string, value: bigint): void {
    const former = map.get(key);
    map.set(key, value);
    this.#undo.push(() => (former === undefined ? map.delete(key) : map.set(key, former)));
  }
}

/** The selector of a method by name. */
export function selectorOfMethod(precompile: DefinedPrecompile, name: string): string {
  const method = precompile.methods.find((candidate) => candidate.name === name);
  assert(method !== undefined, `no method ${name}`);
  return method.selector;
}
