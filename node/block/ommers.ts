// Ommers of proof-of-work blocks, on imported chains (Yellow Paper §11.1).
import type { ChainSpec } from '../../genesis/chainSpec.ts';
import { bytesToHex, equalBytes } from '../../primitives/bytes.ts';
import { ChainError } from '../../primitives/errors.ts';
import type { Hash } from '../../primitives/types.ts';
import { hashHeader } from './header.ts';
import type { Block, Header } from './types.ts';
import { validateHeader } from './validateHeader.ts';

/** Yellow Paper §11.1. */
export const OMMERS_MAX = 2;
/** An ommer's parent is at most this many generations before the block that names it. */
export const OMMER_GENERATIONS_MAX = 6;

/** An ancestor of the block that names ommers, with its own ommers. */
export type OmmerAncestor = Pick<Block, 'hash' | 'header' | 'ommers'>;

/**
 * Checks the ommers of a block. `ancestors` are its nearest ones, parent first: {@link OMMER_GENERATIONS_MAX} + 1 of them,
 * or all back to genesis. The seals are not checked.
 * @throws ChainError `OMMERS_TOO_MANY`, `OMMER_DUPLICATE`, `OMMER_IS_ANCESTOR`, `OMMER_WITHOUT_ANCESTOR`, or a code of a header
 */
export function validateOmmers(
  block: Pick<Block, 'header' | 'ommers'>,
  ancestors: readonly OmmerAncestor[],
  spec: ChainSpec,
): void {
  const { header, ommers } = block;
  if (ommers.length > OMMERS_MAX) fail('OMMERS_TOO_MANY', header, `at most ${OMMERS_MAX}`, ommers.length);
  const near = ancestors.slice(0, OMMER_GENERATIONS_MAX + 1);
  const included = near.flatMap((ancestor) => ancestor.ommers.map(hashHeader));
  for (const ommer of ommers) {
    const hash = hashHeader(ommer);
    const got = bytesToHex(hash);
    if (includesHash(included, hash)) fail('OMMER_DUPLICATE', header, 'an ommer that no block names yet', got);
    included.push(hash);
    if (near.some((ancestor) => equalBytes(ancestor.hash, hash)))
      fail('OMMER_IS_ANCESTOR', header, 'a block beside the chain', got);
    const index = near.findIndex((ancestor) => equalBytes(ancestor.hash, ommer.parentHash));
    const parent = near[index];
    // The parent of the block itself would make the ommer its sibling, of the same number as the block.
    if (parent === undefined || index === 0)
      fail('OMMER_WITHOUT_ANCESTOR', header, `a parent 2 to ${OMMER_GENERATIONS_MAX + 1} generations back`, got);
    validateHeader(ommer, parent.header, spec, { parentHash: parent.hash });
  }
}

function includesHash(hashes: readonly Hash[], hash: Hash): boolean {
  return hashes.some((known) => equalBytes(known, hash));
}

function fail(code: string, header: Header, expected: string, got: unknown): never {
  throw new ChainError(code, `the ommers of block ${header.number} are invalid: expected ${expected}, got ${got}`, {
    blockNumber: header.number,
    expected,
    got,
  });
}
