// Blocks that are not what their header says are refused by name, and so are ommers that cannot be.
import { beforeAll, describe, expect, it } from 'vitest';
import { hashHeader } from '../../../node/block/header.ts';
import { validateOmmers } from '../../../node/block/ommers.ts';
import type { Block, Header } from '../../../node/block/types.ts';
import { toHash } from '../../../primitives/bytes.ts';
import { keccak256 } from '../../../primitives/crypto/keccak.ts';
import { transactionOf } from './support/altered.ts';
import { foreignBlocks, foreignSpec, ImportedChain } from './support/foreignChain.ts';

const spec = foreignSpec();
const other = toHash(keccak256(Uint8Array.of(1)));

describe.skipIf(spec === undefined)('altered blocks (external vectors)', () => {
  let chain: ImportedChain;
  let last: Block;
  beforeAll(async () => {
    chain = new ImportedChain(spec!);
    const blocks = foreignBlocks();
    for (const { block, bytes } of blocks.slice(0, -1)) await chain.import(block, bytes);
    last = blocks.at(-1)!.block;
  });

  const altered = (header: Partial<Header>, body: Partial<Block> = {}): Block => ({
    ...last,
    ...body,
    header: { ...last.header, ...header },
  });

  it.each<[string, Partial<Header>]>([
    ['TRANSACTIONS_ROOT_MISMATCH', { transactionsRoot: other }],
    ['WITHDRAWALS_ROOT_MISMATCH', { withdrawalsRoot: other }],
    ['RECEIPTS_ROOT_MISMATCH', { receiptsRoot: other }],
    ['LOGS_BLOOM_MISMATCH', { logsBloom: new Uint8Array(256).fill(1) }],
    ['GAS_USED_MISMATCH', { gasUsed: 1n }],
    ['REQUESTS_HASH_MISMATCH', { requestsHash: other }],
    ['STATE_ROOT_MISMATCH', { stateRoot: other }],
    ['BLOB_GAS_USED_MISMATCH', { blobGasUsed: 131_072n * 20n }],
    ['STATE_ROOT_MISMATCH', { parentBeaconBlockRoot: other }],
  ])('%s', async (code, header) => {
    const block = altered(header);
    await expect(chain.import({ ...block, hash: hashHeader(block.header) }, 1_000)).rejects.toMatchObject({ code });
    expect(chain.head.header.number).toBe(53n);
  });

  it('TRANSACTION_INVALID names the transaction and its reason', async () => {
    const tx = transactionOf(last, { nonce: 1_000_000n });
    const block = altered({ transactionsRoot: tx.root }, { transactions: [tx.transaction] });
    await expect(chain.import(block, 1_000)).rejects.toMatchObject({
      code: 'TRANSACTION_INVALID',
      data: { transactionIndex: 0, reason: 'NONCE_TOO_HIGH' },
    });
  });

  it('OMMERS_HASH_MISMATCH', async () => {
    const block = altered({}, { ommers: [chain.headers[50]!] });
    await expect(chain.import(block, 1_000)).rejects.toThrow();
  });

  it('names ommers that no block may name', () => {
    const index = chain.blocks.findIndex(({ ommers }) => ommers.length > 0);
    const naming = chain.blocks[index]!;
    const ancestors = chain.blocks.slice(Math.max(0, index - 7), index).reverse();
    const check = (ommers: readonly Header[]) => () =>
      validateOmmers({ header: naming.header, ommers }, ancestors, spec!);
    const [ommer] = naming.ommers;
    expect(check([ommer!])).not.toThrow();
    expect(check([ommer!, ommer!])).toThrow(expect.objectContaining({ code: 'OMMER_DUPLICATE' }));
    expect(check([ommer!, ommer!, ommer!])).toThrow(expect.objectContaining({ code: 'OMMERS_TOO_MANY' }));
    expect(check([ancestors[0]!.header])).toThrow(expect.objectContaining({ code: 'OMMER_IS_ANCESTOR' }));
    expect(check([{ ...ommer!, parentHash: other }])).toThrow(
      expect.objectContaining({ code: 'OMMER_WITHOUT_ANCESTOR' }),
    );
    const sibling = { ...naming.header, extraData: Uint8Array.of(9) };
    expect(check([sibling])).toThrow(expect.objectContaining({ code: 'OMMER_WITHOUT_ANCESTOR' }));
    expect(check([{ ...ommer!, difficulty: 1n }])).toThrow(expect.objectContaining({ code: 'DIFFICULTY_MISMATCH' }));
  });
});
