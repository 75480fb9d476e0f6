// The solo engine's own records, in the node's database: its newest decided block and what it knows to be committed. A
// decided block is written without a sync of its own: the app's commit, which follows, is synced, and LevelDB keeps the order
// of writes but where one of its logs ends, which the engine's start allows for.
import { bigIntToBytes, EMPTY_BYTES } from '../../primitives/bytes.ts';
import { decodeRlp, encodeRlp, rlpBytes, rlpInteger, rlpList } from '../../primitives/rlp.ts';
import { metaKey } from '../state/buckets.ts';
import { type Database, WriteBatch } from '../state/database.ts';
import type { DecidedBlock } from './consensusApp.ts';
import type { EngineStore } from './soloEngine.ts';

const BLOCK = metaKey('engineBlock');
const STATE = metaKey('engineState');

function encodeBlock(block: DecidedBlock): Uint8Array {
  return encodeRlp([
    bigIntToBytes(block.height),
    bigIntToBytes(block.time.seconds),
    bigIntToBytes(BigInt(block.time.nanos)),
    block.txs,
  ]);
}

function decodeBlock(record: Uint8Array): DecidedBlock {
  const [height, seconds, nanos, txs] = rlpList(decodeRlp(record), 'engine block', 4);
  return {
    height: rlpInteger(height, 'height', 8),
    time: { seconds: rlpInteger(seconds, 'seconds', 8), nanos: Number(rlpInteger(nanos, 'nanos', 4)) },
    hash: EMPTY_BYTES,
    txs: rlpList(txs, 'transactions').map((tx) => rlpBytes(tx, 'transaction')),
    lastCommit: { round: 0, votes: [] },
    misbehavior: [],
    proposerAddress: EMPTY_BYTES,
    nextValidatorsHash: EMPTY_BYTES,
  };
}

function encodeState(height: bigint, appHash: Uint8Array): Uint8Array {
  return encodeRlp([bigIntToBytes(height), appHash]);
}

export function createEngineStore(database: Database): EngineStore {
  const write = (fill: (batch: WriteBatch) => void, sync = false): Promise<void> => {
    const batch = new WriteBatch();
    fill(batch);
    return database.write(batch, { sync });
  };
  return {
    load() {
      const block = database.getSync(BLOCK);
      const state = database.getSync(STATE);
      const [height, appHash] = state === undefined ? [] : rlpList(decodeRlp(state), 'engine state', 2);
      return {
        ...(block === undefined ? {} : { block: decodeBlock(block) }),
        height: state === undefined ? 0n : rlpInteger(height, 'height', 8),
        appHash: state === undefined ? EMPTY_BYTES : rlpBytes(appHash, 'app hash'),
      };
    },
    saveBlock: (block) => write((batch) => batch.put(BLOCK, encodeBlock(block))),
    saveState: (height, appHash) => write((batch) => batch.put(STATE, encodeState(height, appHash))),
    // Synced: what the engine decided must be forgotten before the chain goes back behind it.
    rollback: (height, appHash) =>
      write((batch) => {
        batch.delete(BLOCK);
        batch.put(STATE, encodeState(height, appHash));
      }, true),
  };
}
