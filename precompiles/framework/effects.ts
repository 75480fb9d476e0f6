// What a call changes, held back until it has succeeded and is paid for: a call that fails half-way has touched nothing, on
// whatever host (chain-peers S1, S3).
import { ChainError } from '../../primitives/errors.ts';
import type { Address, Wei } from '../../primitives/types.ts';
import type { EncodedEvent } from './abiItems.ts';
import {
  ACCOUNT_READ,
  LOG,
  LOG_BYTE,
  LOG_TOPIC,
  PAYMENT,
  PAYMENT_NEW_ACCOUNT,
  SLOT_AGAIN,
  SLOT_NEW,
  SLOT_READ,
  SLOT_UPDATE,
} from './gas.ts';
import type { GasMeter } from './gasMeter.ts';
import type { HostState } from './host.ts';
import type { SlotWriter } from './storage.ts';

interface TouchedSlot {
  /** As it was when the call began. */
  readonly original: bigint;
  current: bigint;
}

export class Effects implements SlotWriter {
  readonly #account: Address;
  readonly #state: HostState;
  readonly #meter: GasMeter;
  readonly #slots = new Map<bigint, TouchedSlot>();
  readonly #logs: EncodedEvent[] = [];
  readonly #payments: { to: Address; amountWei: Wei }[] = [];
  #paidWei: Wei = 0n;

  constructor(account: Address, state: HostState, meter: GasMeter) {
    this.#account = account;
    this.#state = state;
    this.#meter = meter;
  }

  read(slot: bigint): bigint {
    return this.#touch(slot).current;
  }

  /** Costs what EIP-2200 and EIP-2929 charge for a cold slot, with "original" taken at the start of the call. */
  write(slot: bigint, value: bigint): void {
    const touched = this.#touch(slot);
    if (touched.current === value) return;
    if (touched.current !== touched.original) this.#meter.charge(SLOT_AGAIN);
    else this.#meter.charge(touched.original === 0n ? SLOT_NEW : SLOT_UPDATE);
    touched.current = value;
  }

  log(event: EncodedEvent): void {
    const dataLength = BigInt(event.data.length);
    this.#meter.charge(LOG + LOG_TOPIC * BigInt(event.topics.length) + LOG_BYTE * dataLength);
    this.#logs.push(event);
  }

  /**
   * Pays out of the precompile's own balance.
   * @throws ChainError `PRECOMPILE_UNDERFUNDED` when it does not hold that much: its books and its balance disagree
   */
  pay(to: Address, amountWei: Wei): void {
    this.#meter.charge(ACCOUNT_READ + PAYMENT);
    if (this.#state.balanceOf(to) === 0n && !this.#state.hasCode(to)) this.#meter.charge(PAYMENT_NEW_ACCOUNT);
    const availableWei = this.#state.balanceOf(this.#account) - this.#paidWei;
    if (amountWei < 0n || amountWei > availableWei) {
      throw new ChainError('PRECOMPILE_UNDERFUNDED', `expected at least ${amountWei} wei to pay, got ${availableWei}`, {
        amountWei,
        availableWei,
      });
    }
    this.#paidWei += amountWei;
    this.#payments.push({ to, amountWei });
  }

  /** Hands everything to the host, in the order in which it was first done: slots, then payments, then logs. */
  apply(): void {
    for (const [slot, { original, current }] of this.#slots) {
      if (current !== original) this.#state.sstore(this.#account, slot, current);
    }
    for (const { to, amountWei } of this.#payments) this.#state.transfer(this.#account, to, amountWei);
    for (const { topics, data } of this.#logs) this.#state.emit(this.#account, topics, data);
  }

  #touch(slot: bigint): TouchedSlot {
    const known = this.#slots.get(slot);
    this.#meter.charge(known === undefined ? SLOT_READ : SLOT_AGAIN);
    if (known !== undefined) return known;
    const original = this.#state.sload(this.#account, slot);
    const touched = { original, current: original };
    this.#slots.set(slot, touched);
    return touched;
  }
}
