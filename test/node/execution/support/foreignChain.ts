// The execution-apis chain: a plain Ethereum chain that goes through every fork from Homestead to BPO2 in 54 blocks.

import type { ChainSpec } from '../../../../genesis/chainSpec.ts';
import { genesisHeader } from '../../../../genesis/genesisHeader.ts';
import { parseGenesisText } from '../../../../genesis/genesisText.ts';
import { parseGenesis } from '../../../../genesis/parseGenesis.ts';
import { decodeBlock } from '../../../../node/block/body.ts';
import { hashHeader } from '../../../../node/block/header.ts';
import { type OmmerAncestor, validateOmmers } from '../../../../node/block/ommers.ts';
import type { Block, Header } from '../../../../node/block/types.ts';
import { validateHeader } from '../../../../node/block/validateHeader.ts';
import { executeBlock } from '../../../../node/execution/executeBlock.ts';
import { EMPTY_TRIE_ROOT } from '../../../../node/state/account.ts';
import type { StateChanges } from '../../../../node/state/types.ts';
import { createJournaledState } from '../../../../node/state/worldState.ts';
import { bytesKey, stripZeros } from '../../../../primitives/bytes.ts';
import { keccak256 } from '../../../../primitives/crypto/keccak.ts';
import { rlpSpan } from '../../../../primitives/rlp.ts';
import type { Hash } from '../../../../primitives/types.ts';
import { vectorBytes } from '../../../vectors.ts';
import { ModelState } from './modelState.ts';

export function foreignSpec(): ChainSpec | undefined {
  const text = vectorBytes('execution-apis', 'genesis.json');
  return text && parseGenesis(parseGenesisText(new TextDecoder().decode(text)));
}

/** The blocks of a chain file, one RLP item after the other. */
export function foreignBlocks(): { readonly block: Block; readonly bytes: number }[] {
  const file = vectorBytes('execution-apis', 'chain.rlp');
  if (file === undefined) return [];
  const blocks: { block: Block; bytes: number }[] = [];
  for (let offset = 0; offset < file.length; ) {
    const { end } = rlpSpan(file, offset);
    blocks.push({ block: decodeBlock(file.slice(offset, end)), bytes: end - offset });
    offset = end;
  }
  return blocks;
}

/** The changes that lead from nothing to a chain's first state. */
export function allocChanges(spec: ChainSpec): StateChanges {
  const accounts: StateChanges['accounts'] = new Map(
    spec.alloc.map(({ address, balanceWei, nonce, code }) => [
      bytesKey(address),
      { nonce, balanceWei, storageRoot: EMPTY_TRIE_ROOT, codeHash: keccak256(code) },
    ]),
  );
  const slots: StateChanges['slots'] = new Map(
    spec.alloc
      .filter(({ storage }) => storage.length > 0)
      .map(({ address, storage }) => [
        bytesKey(address),
        new Map(storage.map(({ slot, value }) => [bytesKey(slot), stripZeros(value)])),
      ]),
  );
  const codes: StateChanges['codes'] = new Map(
    spec.alloc.filter(({ code }) => code.length > 0).map(({ code }) => [bytesKey(keccak256(code)), code]),
  );
  return { accounts, slots, clearedStorage: new Set(), codes };
}

/** A chain that grows by importing, with every check on. */
export class ImportedChain {
  readonly spec: ChainSpec;
  readonly state = new ModelState();
  readonly blocks: OmmerAncestor[] = [];
  readonly headers: Header[] = [];
  readonly hashes: Hash[] = [];
  totalDifficulty: bigint;
  readonly #allowsDirectPath: boolean;

  constructor(spec: ChainSpec, allowsDirectPath = true) {
    this.spec = spec;
    this.#allowsDirectPath = allowsDirectPath;
    const changes = allocChanges(spec);
    const header = genesisHeader(spec, this.state.rootAfter(changes));
    this.state.apply(changes);
    this.totalDifficulty = header.difficulty;
    this.#append({ hash: hashHeader(header), header, ommers: [] });
  }

  get head(): OmmerAncestor {
    return this.blocks.at(-1)!;
  }

  async import(block: Block, bytes: number): Promise<void> {
    const { spec, head, state } = this;
    const context = { parentTotalDifficulty: this.totalDifficulty, blockRlpBytes: bytes, parentHash: head.hash };
    validateHeader(block.header, head.header, spec, context);
    validateOmmers(block, this.blocks.slice(-7).reverse(), spec);
    const executed = await executeBlock(block, {
      spec,
      chain: { chainId: spec.chainId, genesisHash: this.hashes[0]! },
      state: createJournaledState(state.reader),
      precompiles: [],
      blockStartSteps: [],
      alarm: ({ precompile, cause }) => {
        throw new Error(`alarm of ${precompile}`, { cause });
      },
      blockHash: (number) => this.hashes[Number(number)],
      stateRootOf: (changes) => state.rootAfter(changes),
      allowsDirectPath: this.#allowsDirectPath,
    });
    state.apply(executed.changes);
    this.totalDifficulty += block.header.difficulty;
    this.#append(block);
  }

  #append(block: OmmerAncestor): void {
    this.blocks.push(block);
    this.headers.push(block.header);
    this.hashes.push(block.hash);
  }
}
