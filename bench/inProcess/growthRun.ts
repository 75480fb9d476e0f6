// One size of the growth benchmark in a process of its own, so that memory is that of this size alone. Writes its figures
// to standard output as JSON. Arguments: build|measure, accounts|devices, directory, size, blocks, transactions in a block.

import { decodeTransaction, recoverSender, signTransaction } from '../../node/block/transaction.ts';
import type { SignedTransaction } from '../../node/block/types.ts';
import { DEVICE_DID_ADDRESS } from '../../precompiles/did/contract.ts';
import { bytesToHex, toAddress, utf8ToBytes } from '../../primitives/bytes.ts';
import { keccak256 } from '../../primitives/crypto/keccak.ts';
import { SeededRandom } from '../../test/node/execution/support/seededRandom.ts';
import { KEY_KINDS } from '../../test/precompiles/support/deviceKeys.ts';
import { DidChain, didData, OWNER } from '../../test/precompiles/support/didChain.ts';
import { processUsage } from '../harness/processUsage.ts';
import { median } from '../report/statistics.ts';
import {
  accountOf,
  type BlockCost,
  cpuClock,
  type DiskChain,
  openDiskChain,
  recovered,
  unsignedOf,
} from './diskChain.ts';

/** Of each account, in wei. */
const BALANCE_WEI = 10n ** 18n;
const EDITS_PER_BLOCK = 20_000;
/** What a registration of a P-256 device writes; the run counts it as well. */
export const SLOTS_PER_DEVICE = 8;
/** As many as it takes to touch each of the 10^4 busy accounts of 10^6 a few times, with 2,000 transfers a block. */
const WARM_UP_BLOCKS = 10;
const WARM_UP_BLOCKS_SHORT = 2;
const FULL_BLOCK_TRANSFERS = 2_000;

async function buildAccounts(disk: DiskChain, count: number): Promise<void> {
  for (let first = 0; first < count; first += EDITS_PER_BLOCK) {
    const size = Math.min(EDITS_PER_BLOCK, count - first);
    const edits = Array.from({ length: size }, (_, index) => {
      return { kind: 'balance', address: accountOf(first + index), wei: BALANCE_WEI } as const;
    });
    await disk.addBlock([], edits);
  }
}

/** As many slots as `count` registrations write, at places as random as theirs. */
async function buildDevices(disk: DiskChain, count: number): Promise<void> {
  const slots = count * SLOTS_PER_DEVICE;
  for (let first = 0; first < slots; first += EDITS_PER_BLOCK) {
    const size = Math.min(EDITS_PER_BLOCK, slots - first);
    const edits = Array.from({ length: size }, (_, index) => {
      const slot = keccak256(utf8ToBytes(`slot ${first + index}`));
      return { kind: 'storage', address: DEVICE_DID_ADDRESS, slot, value: slot } as const;
    });
    await disk.addBlock([], edits);
  }
}

/** Processor microseconds for each transaction. */
interface Cost extends BlockCost {
  readonly whole: number;
}

async function measureBlocks(disk: DiskChain, blocks: number, make: () => readonly SignedTransaction[]): Promise<Cost> {
  const costs: Cost[] = [];
  let warmUp = WARM_UP_BLOCKS_SHORT;
  for (let block = 0; block < warmUp + blocks; block++) {
    const transactions = make();
    if (transactions.length >= FULL_BLOCK_TRANSFERS) warmUp = WARM_UP_BLOCKS;
    const { execute, seal, commit } = await disk.addBlock(transactions);
    const each = (microseconds: number) => microseconds / transactions.length;
    if (block >= warmUp)
      costs.push({
        execute: each(execute),
        seal: each(seal),
        commit: each(commit),
        whole: each(execute + seal + commit),
      });
  }
  const of = (part: keyof Cost) => median(costs.map((cost) => cost[part]));
  return { execute: of('execute'), seal: of('seal'), commit: of('commit'), whole: of('whole') };
}

/** Transfers between accounts that `pick` chooses. */
function transfers(disk: DiskChain, nonces: Map<number, bigint>, size: number, pick: () => number) {
  return Array.from({ length: size }, () => {
    const sender = pick();
    const nonce = nonces.get(sender) ?? 0n;
    nonces.set(sender, nonce + 1n);
    const fields = { nonce, to: accountOf(pick()), value: 1n, data: new Uint8Array(0), gasLimit: 21_000n };
    return recovered(disk.chain, accountOf(sender), fields);
  });
}

/** Reading an account that nothing has decoded yet, in processor microseconds. */
function lookupMicroseconds(disk: DiskChain, random: SeededRandom, accounts: number): number {
  const addresses = Array.from({ length: Math.min(20_000, accounts) }, () => accountOf(random.below(accounts)));
  disk.chain.state.cache.clear();
  const reader = disk.chain.state.readerAt(disk.chain.head.header.number);
  const clock = cpuClock();
  for (const address of addresses) reader.account(address);
  return clock() / addresses.length;
}

/** What a transaction costs before it is executed, whatever the size of the state. */
function recoveryMicroseconds(disk: DiskChain): number {
  const raws = Array.from({ length: 500 }, (_, nonce) => {
    const to = toAddress(OWNER.address);
    const fields = { nonce: BigInt(nonce), to, value: 1n, data: new Uint8Array(0), gasLimit: 21_000n };
    return signTransaction(unsignedOf(disk.chain, fields), keccak256(utf8ToBytes('a sender'))).raw;
  });
  const clock = cpuClock();
  for (const raw of raws) recoverSender(decodeTransaction(raw));
  return clock() / raws.length;
}

async function measureAccounts(disk: DiskChain, accounts: number, blocks: number, size: number) {
  const random = new SeededRandom(1);
  const nonces = new Map<number, bigint>();
  const uniform = () => random.below(accounts);
  /** 80 % of the work on 1 % of the accounts. */
  const skewed = () => (random.below(10) < 8 ? random.below(Math.max(1, accounts / 100)) : uniform());
  const lookup = lookupMicroseconds(disk, random, accounts);
  const even = await measureBlocks(disk, blocks, () => transfers(disk, nonces, size, uniform));
  const uneven = await measureBlocks(disk, blocks, () => transfers(disk, nonces, size, skewed));
  return { lookup, recovery: recoveryMicroseconds(disk), uniform: even, skewed: uneven };
}

async function measureDevices(disk: DiskChain, blocks: number, size: number) {
  const did = new DidChain();
  did.host.chainId = disk.chain.spec.chainId;
  did.host.genesisHash = disk.chain.genesisHash;
  // The controller pays for its devices.
  await disk.addBlock([], [{ kind: 'balance', address: OWNER.address, wei: 10n ** 30n }]);
  let registered = 0;
  let nonce = 0n;
  const make = () => {
    did.host.timestampSeconds = disk.chain.head.header.timestampSeconds;
    return Array.from({ length: size }, () => {
      const data = didData('register', did.registerArgs(KEY_KINDS.p256(`device ${registered++}`)));
      const fields = { nonce: nonce++, to: DEVICE_DID_ADDRESS, value: 0n, data, gasLimit: 1_000_000n };
      return recovered(disk.chain, OWNER.address, fields);
    });
  };
  const cost = await measureBlocks(disk, blocks, make);
  const number = disk.chain.head.header.number;
  const receipts = disk.chain.receiptsByNumber(number) ?? [];
  if (receipts.some(({ succeeded }) => !succeeded)) throw new Error('a registration failed');
  return { ...cost, slots: await slotsOfRegistration(did), gas: Number(receipts[0]?.gasUsed ?? 0n) };
}

/** New slots of one registration, counted on a chain in memory. */
async function slotsOfRegistration(did: DidChain): Promise<number> {
  const before = did.host.slots.size;
  did.register(KEY_KINDS.p256('counted'));
  return did.host.slots.size - before;
}

async function main([mode, kind, directory = '', sizeText, blocksText, transactionsText]: string[]) {
  const size = Number(sizeText);
  const disk = await openDiskChain(directory);
  if (mode === 'build') {
    await (kind === 'accounts' ? buildAccounts(disk, size) : buildDevices(disk, size));
    await disk.close();
    return { head: bytesToHex(disk.chain.head.hash) };
  }
  const [blocks, transactions] = [Number(blocksText), Number(transactionsText)];
  const figures =
    kind === 'accounts'
      ? await measureAccounts(disk, size, blocks, transactions)
      : await measureDevices(disk, blocks, transactions);
  const { residentMiB, residentPeakMiB } = processUsage(process.pid);
  await disk.close();
  return { ...figures, residentMiB, residentPeakMiB };
}

process.stdout.write(JSON.stringify(await main(process.argv.slice(2))));
