// What consensus (and, on dev chains, a developer) adds to a block beside its transactions. It is stored with the block
// and committed to by `extraData = keccak256(encoding)`, so that a block is self-contained (DESIGN §2).
import { bigIntToBytes, bytesToHex, EMPTY_BYTES, toAddress } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { ChainError } from '../../primitives/errors.ts';
import { decodeRlp, encodeRlp, type RlpItem, rlpBytes, rlpInteger, rlpList } from '../../primitives/rlp.ts';
import type { Address, Hash, Wei } from '../../primitives/types.ts';
import type { StateEdit } from '../api.ts';
import type { CommitVote, ConsensusTime, Misbehavior, VoteFlag } from './consensusApp.ts';

/** What the consensus engine decided with the block; absent in solo. */
export interface EngineInputs {
  /** The consensus block's own hash; the next block's `parentBeaconBlockRoot`. */
  readonly consensusHash: Uint8Array;
  readonly time: ConsensusTime;
  readonly proposerAddress: Uint8Array;
  readonly round: number;
  readonly votes: readonly CommitVote[];
  readonly misbehavior: readonly Misbehavior[];
}

/** Edits of a dev chain, applied before the block's first transaction in this order. */
export interface DevInputs {
  readonly edits: readonly StateEdit[];
  /** Replaces the base fee that EIP-1559 gives. */
  readonly baseFeePerGas?: Wei | undefined;
}

export interface ConsensusInputs {
  readonly engine?: EngineInputs | undefined;
  readonly dev?: DevInputs | undefined;
}

export const NO_INPUTS: ConsensusInputs = Object.freeze({});

const EDIT_KINDS = ['balance', 'nonce', 'code', 'storage'] as const;

function integer(value: bigint | number): Uint8Array {
  return bigIntToBytes(BigInt(value));
}

function encodeTime(time: ConsensusTime): RlpItem {
  return [integer(time.seconds), integer(time.nanos)];
}

function encodeEngine(engine: EngineInputs): RlpItem {
  return [
    engine.consensusHash,
    encodeTime(engine.time),
    engine.proposerAddress,
    integer(engine.round),
    engine.votes.map((vote) => [vote.address, integer(vote.power), integer(vote.flag)]),
    engine.misbehavior.map((item) => [
      integer(item.kind),
      item.address,
      integer(item.power),
      integer(item.height),
      encodeTime(item.time),
      integer(item.totalPower),
    ]),
  ];
}

function encodeEdit(edit: StateEdit): RlpItem {
  const head = [integer(EDIT_KINDS.indexOf(edit.kind)), edit.address];
  switch (edit.kind) {
    case 'balance':
      return [...head, integer(edit.wei)];
    case 'nonce':
      return [...head, integer(edit.nonce)];
    case 'code':
      return [...head, edit.code];
    case 'storage':
      return [...head, edit.slot, edit.value];
  }
}

function encodeDev(dev: DevInputs): RlpItem {
  const baseFee = dev.baseFeePerGas === undefined ? [] : [integer(dev.baseFeePerGas)];
  return [dev.edits.map(encodeEdit), baseFee];
}

/** The canonical encoding: RLP of [engine or empty list, dev or empty list]; no bytes at all when there is neither. */
export function encodeConsensusInputs(inputs: ConsensusInputs): Uint8Array {
  if (inputs.engine === undefined && inputs.dev === undefined) return EMPTY_BYTES;
  return encodeRlp([
    inputs.engine === undefined ? [] : encodeEngine(inputs.engine),
    inputs.dev === undefined ? [] : encodeDev(inputs.dev),
  ]);
}

/** What the header's `extraData` holds for these inputs. */
export function consensusInputsHash(encoded: Uint8Array): Hash {
  return keccak256(encoded);
}

function decodeTime(item: RlpItem | undefined): ConsensusTime {
  const [seconds, nanos] = rlpList(item, 'time', 2);
  return { seconds: rlpInteger(seconds, 'seconds', 8), nanos: Number(rlpInteger(nanos, 'nanos', 4)) };
}

function decodeVote(item: RlpItem): CommitVote {
  const [address, power, flag] = rlpList(item, 'vote', 3);
  const value = Number(rlpInteger(flag, 'vote flag', 1));
  if (value < 1 || value > 3) throw new ChainError('INVALID_RLP', `vote flag: expected 1, 2 or 3, got ${value}`);
  return {
    address: rlpBytes(address, 'vote address'),
    power: rlpInteger(power, 'vote power', 8),
    flag: value as VoteFlag,
  };
}

function decodeMisbehavior(item: RlpItem): Misbehavior {
  const [kind, address, power, height, time, totalPower] = rlpList(item, 'misbehavior', 6);
  const value = Number(rlpInteger(kind, 'misbehavior kind', 1));
  if (value !== 1 && value !== 2)
    throw new ChainError('INVALID_RLP', `misbehavior kind: expected 1 or 2, got ${value}`);
  return {
    kind: value,
    address: rlpBytes(address, 'misbehavior address'),
    power: rlpInteger(power, 'misbehavior power', 8),
    height: rlpInteger(height, 'misbehavior height', 8),
    time: decodeTime(time),
    totalPower: rlpInteger(totalPower, 'misbehavior total power', 8),
  };
}

function decodeEngine(item: readonly RlpItem[]): EngineInputs {
  const [consensusHash, time, proposerAddress, round, votes, misbehavior] = rlpList(item, 'engine inputs', 6);
  return {
    consensusHash: rlpBytes(consensusHash, 'consensus hash'),
    time: decodeTime(time),
    proposerAddress: rlpBytes(proposerAddress, 'proposer address'),
    round: Number(rlpInteger(round, 'round', 4)),
    votes: rlpList(votes, 'votes').map(decodeVote),
    misbehavior: rlpList(misbehavior, 'misbehavior').map(decodeMisbehavior),
  };
}

function decodeEdit(item: RlpItem): StateEdit {
  const members = rlpList(item, 'state edit');
  const kind = EDIT_KINDS[Number(rlpInteger(members[0], 'edit kind', 1))];
  const address: Address = toAddress(rlpBytes(members[1], 'edit address', 20));
  if (members.length !== (kind === 'storage' ? 4 : 3))
    throw new ChainError('INVALID_RLP', 'state edit: wrong member count');
  switch (kind) {
    case 'balance':
      return { kind, address, wei: rlpInteger(members[2], 'edit balance') };
    case 'nonce':
      return { kind, address, nonce: rlpInteger(members[2], 'edit nonce', 8) };
    case 'code':
      return { kind, address, code: rlpBytes(members[2], 'edit code') };
    case 'storage':
      return { kind, address, slot: rlpBytes(members[2], 'edit slot', 32), value: editValue(members[3]) };
    default:
      throw new ChainError('INVALID_RLP', `state edit: unknown kind in ${bytesToHex(encodeRlp(item))}`);
  }
}

/** At most one word, with or without leading zeros. */
function editValue(item: RlpItem | undefined): Uint8Array {
  const value = rlpBytes(item, 'edit value');
  if (value.length > 32)
    throw new ChainError('INVALID_RLP', `edit value: expected at most 32 bytes, got ${value.length}`);
  return value;
}

function decodeDev(item: readonly RlpItem[]): DevInputs {
  const [edits, baseFee] = rlpList(item, 'dev inputs', 2);
  const fee = rlpList(baseFee, 'dev base fee');
  if (fee.length > 1) throw new ChainError('INVALID_RLP', 'dev base fee: expected at most one member');
  return {
    edits: rlpList(edits, 'state edits').map(decodeEdit),
    ...(fee.length === 1 ? { baseFeePerGas: rlpInteger(fee[0], 'dev base fee') } : {}),
  };
}

/**
 * Reads what {@link encodeConsensusInputs} wrote.
 * @throws ChainError `INVALID_RLP`
 */
export function decodeConsensusInputs(encoded: Uint8Array): ConsensusInputs {
  if (encoded.length === 0) return NO_INPUTS;
  const [engine, dev] = rlpList(decodeRlp(encoded), 'consensus inputs', 2);
  const engineItem = rlpList(engine, 'engine inputs');
  const devItem = rlpList(dev, 'dev inputs');
  // Nothing has one encoding, as everything else: no bytes at all.
  if (engineItem.length === 0 && devItem.length === 0)
    throw new ChainError('INVALID_RLP', 'consensus inputs: expected no bytes where there is neither engine nor dev');
  return {
    ...(engineItem.length > 0 ? { engine: decodeEngine(engineItem) } : {}),
    ...(devItem.length > 0 ? { dev: decodeDev(devItem) } : {}),
  };
}
