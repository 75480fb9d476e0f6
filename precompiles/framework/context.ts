// What a handler sees. A `view` or `pure` method gets a context that cannot write, so that writing there does not compile.
import type { Abi } from 'abitype';
import type { Address, Gas, Wei } from '../../primitives/types.ts';
import type { ErrorArguments, ErrorName, EventArguments, EventName } from './abiType.ts';
import type { HostBlock, HostChain } from './host.ts';
import type { SlotReader, SlotWriter } from './storage.ts';

export interface ReadContext<TAbi extends Abi> {
  /** The precompile's own address. */
  readonly self: Address;
  /** The account that called: always the verified `msg.sender`, never the origin. */
  readonly caller: Address;
  readonly valueWei: Wei;
  readonly block: HostBlock;
  readonly chain: HostChain;
  readonly storage: SlotReader;
  /** Pays for native work, before it is done. */
  charge(gas: Gas): void;
  /** Ends the call as a revert with one of the ABI's errors. */
  fail<Name extends ErrorName<TAbi>>(name: Name, values: ErrorArguments<TAbi, Name>): never;
}

export interface WriteContext<TAbi extends Abi> extends ReadContext<TAbi> {
  readonly storage: SlotWriter;
  emit<Name extends EventName<TAbi>>(name: Name, values: EventArguments<TAbi, Name>): void;
  /** Pays native coin out of the precompile's own balance. */
  pay(to: Address, amountWei: Wei): void;
}
