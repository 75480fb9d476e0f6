// One block of someone else's making, checked by every rule and appended: headers, body, execution, roots. Plain Ethereum
// chains and Gnomon chains alike; the latter bring their consensus inputs.

import type { NativePrecompile } from '../../precompiles/framework/host.ts';
import { bytesToHex, equalBytes, ZERO_HASH } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import { prevRandaoAfter } from '../block/makeHeader.ts';
import { validateOmmers } from '../block/ommers.ts';
import type { Block, Header } from '../block/types.ts';
import { validateHeader } from '../block/validateHeader.ts';
import { type ConsensusInputs, consensusInputsHash, decodeConsensusInputs } from '../consensus/consensusInputs.ts';
import { applyEdit } from '../dev/stagedEdits.ts';
import type { BlockStartStep } from '../execution/blockExecution.ts';
import { executeBlock } from '../execution/executeBlock.ts';
import type { ExecutionAlarm } from '../execution/nativeCall.ts';
import type { SealedState } from '../state/sealedState.ts';
import type { StateChanges } from '../state/types.ts';
import { createJournaledState } from '../state/worldState.ts';
import type { Chain } from './chain.ts';
import { nextSupply } from './nextSupply.ts';

export interface ImportContext {
  readonly chain: Chain;
  readonly precompilesAt: (timestampSeconds: bigint) => readonly NativePrecompile[];
  readonly blockStartSteps: readonly BlockStartStep[];
  readonly alarm: ExecutionAlarm;
}

/** A block as a file or a peer gives it. */
export interface IncomingBlock {
  readonly block: Block;
  /** Size of the block's RLP in bytes (EIP-7934). */
  readonly rlpBytes: number;
  /** Encoded consensus inputs; empty on plain chains and for solo blocks. */
  readonly consensusInputs: Uint8Array;
}

/** How far back an ommer may reach, and so how many ancestors its check needs. */
const OMMER_ANCESTORS = 7n;

function expect(header: Header, code: string, what: string, expected: Uint8Array, got: Uint8Array | undefined): void {
  if (got !== undefined && equalBytes(expected, got)) return;
  const [want, have] = [bytesToHex(expected), got === undefined ? 'nothing' : bytesToHex(got)];
  throw new ChainError(code, `block ${header.number} is invalid: ${what}: expected ${want}, got ${have}`, {
    blockNumber: header.number,
    expected: want,
    got: have,
  });
}

/** What DESIGN §2 fixes in the headers of Gnomon chains beyond Ethereum's rules. */
function validateGnomonHeader(chain: Chain, header: Header, incoming: IncomingBlock): void {
  const { gnomon } = chain.spec;
  if (gnomon === undefined) return;
  const parent = chain.head;
  expect(
    header,
    'CONSENSUS_INPUTS_MISMATCH',
    'consensus inputs',
    consensusInputsHash(incoming.consensusInputs),
    header.extraData,
  );
  expect(header, 'PREV_RANDAO_MISMATCH', 'prevRandao', prevRandaoAfter(parent.hash, header.number), header.mixHash);
  expect(header, 'COINBASE_MISMATCH', 'fee recipient', gnomon.feeRecipient, header.coinbase);
  const before = decodeConsensusInputs(chain.consensusInputs(parent.header.number)).engine;
  const root = before === undefined ? ZERO_HASH : before.consensusHash;
  expect(header, 'PARENT_CONSENSUS_HASH_MISMATCH', 'parentBeaconBlockRoot', root, header.parentBeaconBlockRoot);
  if (header.gasLimit !== parent.header.gasLimit) {
    throw new ChainError(
      'GAS_LIMIT_CHANGED',
      `block ${header.number} is invalid: gas limit: expected ${parent.header.gasLimit}, got ${header.gasLimit}`,
    );
  }
}

/** Reads what came with the block beside it, and refuses what this chain cannot have. */
function readInputs(chain: Chain, header: Header, encoded: Uint8Array): ConsensusInputs {
  if (encoded.length > 0 && chain.spec.gnomon === undefined) {
    throw new ChainError(
      'INPUTS_NOT_ALLOWED',
      `block ${header.number} is invalid: it comes with consensus inputs, which plain Ethereum chains do not have`,
    );
  }
  const inputs = decodeInputs(header, encoded);
  if (inputs.dev !== undefined && chain.spec.gnomon?.devChain !== true) {
    throw new ChainError(
      'EDITS_NOT_ALLOWED',
      `block ${header.number} is invalid: it edits state, which only dev chains allow`,
    );
  }
  return inputs;
}

function decodeInputs(header: Header, encoded: Uint8Array): ConsensusInputs {
  try {
    return decodeConsensusInputs(encoded);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    const message = `block ${header.number} is invalid: its consensus inputs cannot be read: ${error.message}`;
    throw new ChainError('INVALID_CONSENSUS_INPUTS', message, { blockNumber: header.number }, { cause: error });
  }
}

/**
 * Checks a block against the head of the chain, executes it with every check on, and commits it.
 * @throws ChainError with the code of the rule that the block breaks; nothing is written then
 * @throws FatalExecutionError when the failure lies in the machine
 */
export async function importBlock(context: ImportContext, incoming: IncomingBlock): Promise<void> {
  const { chain } = context;
  const { block } = incoming;
  const { header } = block;
  const parent = chain.head;
  const inputs = readInputs(chain, header, incoming.consensusInputs);
  const parentTotalDifficulty = chain.totalDifficulty(parent.header.number) ?? 0n;
  validateHeader(header, parent.header, chain.spec, {
    parentTotalDifficulty,
    blockRlpBytes: incoming.rlpBytes,
    parentHash: parent.hash,
    baseFeePerGas: inputs.dev?.baseFeePerGas,
  });
  validateGnomonHeader(chain, header, incoming);
  if (block.ommers.length > 0) validateOmmers(block, ancestorsOf(chain), chain.spec);

  const reader = chain.state.readerAt(parent.header.number);
  const state = createJournaledState(reader);
  for (const edit of inputs.dev?.edits ?? []) applyEdit(state, edit);
  state.endTransaction();
  let sealed: SealedState | undefined;
  const executed = await executeBlock(block, {
    ...context,
    spec: chain.spec,
    chain: { chainId: chain.spec.chainId, genesisHash: chain.genesisHash },
    state,
    precompiles: context.precompilesAt(header.timestampSeconds),
    blockHash: (number) => chain.headerByNumber(number)?.hash,
    stateRootOf: (changes: StateChanges) => {
      sealed = chain.state.seal(changes, parent.header.stateRoot);
      return sealed.stateRoot;
    },
  });
  await chain.commit({
    block,
    receipts: executed.receipts,
    consensusInputs: incoming.consensusInputs,
    supply: nextSupply(chain, reader, header, executed),
    totalDifficulty: parentTotalDifficulty + header.difficulty,
    state: sealed ?? chain.state.seal(executed.changes, parent.header.stateRoot),
  });
}

/** The newest blocks, the head first. */
function ancestorsOf(chain: Chain): Block[] {
  const head = chain.head.header.number;
  const ancestors: Block[] = [];
  for (let number = head; number >= 0n && number > head - OMMER_ANCESTORS; number--) {
    const block = chain.blockByNumber(number);
    if (block !== undefined) ancestors.push(block);
  }
  return ancestors;
}
