// Runs block tests through the node's own import, with every check on. Fixtures hold side chains as well; the node's chain is
// one line, so it goes back to where a branch begins and imports the branch.
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { bytesKey, bytesToHex, EMPTY_BYTES, equalBytes, parseAddress, ZERO_HASH } from '../../primitives/bytes.ts';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { decodeBlock, decodeUnrecoveredBlock } from '../block/body.ts';
import type { Block } from '../block/types.ts';
import { Chain } from '../chain/chain.ts';
import { type ImportContext, importBlock } from '../chain/importBlock.ts';
import { isMachineFailure } from '../execution/executionErrors.ts';
import { MemoryDatabase } from '../state/memoryDatabase.ts';
import type { BlockFixture, FixtureBlock } from './blockFixture.ts';
import { fixtureForks } from './fixtureForks.ts';
import type { TestResult } from './testResult.ts';

/** Mainnet's, whose events the suites use (EIP-6110). */
const DEPOSIT_CONTRACT = parseAddress('0x00000000219ab540356cbb839cbe05303d7705fa');

interface KnownBlock {
  readonly block: Block;
  readonly rlpBytes: number;
  readonly totalDifficulty: bigint;
}

/** A tree of valid blocks, of which the chain holds one branch. */
class BlockTree {
  readonly #context: ImportContext;
  readonly #known = new Map<string, KnownBlock>();
  /** The end of the branch that the rules of fork choice prefer. */
  #best: Hash;
  #bestTotalDifficulty: bigint;

  private constructor(context: ImportContext) {
    this.#context = context;
    const { head } = context.chain;
    this.#best = head.hash;
    this.#bestTotalDifficulty = head.header.difficulty;
  }

  static async open(spec: ChainSpec): Promise<BlockTree> {
    const chain = await Chain.open({ database: new MemoryDatabase(), spec, stateMode: { kind: 'archive' } });
    return new BlockTree({
      chain,
      precompilesAt: () => [],
      blockStartSteps: [],
      alarm: ({ precompile, cause }) => {
        throw new ChainError('ALARM', `${precompile} failed: ${messageOf(cause)}`, {}, { cause });
      },
    });
  }

  get genesisHash(): Hash {
    return this.#context.chain.genesisHash;
  }

  get head(): Chain['head'] {
    return this.#context.chain.head;
  }

  /** @throws ChainError when the block is invalid, or its parent is */
  async add(rlp: Uint8Array): Promise<void> {
    const block = decodeBlock(rlp);
    if (this.#known.has(bytesKey(block.hash))) return;
    await this.#moveTo(block.header.parentHash);
    await importBlock(this.#context, { block, rlpBytes: rlp.length, consensusInputs: EMPTY_BYTES });
    const totalDifficulty = this.#context.chain.totalDifficulty(block.header.number) ?? 0n;
    this.#known.set(bytesKey(block.hash), { block, rlpBytes: rlp.length, totalDifficulty });
    // Under proof of stake consensus names the head, which here is whatever came last.
    if (block.header.difficulty > 0n && totalDifficulty <= this.#bestTotalDifficulty) return;
    this.#best = block.hash;
    this.#bestTotalDifficulty = totalDifficulty;
  }

  /** Makes the preferred branch the chain's. */
  async settle(): Promise<void> {
    await this.#moveTo(this.#best);
  }

  async #moveTo(hash: Hash): Promise<void> {
    const { chain } = this.#context;
    const branch: KnownBlock[] = [];
    let at = hash;
    for (;;) {
      const onChain = chain.headerByHash(at);
      if (onChain !== undefined) {
        if (!equalBytes(onChain.hash, chain.head.hash)) await chain.rollback(onChain.header.number);
        break;
      }
      const known = this.#known.get(bytesKey(at));
      if (known === undefined) throw new ChainError('UNKNOWN_PARENT', `no valid block has the hash ${bytesToHex(at)}`);
      branch.push(known);
      at = known.block.header.parentHash;
    }
    for (const { block, rlpBytes } of branch.reverse())
      await importBlock(this.#context, { block, rlpBytes, consensusInputs: EMPTY_BYTES });
  }
}

/** Runs one test. @throws ChainError when its network is not supported */
export async function runBlockFixture(fixture: BlockFixture): Promise<TestResult> {
  const { name, network: fork } = fixture;
  const tree = await BlockTree.open(specOf(fixture));
  const failure = await run(fixture, tree);
  const stateRoot = bytesToHex(tree.head.header.stateRoot);
  return failure === undefined
    ? { name, pass: true, fork, stateRoot }
    : { name, pass: false, fork, stateRoot, error: failure };
}

async function run(fixture: BlockFixture, tree: BlockTree): Promise<string | undefined> {
  const { genesisHash, blocks, lastBlockHash } = fixture;
  if (!equalBytes(genesisHash, tree.genesisHash))
    return `genesis block hash mismatch: got ${bytesToHex(tree.genesisHash)}, want ${bytesToHex(genesisHash)}`;
  for (const [index, block] of blocks.entries()) {
    const failure = await addBlock(tree, block);
    if (failure !== undefined) return `block ${index}: ${failure}`;
  }
  await tree.settle();
  const { hash } = tree.head;
  if (equalBytes(hash, lastBlockHash)) return undefined;
  return `last block hash validation mismatch: want: ${bytesToHex(lastBlockHash)}, have: ${bytesToHex(hash)}`;
}

async function addBlock(tree: BlockTree, { rlp, expectedRefusal }: FixtureBlock): Promise<string | undefined> {
  try {
    await tree.add(rlp);
  } catch (error) {
    if (!(error instanceof ChainError) || isMachineFailure(error) || error.code === 'ALARM') throw error;
    return expectedRefusal === undefined ? `insertion failed: ${error.message}` : undefined;
  }
  return expectedRefusal === undefined ? undefined : `it was accepted, but must be refused: ${expectedRefusal}`;
}

function specOf(fixture: BlockFixture): ChainSpec {
  const { network, blobSchedule, chainId, genesis, alloc } = fixture;
  const { forks, blobSchedules, terminalTotalDifficulty } = fixtureForks(network, blobSchedule, mergeBlock(fixture));
  return {
    chainId,
    forks,
    blobSchedules,
    terminalTotalDifficulty,
    depositContractAddress: DEPOSIT_CONTRACT,
    genesis,
    alloc,
    specHash: ZERO_HASH,
    config: {},
  };
}

/** The first block without difficulty, which is the first of proof of stake, where the network does not say. */
function mergeBlock({ network, blocks }: BlockFixture): bigint | undefined {
  if (!network.includes('AtDiff')) return undefined;
  for (const { rlp, expectedRefusal } of blocks) {
    if (expectedRefusal !== undefined) continue;
    const { header } = decodeUnrecoveredBlock(rlp);
    if (header.difficulty === 0n) return header.number;
  }
  return undefined;
}
