// anvil_dumpState and anvil_loadState: a dump is the list of edits that make the state again.
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { StateEdit } from '../api.ts';
import { decodeConsensusInputs, encodeConsensusInputs } from '../consensus/consensusInputs.ts';
import { EMPTY_CODE_HASH, sameHash } from '../state/account.ts';
import type { DumpEntry } from '../state/stateDump.ts';
import type { StateReader } from '../state/types.ts';

/** The state that `entries` list, with edits that no block has taken up yet on top. */
export async function encodeStateDump(
  entries: AsyncIterable<DumpEntry>,
  reader: StateReader,
  staged: readonly StateEdit[],
): Promise<Uint8Array> {
  const edits: StateEdit[] = [];
  for await (const entry of entries) {
    const { address } = entry;
    if (entry.kind === 'slot') {
      edits.push({ kind: 'storage', address, slot: entry.slot, value: entry.value });
      continue;
    }
    const { nonce, balanceWei, codeHash } = entry.record;
    edits.push({ kind: 'balance', address, wei: balanceWei }, { kind: 'nonce', address, nonce });
    if (!sameHash(codeHash, EMPTY_CODE_HASH)) edits.push({ kind: 'code', address, code: reader.code(codeHash) });
  }
  return encodeConsensusInputs({ dev: { edits: [...edits, ...staged] } });
}

/** @throws ChainError `INVALID_STATE_DUMP` */
export function decodeStateDump(dump: Uint8Array): readonly StateEdit[] {
  try {
    const edits = decodeConsensusInputs(dump).dev?.edits;
    if (edits !== undefined) return edits;
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    throw new ChainError(
      'INVALID_STATE_DUMP',
      `not a dump of anvil_dumpState or hardhat_dumpState of Gnomon: ${messageOf(error)}`,
    );
  }
  throw new ChainError('INVALID_STATE_DUMP', 'the dump holds no state');
}
