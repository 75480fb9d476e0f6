// The node's own EVM host over the state that a test prepared in memory: what a precompile does there must be what it does
// on the chain in memory.

import { EvmHost, type EvmOutcome } from '../../../node/execution/evmHost.ts';
import { EMPTY_ACCOUNT } from '../../../node/state/account.ts';
import { MemoryStateReader } from '../../../node/state/memoryReader.ts';
import type { JournaledState } from '../../../node/state/types.ts';
import { createJournaledState } from '../../../node/state/worldState.ts';
import { deviceDid } from '../../../precompiles/did/contract.ts';
import type { NativePrecompile, PrecompileResult } from '../../../precompiles/framework/host.ts';
import { p256Verify } from '../../../precompiles/p256/contract.ts';
import { STUB_CODE, STUB_NONCE } from '../../../precompiles/registry.ts';
import {
  bigIntToFixedBytes,
  bytesToBigInt,
  bytesToHex,
  keyBytes,
  parseAddress,
  ZERO_ADDRESS,
  ZERO_HASH,
} from '../../../primitives/bytes.ts';
import type { Address } from '../../../primitives/types.ts';
import { assemble } from '../../node/execution/support/assembler.ts';
import type { Target, TargetCall } from './matrix.ts';
import type { CallScheme, MemoryHost } from './memoryHost.ts';

const NATIVES: readonly NativePrecompile[] = [p256Verify, deviceDid];
const GAS_DEFAULT = 30_000_000n;

/** Passes its calldata on to `to` by one opcode and answers as the callee did, or reverts whatever it did. */
function forwarder(opcode: string, hasValue: boolean, to: Address, alwaysReverts: boolean): Uint8Array {
  const call = `0x00 0x00 CALLDATASIZE 0x00 ${hasValue ? 'CALLVALUE' : ''} ${bytesToHex(to)} GAS ${opcode}`;
  const answer = 'RETURNDATASIZE 0x00 0x00 RETURNDATACOPY @ok JUMPI RETURNDATASIZE 0x00 REVERT';
  return assemble(
    `CALLDATASIZE 0x00 0x00 CALLDATACOPY ${call} ${
      alwaysReverts ? '0x00 0x00 REVERT' : `${answer} :ok RETURNDATASIZE 0x00 RETURN`
    }`,
  );
}

/** Opcodes that take a value, in the order of their addresses. */
const WITH_VALUE: Readonly<Record<CallScheme, boolean>> = {
  CALL: true,
  CALLCODE: true,
  DELEGATECALL: false,
  STATICCALL: false,
};

export interface EvmCall {
  readonly from: Address;
  /** Absent for a creation, whose initialisation code is `data`. */
  readonly to?: Address;
  readonly data: Uint8Array;
  readonly valueWei?: bigint;
  readonly gas?: bigint;
}

export class EvmChain {
  readonly state: JournaledState;
  readonly alarms: unknown[] = [];
  readonly #base: MemoryHost;
  readonly #host: EvmHost;

  constructor(base: MemoryHost) {
    this.#base = base;
    this.state = createJournaledState(readerOf(base));
    this.#host = new EvmHost({
      rules: {
        fork: 'osaka',
        chainId: base.chainId,
        blobSchedule: undefined,
        depositContractAddress: undefined,
        isGnomon: true,
        allowsImpersonation: false,
      },
      state: this.state,
      block: {
        number: base.blockNumber,
        timestampSeconds: base.timestampSeconds,
        blockHash: () => undefined,
        coinbase: ZERO_ADDRESS,
        gasLimit: GAS_DEFAULT,
        difficulty: 0n,
        prevRandao: ZERO_HASH,
        baseFeePerGas: 0n,
        blobBaseFee: undefined,
      },
      chain: { chainId: base.chainId, genesisHash: base.genesisHash },
      precompiles: NATIVES,
      alarm: (alarm) => this.alarms.push(alarm),
    });
  }

  /** One transaction's message, without its intrinsic gas. */
  async call({ from, to, data, valueWei = 0n, gas = GAS_DEFAULT }: EvmCall): Promise<EvmOutcome> {
    this.#host.beginTransaction();
    // As a transaction does before its message runs; the address of a creation follows from it.
    const sender = this.state.account(from) ?? EMPTY_ACCOUNT;
    this.state.setAccount(from, { ...sender, nonce: sender.nonce + 1n });
    const outcome = await this.#host.call({
      caller: from,
      to,
      value: valueWei,
      data,
      gasLimit: gas,
      gasPrice: 0n,
      blobVersionedHashes: [],
    });
    await this.#host.endTransaction(outcome.destroyed);
    return outcome;
  }

  setCode(address: Address, code: Uint8Array): void {
    this.state.setCode(address, code);
  }

  codeOf(address: Address): Uint8Array {
    const account = this.state.account(address);
    return account === undefined ? new Uint8Array() : this.state.code(account.codeHash);
  }

  /** Balances and slots that are not zero, comparable. */
  fingerprint(): string {
    const { balances, slots } = this.#contents();
    return JSON.stringify(
      [balances, slots].map((map) =>
        [...map]
          .filter(([, value]) => value !== 0n)
          .map(String)
          .sort(),
      ),
    );
  }

  totalSupplyWei(): bigint {
    let sum = 0n;
    for (const wei of this.#contents().balances.values()) sum += wei;
    return sum;
  }

  slots(): ReadonlyMap<string, bigint> {
    return this.#contents().slots;
  }

  #contents(): { balances: Map<string, bigint>; slots: Map<string, bigint> } {
    const balances = new Map(this.#base.balances);
    const slots = new Map(this.#base.slots);
    const { accounts, slots: changed } = this.state.changes();
    for (const [key, record] of accounts) balances.set(bytesToHex(keyBytes(key)), record?.balanceWei ?? 0n);
    for (const [key, words] of changed) {
      const address = bytesToHex(keyBytes(key));
      for (const [slot, value] of words) slots.set(`${address}:${bytesToBigInt(keyBytes(slot))}`, bytesToBigInt(value));
    }
    return { balances, slots };
  }
}

function readerOf(base: MemoryHost): MemoryStateReader {
  const reader = new MemoryStateReader();
  for (const [address, balanceWei] of base.balances) reader.setAccount(parseAddress(address), { balanceWei });
  for (const { address, isStateful } of NATIVES) {
    if (!isStateful) continue;
    reader.setCode(address, STUB_CODE);
    reader.setAccount(address, { nonce: STUB_NONCE });
  }
  for (const [key, value] of base.slots) {
    const [address, slot] = key.split(':') as [string, string];
    reader.setSlot(parseAddress(address), bigIntToFixedBytes(BigInt(slot), 32), bigIntToFixedBytes(value, 32));
  }
  return reader;
}

/** The matrix's target on the EVM: plain calls go straight there, all others through a contract that makes them. */
export function evmTarget(base: MemoryHost, precompile: NativePrecompile): Target {
  const chain = new EvmChain(base);
  return {
    call: async (request) => resultOf(await run(chain, precompile, request)),
    fingerprint: () => chain.fingerprint(),
    totalSupplyWei: () => chain.totalSupplyWei(),
  };
}

function run(chain: EvmChain, precompile: NativePrecompile, request: TargetCall): Promise<EvmOutcome> {
  const { from, data, scheme = 'CALL', valueWei = 0n, gas = GAS_DEFAULT, revertAfter = false } = request;
  if (scheme === 'CALL' && !revertAfter) return chain.call({ from, to: precompile.address, data, valueWei, gas });
  const contract = parseAddress(`0x${Buffer.from(scheme).toString('hex').padStart(39, '0')}${revertAfter ? 1 : 0}`);
  chain.setCode(contract, forwarder(scheme, WITH_VALUE[scheme], precompile.address, revertAfter));
  return chain.call({ from, to: contract, data, valueWei, gas });
}

function resultOf({ exception, gasUsed, output }: EvmOutcome): PrecompileResult {
  const cost = { gasUsed, workMicroseconds: 0 };
  if (exception === undefined) return { outcome: 'success', ...cost, output };
  return exception === 'revert' ? { outcome: 'revert', ...cost, output } : { outcome: 'failure', ...cost };
}
