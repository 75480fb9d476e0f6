import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT } from '../../../node/state/account.ts';
import { orderedTrieRoot } from '../../../node/state/orderedTrie.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';

async function oracle(items: readonly Uint8Array[]): Promise<string> {
  const trie = new MerklePatriciaTrie();
  for (const [index, item] of items.entries()) await trie.put(RLP.encode(index), item);
  return bytesToHex(trie.root());
}

describe('orderedTrieRoot', () => {
  it('is the empty root without items', () => {
    expect(orderedTrieRoot([])).toEqual(EMPTY_TRIE_ROOT);
  });

  it.each([1, 2, 15, 16, 17, 126, 127, 128, 129, 130, 255, 256, 257, 300])(
    'equals @ethereumjs/mpt for %i items',
    async (count) => {
      const items = Array.from({ length: count }, (_, i) => new Uint8Array(((i * 37) % 130) + 1).fill(i + 1));
      expect(bytesToHex(orderedTrieRoot(items))).toBe(await oracle(items));
    },
  );

  it('equals @ethereumjs/mpt for items of every header width, embedded nodes included', async () => {
    for (const length of [1, 2, 24, 29, 30, 31, 32, 33, 55, 56, 255, 256, 65535, 65536, 70000]) {
      const items = [0, 1, 2].map((i) => new Uint8Array(length).fill(i + 1));
      expect(bytesToHex(orderedTrieRoot(items)), `${length} bytes`).toBe(await oracle(items));
    }
  });

  it('equals @ethereumjs/mpt for random items', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 150 }), async (items) => {
        expect(bytesToHex(orderedTrieRoot(items))).toBe(await oracle(items));
      }),
      { numRuns: 30 },
    );
  });
});
