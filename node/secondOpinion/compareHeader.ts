// Every header field that follows from the parent and the body, derived again by the stock library or from its EIP.
import type { Block, BlockHeader } from '@ethereumjs/block';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { bigIntToFixedBytes, concatBytes, equalBytes, utf8ToBytes, ZERO_HASH } from '../../primitives/bytes.ts';
import { type ConsensusInputs, decodeConsensusInputs } from '../consensus/consensusInputs.ts';
import type { BlockComparison } from './difference.ts';

export interface HeaderSetting {
  readonly spec: ChainSpec;
  readonly parent: BlockHeader;
  /** Total difficulty up to and including the parent. */
  readonly parentTotalDifficulty: bigint;
  readonly inputs: ConsensusInputs;
  /** As stored; the header's `extraData` is their hash. */
  readonly encodedInputs: Uint8Array;
  readonly parentEncodedInputs: Uint8Array;
  readonly rlpBytes: number;
}

const GAS_LIMIT_MIN = 5_000n;
const GAS_LIMIT_MAX = 2n ** 63n - 1n;
const EXTRA_DATA_BYTES_MAX = 32;
/** EIP-7934. */
const BLOCK_RLP_BYTES_MAX = 8_388_608;
const EMPTY_OMMERS_HASH = keccak_256(RLP.encode([]));

/** @throws DifferenceFound */
export async function compareHeader(compare: BlockComparison, block: Block, setting: HeaderSetting): Promise<void> {
  const { header } = block;
  const { parent, rlpBytes } = setting;
  compare.same('parentHash', parent.hash(), header.parentHash);
  compare.same('number', parent.number + 1n, header.number);
  compare.holds(header.timestamp > parent.timestamp, 'timestamp', `more than ${parent.timestamp}`, header.timestamp);
  compare.holds(
    header.extraData.length <= EXTRA_DATA_BYTES_MAX,
    'extraData',
    `at most ${EXTRA_DATA_BYTES_MAX} bytes`,
    header.extraData,
  );
  compare.holds(header.gasUsed <= header.gasLimit, 'gasUsed', `at most ${header.gasLimit}`, header.gasUsed);
  const isSized = header.common.isActivatedEIP(7918);
  compare.holds(!isSized || rlpBytes <= BLOCK_RLP_BYTES_MAX, 'size', `at most ${BLOCK_RLP_BYTES_MAX} bytes`, rlpBytes);
  // What the inputs say decides other fields: first whether they are those of the block.
  compareGnomon(compare, header, setting);
  compareGasLimit(compare, header, parent);
  compareFees(compare, header, setting);
  compareConsensus(compare, header, setting);
  await compareBody(compare, block);
}

function compareGasLimit(compare: BlockComparison, { gasLimit, common }: BlockHeader, parent: BlockHeader): void {
  const isFirstOfLondon = common.isActivatedEIP(1559) && parent.baseFeePerGas === undefined;
  const reference = parent.gasLimit * (isFirstOfLondon ? common.param('elasticityMultiplier') : 1n);
  const bound = reference / common.param('gasLimitBoundDivisor');
  const isNear = gasLimit < reference + bound && gasLimit > reference - bound;
  const isInRange = gasLimit >= GAS_LIMIT_MIN && gasLimit <= GAS_LIMIT_MAX;
  compare.holds(isNear && isInRange, 'gasLimit', `less than ${bound} away from ${reference}`, gasLimit);
}

function compareFees(compare: BlockComparison, header: BlockHeader, { parent, inputs }: HeaderSetting): void {
  const { common } = header;
  if (common.isActivatedEIP(1559)) {
    const isFirst = parent.baseFeePerGas === undefined;
    const derived = isFirst ? common.param('initialBaseFee') : parent.calcNextBaseFee();
    compare.same('baseFeePerGas', inputs.dev?.baseFeePerGas ?? derived, header.baseFeePerGas);
  }
  if (common.isActivatedEIP(4844))
    compare.same('excessBlobGas', parent.calcNextExcessBlobGas(common), header.excessBlobGas);
}

function compareConsensus(compare: BlockComparison, header: BlockHeader, setting: HeaderSetting): void {
  const { parent, parentTotalDifficulty, spec } = setting;
  const isMerged = header.common.consensusType() === 'pos';
  const terminal = spec.terminalTotalDifficulty;
  if (terminal !== undefined) {
    const expected = parentTotalDifficulty >= terminal ? 'pos' : 'pow';
    compare.same('consensus', expected, header.common.consensusType());
  }
  compare.same('difficulty', isMerged ? 0n : header.ethashCanonicalDifficulty(parent), header.difficulty);
  if (!isMerged) return;
  compare.same('nonce', new Uint8Array(8), header.nonce);
  compare.same('ommersHash', EMPTY_OMMERS_HASH, header.uncleHash);
}

/** What docs/spec/block.md fixes beyond Ethereum's rules. */
function compareGnomon(compare: BlockComparison, header: BlockHeader, setting: HeaderSetting): void {
  const { spec, parent, encodedInputs, parentEncodedInputs, inputs } = setting;
  const { gnomon } = spec;
  if (gnomon === undefined) {
    compare.same('consensusInputs', new Uint8Array(0), encodedInputs);
    return;
  }
  compare.same('extraData', keccak_256(encodedInputs), header.extraData);
  const seed = concatBytes(utf8ToBytes('prevrandao'), parent.hash(), bigIntToFixedBytes(header.number, 8));
  compare.same('prevRandao', keccak_256(seed), header.mixHash);
  compare.same('coinbase', gnomon.feeRecipient, header.coinbase.bytes);
  compare.same('gasLimit', parent.gasLimit, header.gasLimit);
  const before = decodeConsensusInputs(parentEncodedInputs).engine;
  compare.same('parentBeaconBlockRoot', before?.consensusHash ?? ZERO_HASH, header.parentBeaconBlockRoot);
  compare.holds(gnomon.devChain || inputs.dev === undefined, 'consensusInputs', 'no edits of state', encodedInputs);
  if (inputs.engine === undefined) return;
  const { seconds } = inputs.engine.time;
  const derived = seconds > parent.timestamp ? seconds : parent.timestamp + 1n;
  compare.same('timestamp', derived, header.timestamp);
}

async function compareBody(compare: BlockComparison, block: Block): Promise<void> {
  const { header, uncleHeaders, withdrawals } = block;
  compare.same('transactionsRoot', await block.genTxTrie(), header.transactionsTrie);
  const ommersHash = keccak_256(RLP.encode(uncleHeaders.map((ommer) => ommer.raw())));
  compare.same('ommersHash', ommersHash, header.uncleHash);
  if (withdrawals === undefined) return;
  const trie = new MerklePatriciaTrie({ common: header.common });
  for (const [index, withdrawal] of withdrawals.entries())
    await trie.put(RLP.encode(index), RLP.encode(withdrawal.raw()));
  compare.same('withdrawalsRoot', trie.root(), header.withdrawalsRoot);
}

/** How far back an ommer's parent may be, and ommers may not be named twice. */
const OMMER_GENERATIONS_MAX = 7;
const OMMERS_MAX = 2;

/**
 * Checks the ommers of a proof-of-work block (Yellow Paper §11.1).
 * @param ancestors the newest blocks before, parent first
 * @throws DifferenceFound
 */
export function compareOmmers(compare: BlockComparison, block: Block, ancestors: readonly Block[]): void {
  const { uncleHeaders } = block;
  compare.holds(uncleHeaders.length <= OMMERS_MAX, 'ommers', `at most ${OMMERS_MAX}`, uncleHeaders.length);
  const near = ancestors.slice(0, OMMER_GENERATIONS_MAX);
  const named = near.flatMap((ancestor) => ancestor.uncleHeaders.map((ommer) => ommer.hash()));
  for (const [index, ommer] of uncleHeaders.entries()) {
    const field = `ommers[${index}]`;
    const hash = ommer.hash();
    compare.holds(!named.some((other) => equalBytes(other, hash)), field, 'one that no block has named', hash);
    compare.holds(!near.some((ancestor) => equalBytes(ancestor.hash(), hash)), field, 'no ancestor', hash);
    named.push(hash);
    const parent = near.findIndex((ancestor) => equalBytes(ancestor.hash(), ommer.parentHash));
    const parentHeader = near[parent]?.header;
    if (parentHeader === undefined || parent === 0) {
      compare.differs(`${field}.parentHash`, 'an ancestor 2 to 7 generations back', String(ommer.number));
      return;
    }
    compare.same(`${field}.number`, parentHeader.number + 1n, ommer.number);
    compare.same(`${field}.difficulty`, ommer.ethashCanonicalDifficulty(parentHeader), ommer.difficulty);
    compareGasLimit(compare, ommer, parentHeader);
    const isLater = ommer.timestamp > parentHeader.timestamp;
    compare.holds(isLater, `${field}.timestamp`, `more than ${parentHeader.timestamp}`, ommer.timestamp);
  }
}
