// Importing a chain file with every check on, and the room that blocks take on disk.
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recoverSender, signTransaction, withSender } from '../../node/block/transaction.ts';
import type { SignedTransaction } from '../../node/block/types.ts';
import { readChainFile, writeChainFile } from '../../node/chain/chainFile.ts';
import { importFile } from '../../node/chain/importFile.ts';
import { EMPTY_BYTES } from '../../primitives/bytes.ts';
import { makeSenders, type Sender } from '../harness/senders.ts';
import { median } from '../report/statistics.ts';
import type { Suite, SuiteContext } from '../suite.ts';
import { accountOf, cpuClock, type DiskChain, openDiskChain, unsignedOf } from './diskChain.ts';

const TRANSFERS_PER_BLOCK = 200;
const BALANCE_WEI = 10n ** 21n;

const temporary = () => mkdtempSync(join(tmpdir(), 'gnomon-import-'));

function directoryBytes(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + lstatSync(join(directory, name)).size, 0);
}

function signedTransfers(disk: DiskChain, senders: readonly Sender[], block: number): SignedTransaction[] {
  return senders.map((sender, index) => {
    const to = accountOf(block * senders.length + index);
    const fields = { nonce: BigInt(block), to, value: 1n, data: EMPTY_BYTES, gasLimit: 21_000n };
    const signed = signTransaction(unsignedOf(disk.chain, fields), sender.privateKey);
    return withSender(signed, recoverSender(signed));
  });
}

/** Makes a chain of transfers to new accounts, writes its file, and says how much the database grew for each block. */
async function makeChain(directory: string, file: string, blocks: number): Promise<{ bytesPerBlock: number }> {
  const disk = await openDiskChain(directory);
  const senders = makeSenders(TRANSFERS_PER_BLOCK);
  const edits = senders.map(({ address }) => ({ kind: 'balance', address, wei: BALANCE_WEI }) as const);
  await disk.addBlock([], edits);
  await disk.close();
  const before = directoryBytes(directory);
  const again = await openDiskChain(directory);
  for (let block = 0; block < blocks; block++) await again.addBlock(signedTransfers(again, senders, block));
  await writeChainFile(again.chain, file, 1n, again.chain.head.header.number, () => undefined);
  await again.close();
  return { bytesPerBlock: (directoryBytes(directory) - before) / blocks };
}

/** What a block costs in which nothing happens. */
async function emptyBlockBytes(directory: string, blocks: number): Promise<number> {
  const first = await openDiskChain(directory);
  await first.close();
  const before = directoryBytes(directory);
  const disk = await openDiskChain(directory);
  for (let block = 0; block < blocks; block++) await disk.addBlock([]);
  await disk.close();
  return (directoryBytes(directory) - before) / blocks;
}

/** Imports the file into a new database. */
async function importOnce(file: string, transactions: number) {
  const directory = temporary();
  const disk = await openDiskChain(directory);
  try {
    const clock = cpuClock();
    const begunMs = performance.now();
    await importFile(disk.importContext, readChainFile(file));
    const seconds = (performance.now() - begunMs) / 1000;
    return { perSecond: transactions / seconds, microseconds: clock() / transactions };
  } finally {
    await disk.close();
    rmSync(directory, { recursive: true });
  }
}

async function run(context: SuiteContext) {
  const blocks = context.isQuick ? 10 : 50;
  const directory = temporary();
  try {
    const file = join(directory, 'chain.rlp');
    const { bytesPerBlock } = await makeChain(join(directory, 'made'), file, blocks);
    const emptyBytes = await emptyBlockBytes(join(directory, 'empty'), 10 * blocks);
    const transactions = blocks * TRANSFERS_PER_BLOCK;
    const imports = [];
    for (let round = 0; round < context.rounds; round++) imports.push(await importOnce(file, transactions));
    const perSecond = median(imports.map((each) => each.perSecond));
    const microseconds = median(imports.map((each) => each.microseconds));
    const perTransfer = (bytesPerBlock - emptyBytes) / TRANSFERS_PER_BLOCK;
    return {
      tables: [
        {
          title: 'Import and database',
          notes: [
            `${blocks} blocks of ${TRANSFERS_PER_BLOCK} transfers to new accounts, imported from a chain file with every check, ` +
              'one synced commit a block. An archive keeps every state; its size is that of the closed database.',
          ],
          columns: ['', ''],
          rows: [
            ['imported transfers per second', perSecond],
            ['processor µs for each transfer, recovery included', microseconds],
            ['database bytes of an empty block', emptyBytes],
            [`database bytes of a block of ${TRANSFERS_PER_BLOCK} transfers`, bytesPerBlock],
            ['of it for each transfer', perTransfer],
          ],
        },
      ],
      figures: {
        'import.transfersPerSecond': perSecond,
        'import.microseconds': microseconds,
        'database.emptyBlockBytes': emptyBytes,
        'database.transferBytes': perTransfer,
      },
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

export const imports: Suite = { name: 'import', says: 'import speed, and database bytes of blocks', run };
