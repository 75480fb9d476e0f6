// Chain files as export writes them: read from a real file, entry by entry, held against what was read.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { encodeFileEntry, type FileEntry, readChainFile } from '../../node/chain/chainFile.ts';
import { concatBytes, equalBytes, utf8ToBytes } from '../../primitives/bytes.ts';
import { realBlocks } from '../realData.ts';
import { rlpTree } from '../structures.ts';
import { attemptLater, expectThat, type FuzzTarget } from '../target.ts';

async function entriesOf(path: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of readChainFile(path)) entries.push(entry);
  return entries;
}

/** A block without content: a header of one field, which is all that the reader of files looks at. */
const blockForm = fc
  .tuple(fc.constant(Uint8Array.of(0xc2, 0xc1, 0x80)), rlpTree, fc.boolean())
  .map(([block, inputs, isPair]) => (isPair ? encodeFileEntry(block, inputs) : block));

export const chainFileTarget: FuzzTarget = {
  name: 'chainFile',
  about: 'chain files as export writes them; the entries together are the file again',
  shape: 'rlp',
  inputBytesMax: 256 * 1024,
  inputBudgetMs: 500,
  open: () => {
    const directory = mkdtempSync(join(tmpdir(), 'gnomon-fuzz-'));
    const path = join(directory, 'chain.rlp');
    const corpus = realBlocks().slice(0, 40);
    const pair = encodeFileEntry(corpus[0] ?? Uint8Array.of(0xc2, 0xc1, 0x80), utf8ToBytes('consensus inputs'));
    return {
      corpus: [...corpus, pair, concatBytes(pair, ...corpus.slice(0, 3))],
      structures: fc.array(blockForm, { maxLength: 4 }).map((entries) => concatBytes(...entries)),
      async check(input) {
        writeFileSync(path, input);
        const { value, refusal } = await attemptLater(['INVALID_CHAIN_FILE', 'CHAIN_FILE_CUT_OFF'], () =>
          entriesOf(path),
        );
        if (value === undefined) return refusal;
        const again = value.map(({ blockRlp, consensusInputs }) => encodeFileEntry(blockRlp, consensusInputs));
        expectThat(equalBytes(concatBytes(...again), input), 'the entries together are not the file');
        return 'accepted';
      },
      async close() {
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
};
