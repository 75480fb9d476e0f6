// What must hold between the records of a chain when it is opened. Each block is written in one batch, so no crash can part
// them: where they disagree the database was damaged, or changed by something else than a node.
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { hashHeader } from '../block/header.ts';
import type { Database } from '../state/database.ts';
import type { StateHead } from '../state/sealedState.ts';
import type { SealedHeader } from './chainReader.ts';
import type { ChainStore } from './chainStore.ts';

export function chainDamaged(what: string): ChainError<'CHAIN_DAMAGED'> {
  return new ChainError(
    'CHAIN_DAMAGED',
    `the chain in the database is damaged: ${what}. Restore the database from a backup, or remove it and import the chain again.`,
  );
}

/** A record without which there is no chain. @throws ChainError `CHAIN_DAMAGED` */
export function requireRecord(database: Database, key: Uint8Array, name: string): Uint8Array {
  const record = database.getSync(key);
  if (record === undefined) throw chainDamaged(`its record of ${name} is missing`);
  return record;
}

/**
 * The head of a chain whose block and state belong together.
 * @throws ChainError `CHAIN_DAMAGED`
 */
export function checkHead(store: ChainStore, state: StateHead): SealedHeader {
  const number = store.headNumber();
  if (number === undefined) throw chainDamaged('its record of the head is missing');
  const head = readHeader(store, number);
  if (!equalBytes(hashHeader(head.header), head.hash) || head.header.number !== number)
    throw chainDamaged(`the header of its head, block ${number}, is not what its hash says`);
  if (BigInt(state.blockNumber) !== number)
    throw chainDamaged(`its head is block ${number}, but its state is that of block ${state.blockNumber}`);
  if (!equalBytes(state.stateRoot, head.header.stateRoot)) {
    const [expected, got] = [bytesToHex(head.header.stateRoot), bytesToHex(state.stateRoot)];
    throw chainDamaged(`the state root of its head, block ${number}, must be ${expected}, got ${got}`);
  }
  return head;
}

function readHeader(store: ChainStore, number: bigint): SealedHeader {
  let head: SealedHeader | undefined;
  try {
    head = store.header(number);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw chainDamaged(`the header of its head, block ${number}, cannot be read (${error.message})`);
  }
  if (head === undefined) throw chainDamaged(`its head, block ${number}, is missing`);
  return head;
}
