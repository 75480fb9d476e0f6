// The first state of a chain, from the allocations of its genesis file.
import type { GenesisAccount } from '../../genesis/chainSpec.ts';
import { EMPTY_ACCOUNT } from './account.ts';
import { MemoryStateReader } from './memoryReader.ts';
import type { StateChanges } from './types.ts';
import { createJournaledState } from './worldState.ts';

/** What genesis changes of the empty state. Accounts that are empty (EIP-161) are allocated too, as geth does. */
export function genesisChanges(alloc: readonly GenesisAccount[]): StateChanges {
  const state = createJournaledState(new MemoryStateReader());
  for (const { address, balanceWei, nonce, code, storage } of alloc) {
    state.setAccount(address, { ...EMPTY_ACCOUNT, balanceWei, nonce });
    if (code.length > 0) state.setCode(address, code);
    for (const { slot, value } of storage) state.setSlot(address, slot, value);
  }
  return state.changes();
}
