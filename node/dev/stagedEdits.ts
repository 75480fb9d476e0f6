// State edits of a dev chain (`anvil_setBalance` …). They are seen at once by reads of the newest state, and become part of
// the next block's consensus inputs, so that a replay of the chain repeats them. Kept in the database until then.
import { bytesKey, equalBytes, stripZeros } from '../../primitives/bytes.ts';
import type { Wei } from '../../primitives/types.ts';
import type { StateEdit } from '../api.ts';
import { type DevInputs, decodeConsensusInputs, encodeConsensusInputs } from '../consensus/consensusInputs.ts';
import { EMPTY_ACCOUNT } from '../state/account.ts';
import { metaKey } from '../state/buckets.ts';
import { type Database, WriteBatch } from '../state/database.ts';
import type { JournaledState, StateReader } from '../state/types.ts';
import { createJournaledState } from '../state/worldState.ts';

const STAGED = metaKey('stagedEdits');

/** Applies one edit; the account is created if it does not exist. */
export function applyEdit(state: JournaledState, edit: StateEdit): void {
  const record = state.account(edit.address) ?? EMPTY_ACCOUNT;
  switch (edit.kind) {
    case 'balance':
      state.setAccount(edit.address, { ...record, balanceWei: edit.wei });
      return;
    case 'nonce':
      state.setAccount(edit.address, { ...record, nonce: edit.nonce });
      return;
    case 'code':
      state.setAccount(edit.address, record);
      state.setCode(edit.address, edit.code);
      return;
    case 'storage':
      // An account without nonce, balance and code is empty and would vanish with its storage (EIP-161).
      if (state.account(edit.address) === undefined) state.setAccount(edit.address, { ...record, nonce: 1n });
      state.setSlot(edit.address, edit.slot, stripZeros(edit.value));
  }
}

/** Whether a later edit makes an earlier one void. */
function replaces(later: StateEdit, earlier: StateEdit): boolean {
  if (later.kind !== earlier.kind || !equalBytes(later.address, earlier.address)) return false;
  return later.kind !== 'storage' || bytesKey(later.slot) === bytesKey((earlier as typeof later).slot);
}

export class StagedEdits {
  readonly #database: Database;
  #inputs: DevInputs | undefined;
  #overlay: { readonly base: StateReader; readonly state: StateReader } | undefined;

  constructor(database: Database) {
    this.#database = database;
    const record = database.getSync(STAGED);
    if (record !== undefined) this.#inputs = decodeConsensusInputs(record).dev;
  }

  /** What the next block must do before its transactions; undefined when nothing is staged. The same object until it changes. */
  get inputs(): DevInputs | undefined {
    return this.#inputs;
  }

  async add(edits: readonly StateEdit[]): Promise<void> {
    let kept: readonly StateEdit[] = this.#inputs?.edits ?? [];
    for (const edit of edits) kept = [...kept.filter((earlier) => !replaces(edit, earlier)), edit];
    await this.#replace(kept, this.#inputs?.baseFeePerGas);
  }

  async setBaseFee(baseFeePerGas: Wei): Promise<void> {
    await this.#replace(this.#inputs?.edits ?? [], baseFeePerGas);
  }

  /** Replaces everything that is staged. */
  async restore(inputs: DevInputs | undefined): Promise<void> {
    await this.#replace(inputs?.edits ?? [], inputs?.baseFeePerGas);
  }

  /** The staged edits leave with the block that carries them: same batch. */
  consume(batch: WriteBatch): void {
    if (this.#inputs !== undefined) batch.delete(STAGED);
  }

  /** After the batch of {@link consume} was written. */
  consumed(): void {
    this.#inputs = undefined;
    this.#overlay = undefined;
  }

  /** The newest state with the staged edits on top. */
  over(base: StateReader): StateReader {
    const edits = this.#inputs?.edits ?? [];
    if (edits.length === 0) return base;
    if (this.#overlay?.base !== base) {
      const state = createJournaledState(base);
      for (const edit of edits) applyEdit(state, edit);
      this.#overlay = { base, state };
    }
    return this.#overlay.state;
  }

  async #replace(edits: readonly StateEdit[], baseFeePerGas: Wei | undefined): Promise<void> {
    const batch = new WriteBatch();
    if (edits.length === 0 && baseFeePerGas === undefined) {
      this.#inputs = undefined;
      batch.delete(STAGED);
    } else {
      this.#inputs = { edits, ...(baseFeePerGas === undefined ? {} : { baseFeePerGas }) };
      batch.put(STAGED, encodeConsensusInputs({ dev: this.#inputs }));
    }
    this.#overlay = undefined;
    await this.#database.write(batch, { sync: false });
  }
}
