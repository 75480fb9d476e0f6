// Counts what a call pays, never beyond its limit.
import type { Gas } from '../../primitives/types.ts';
import { GAS_PER_MICROSECOND } from './gas.ts';

/** Thrown when a charge exceeds what is left; ends the call with all gas consumed. */
export class OutOfGas extends Error {
  override readonly name = 'OutOfGas';
}

export class GasMeter {
  readonly limit: Gas;
  #used: Gas = 0n;
  #work: Gas = 0n;

  constructor(limit: Gas) {
    this.limit = limit;
  }

  /** Gas charged so far; at most `limit`. */
  get used(): Gas {
    return this.#used;
  }

  /** Native work paid for, rounded up to whole microseconds. */
  get workMicroseconds(): number {
    return Number((this.#work + GAS_PER_MICROSECOND - 1n) / GAS_PER_MICROSECOND);
  }

  /**
   * Pays for state, logs and payments.
   * @throws OutOfGas when less than `gas` is left; nothing is charged then
   */
  charge(gas: Gas): void {
    if (gas > this.limit - this.#used) throw new OutOfGas();
    this.#used += gas;
  }

  /**
   * Pays for native work, before it is done; it counts towards the block's work limit.
   * @throws OutOfGas
   */
  chargeWork(gas: Gas): void {
    this.charge(gas);
    this.#work += gas;
  }
}
