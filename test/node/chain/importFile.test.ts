// Chain files end to end: what a foreign chain's import accepts, and every way in which it must refuse.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseGenesisText } from '../../../genesis/genesisText.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { decodeUnrecoveredBlock, encodeBlock, type UnrecoveredBlock } from '../../../node/block/body.ts';
import { decodeTransaction } from '../../../node/block/transaction.ts';
import type { Header } from '../../../node/block/types.ts';
import { encodeFileEntry, readChainFile, writeChainFile } from '../../../node/chain/chainFile.ts';
import { importFile } from '../../../node/chain/importFile.ts';
import { encodeConsensusInputs } from '../../../node/consensus/consensusInputs.ts';
import { Node } from '../../../node/node.ts';
import { bytesToHex, concatBytes, equalBytes, parseHash, toHash } from '../../../primitives/bytes.ts';
import { rlpSpan } from '../../../primitives/rlp.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { temporaryDirectories } from '../../helpers/gnomonCommand.ts';
import { vectorPath } from '../../vectors.ts';

const chainFile = vectorPath('execution-apis', 'chain.rlp');
const genesisFile = vectorPath('execution-apis', 'genesis.json');
const forkchoice = vectorPath('execution-apis', 'headfcu.json');

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());

function split(rlp: Uint8Array): Uint8Array[] {
  const items: Uint8Array[] = [];
  for (let offset = 0; offset < rlp.length; offset += (items.at(-1) as Uint8Array).length)
    items.push(rlp.subarray(offset, rlpSpan(rlp, offset).end));
  return items;
}

function write(bytes: Uint8Array): string {
  const path = join(directories.make(), 'chain.rlp');
  writeFileSync(path, bytes);
  return path;
}

function openForeign(): Promise<Node> {
  const spec = parseGenesis(parseGenesisText(readFileSync(genesisFile as string, 'utf8')));
  return Node.open(devNodeOptions({ spec, devAccounts: [] }));
}

function load(node: Node, path: string, expectHead?: string): Promise<void> {
  const hash = expectHead === undefined ? {} : { expectHead: parseHash(expectHead) };
  return importFile(node.importContext, readChainFile(path), hash);
}

const withHeader = (block: UnrecoveredBlock, changed: Partial<Header>): UnrecoveredBlock => ({
  ...block,
  header: { ...block.header, ...changed },
});

const flip = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.map((byte, at) => (at === index ? byte ^ 1 : byte));

describe.skipIf(chainFile === undefined)('import of the execution-apis chain', () => {
  const blocks = chainFile === undefined ? [] : split(new Uint8Array(readFileSync(chainFile)));
  const head: string =
    forkchoice === undefined ? '' : JSON.parse(readFileSync(forkchoice, 'utf8')).params[0].headBlockHash;
  const decoded = blocks.map(decodeUnrecoveredBlock);
  /** The index of a block in the middle that satisfies a condition. */
  const middle = (is: (block: UnrecoveredBlock) => boolean) => {
    const index = decoded.findIndex((block, at) => at > 3 && is(block));
    expect(index, 'the chain has a block of this kind').toBeGreaterThan(0);
    return index;
  };
  const withTransactions = (block: UnrecoveredBlock) => block.transactions.length > 0;

  it('ends at the recorded head, and may be repeated', async () => {
    const node = await openForeign();
    await load(node, chainFile as string, head);
    expect(node.chain.head.header.number).toBe(54n);
    await load(node, chainFile as string, head);
    expect(bytesToHex(node.chain.head.hash)).toBe(head);
    await node.stop();
  });

  it('is exported again byte for byte', async () => {
    const node = await openForeign();
    await load(node, chainFile as string);
    const copy = join(directories.make(), 'copy.rlp');
    await writeChainFile(node.importContext.chain, copy, 1n, 54n, () => undefined);
    expect(equalBytes(readFileSync(copy), readFileSync(chainFile as string))).toBe(true);
    await node.stop();
  });

  type Alteration = readonly [
    what: string,
    is: (block: UnrecoveredBlock) => boolean,
    alter: (block: UnrecoveredBlock) => UnrecoveredBlock,
    code: RegExp,
  ];
  const alterations: readonly Alteration[] = [
    [
      'the parent hash',
      () => true,
      (b) => withHeader(b, { parentHash: toHash(flip(b.header.parentHash, 3)) }),
      /PARENT/,
    ],
    ['the number', () => true, (b) => withHeader(b, { number: b.header.number + 1n }), /NUMBER|PARENT/],
    ['the timestamp', () => true, (b) => withHeader(b, { timestampSeconds: 0n }), /TIMESTAMP/],
    ['the gas limit', () => true, (b) => withHeader(b, { gasLimit: b.header.gasLimit * 2n }), /GAS_LIMIT/],
    ['the gas used', withTransactions, (b) => withHeader(b, { gasUsed: b.header.gasUsed + 1n }), /GAS_USED/],
    [
      'the state root',
      () => true,
      (b) => withHeader(b, { stateRoot: toHash(flip(b.header.stateRoot, 31)) }),
      /STATE_ROOT/,
    ],
    [
      'the receipts root',
      () => true,
      (b) => withHeader(b, { receiptsRoot: toHash(flip(b.header.receiptsRoot, 0)) }),
      /RECEIPTS_ROOT/,
    ],
    [
      'the transactions root',
      () => true,
      (b) => withHeader(b, { transactionsRoot: toHash(flip(b.header.transactionsRoot, 0)) }),
      /TRANSACTIONS_ROOT/,
    ],
    ['the bloom', () => true, (b) => withHeader(b, { logsBloom: flip(b.header.logsBloom, 100) }), /BLOOM/],
    [
      'the base fee',
      (b) => b.header.baseFeePerGas !== undefined,
      (b) => withHeader(b, { baseFeePerGas: (b.header.baseFeePerGas ?? 0n) + 1n }),
      /BASE_FEE/,
    ],
    [
      'a field left out',
      (b) => b.header.withdrawalsRoot !== undefined && b.header.blobGasUsed === undefined,
      (b) => {
        const { withdrawalsRoot: _, ...header } = b.header;
        return { ...b, header };
      },
      /INVALID_BLOCK|FIELD/,
    ],
    [
      'the withdrawals',
      (b) => (b.withdrawals?.length ?? 0) > 0,
      (b) => ({ ...b, withdrawals: [] }),
      /WITHDRAWALS_ROOT/,
    ],
    [
      'a transaction left out',
      withTransactions,
      (b) => ({ ...b, transactions: b.transactions.slice(1) }),
      /TRANSACTIONS_ROOT/,
    ],
    ['ommers added', () => true, (b) => ({ ...b, ommers: [...b.ommers, b.header] }), /OMMER/],
  ];

  it.each(alterations)('refuses a block in the middle with another value of %s', async (_what, is, alter, code) => {
    const index = middle(is);
    const altered = encodeBlock(alter(decoded[index] as UnrecoveredBlock));
    const path = write(concatBytes(...blocks.slice(0, index), altered, ...blocks.slice(index + 1)));
    const node = await openForeign();
    await expect(load(node, path)).rejects.toMatchObject({
      code: expect.stringMatching(code),
      message: expect.stringContaining(`block`),
    });
    // All before it is there, nothing of it, and the true chain goes on from here.
    expect(node.chain.head.header.number).toBe(BigInt(index));
    expect(node.chain.head.hash).toEqual(toHash((decoded[index] as UnrecoveredBlock).header.parentHash));
    await load(node, chainFile as string, head);
    await node.stop();
  });

  it('refuses a block whose transaction has one other byte, wherever it is', async () => {
    const index = middle((block) => (block.transactions[0]?.data.length ?? 0) > 0);
    const original = decoded[index] as UnrecoveredBlock;
    const { raw } = original.transactions[0] as (typeof original.transactions)[number];
    const node = await openForeign();
    await load(node, write(concatBytes(...blocks.slice(0, index))));
    let tried = 0;
    for (let at = 0; at < raw.length; at += 7) {
      const block = blocks[index] as Uint8Array;
      const start = Buffer.from(block).indexOf(raw);
      expect(start).toBeGreaterThan(0);
      await expect(load(node, write(flip(block, start + at))), `byte ${at}`).rejects.toMatchObject({
        name: 'ChainError',
      });
      tried++;
    }
    expect(tried).toBeGreaterThan(5);
    expect(node.chain.head.header.number).toBe(BigInt(index));
    await load(node, chainFile as string, head);
    await node.stop();
  });

  it('refuses an altered ommer', async () => {
    const index = decoded.findIndex((block) => block.ommers.length > 0);
    expect(index, 'the chain has ommers').toBeGreaterThanOrEqual(0);
    const block = decoded[index] as UnrecoveredBlock;
    const ommers = block.ommers.map((ommer) => ({ ...ommer, gasUsed: ommer.gasUsed + 1n }));
    const node = await openForeign();
    await expect(
      load(node, write(concatBytes(...blocks.slice(0, index), encodeBlock({ ...block, ommers })))),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/OMMER/),
    });
    await node.stop();
  });

  it('refuses a valid head that is not the one expected', async () => {
    // extraData binds nothing but the hash: the block stays valid.
    const last = decoded.at(-1) as UnrecoveredBlock;
    const other = encodeBlock(withHeader(last, { extraData: Uint8Array.of(1, 2, 3) }));
    const path = write(concatBytes(...blocks.slice(0, -1), other));
    const node = await openForeign();
    await expect(load(node, path, head)).rejects.toMatchObject({ code: 'UNEXPECTED_HEAD' });
    expect(node.chain.head.header.number).toBe(54n);
    await expect(load(node, chainFile as string)).rejects.toMatchObject({ code: 'CHAIN_DIFFERS' });
    await node.stop();
  });

  it('refuses a file that is cut anywhere inside a block, keeping the blocks before', async () => {
    const bytes = new Uint8Array(readFileSync(chainFile as string));
    const node = await openForeign();
    const third = (blocks[0] as Uint8Array).length + (blocks[1] as Uint8Array).length;
    for (const cut of [1, third - 1, third + 1, third + 2, third + 3, third + 200]) {
      await expect(load(node, write(bytes.subarray(0, cut)))).rejects.toMatchObject({ code: 'CHAIN_FILE_CUT_OFF' });
      expect(node.chain.head.header.number).toBe(cut < third ? (cut === 1 ? 0n : 1n) : 2n);
    }
    await node.stop();
  });

  it('refuses consensus inputs on a plain chain', async () => {
    const inputs = encodeConsensusInputs({ dev: { edits: [] } });
    const node = await openForeign();
    await expect(load(node, write(encodeFileEntry(blocks[0] as Uint8Array, inputs)))).rejects.toMatchObject({
      code: 'INPUTS_NOT_ALLOWED',
    });
    await node.stop();
  });

  it('refuses a block that follows no block that is there', async () => {
    const node = await openForeign();
    await expect(load(node, write(blocks[7] as Uint8Array))).rejects.toMatchObject({
      code: expect.stringMatching(/PARENT|NUMBER/),
    });
    expect(node.chain.head.header.number).toBe(0n);
    await node.stop();
  });

  it('decodes the transactions that it altered, so that the test above means something', () => {
    for (const { transactions } of decoded)
      for (const { raw } of transactions) expect(decodeTransaction(raw).raw).toEqual(raw);
  });
});
