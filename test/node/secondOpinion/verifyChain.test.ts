// The second opinion on a dev chain with everything that only dev chains have, and on the same chain with one record altered.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS, devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { decodeSupply, encodeSupply, type SupplyRecord } from '../../../node/chain/blockRecords.ts';
import { encodeConsensusInputs } from '../../../node/consensus/consensusInputs.ts';
import { Node } from '../../../node/node.ts';
import { type VerifyOptions, verifyChain } from '../../../node/secondOpinion/verifyChain.ts';
import { BUCKET, blockKey, prefixRange, recordKey } from '../../../node/state/buckets.ts';
import { type Database, WriteBatch } from '../../../node/state/database.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { precompiles as registry } from '../../../precompiles/registry.ts';
import { bytesToHex, concatBytes, hexToBytes, parseAddress, toAddress } from '../../../primitives/bytes.ts';
import { decodeRlp, encodeRlp, type RlpItem, rlpList } from '../../../primitives/rlp.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { signCall } from '../../helpers/signCall.ts';
import { assemble, deployer } from '../execution/support/assembler.ts';

const spec = parseGenesis(devGenesis());
const precompilesAt: VerifyOptions['precompilesAt'] = (time) => [
  ...registry.activeAt(spec.gnomon!.precompiles, time).values(),
];
const STRANGER = toAddress(new Uint8Array(20).fill(0xab));
const CONTRACT = toAddress(new Uint8Array(20).fill(0xcd));
const DEVICE_DID = parseAddress('0x0000000000000000000000000000000000000d01');
const SLOT = new Uint8Array(32).fill(7);
const HEAD = 8n;
const [alice] = DEV_ACCOUNTS as [(typeof DEV_ACCOUNTS)[number]];

let temporary: string;
beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'gnomon-test-'));
});
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

/** Logs its calldata and stores it in slot 1. */
const LOGGER = assemble(`CALLDATASIZE 0x00 0x00 CALLDATACOPY 0x00 CALLDATALOAD 0x01 SSTORE
  CALLER CALLDATASIZE 0x00 LOG1`);

async function eventfulChain(): Promise<Database> {
  const database = new MemoryDatabase();
  const node = await Node.open(devNodeOptions({ spec, database, mining: { kind: 'manual' } }));
  const { dev } = node;
  if (dev === undefined) throw new Error('no dev chain');
  await node.start();
  let nonce = 0n;
  const send = (fields: Parameters<typeof signCall>[1]) =>
    node.submitRawTransaction(signCall(alice.privateKey, { nonce: nonce++, gasLimit: 500_000n, ...fields }));
  await send({ to: STRANGER, value: 5n });
  await send({ data: deployer(LOGGER) });
  await dev.mine(1n);
  const [, creation] = node.chain.receiptsByNumber(1n)!;
  await send({ to: creation!.contractAddress, data: new Uint8Array(40).fill(3) });
  await send({ to: creation!.contractAddress, data: new Uint8Array(40), gasLimit: 22_000n });
  await send({ to: DEVICE_DID, data: hexToBytes('0x7ecebe00'.padEnd(74, '0')) });
  await send({ to: DEVICE_DID, data: hexToBytes('0xffffffff') });
  await dev.mine(1n);
  await dev.edit({ kind: 'balance', address: CONTRACT, wei: 10n ** 20n });
  await dev.edit({ kind: 'code', address: CONTRACT, code: LOGGER });
  await dev.edit({ kind: 'storage', address: CONTRACT, slot: SLOT, value: Uint8Array.of(9) });
  await dev.edit({ kind: 'storage', address: STRANGER, slot: SLOT, value: Uint8Array.of(1) });
  await dev.edit({ kind: 'nonce', address: STRANGER, nonce: 41n });
  await dev.setNextBlockBaseFeePerGas(123_456_789n);
  dev.impersonate(CONTRACT);
  await dev.submitImpersonated(CONTRACT, { to: STRANGER, value: 17n, gas: 100_000n });
  await dev.submitImpersonated(CONTRACT, { to: CONTRACT, value: 1n, gas: 100_000n });
  await dev.mine(1n);
  await dev.edit({ kind: 'storage', address: CONTRACT, slot: SLOT, value: new Uint8Array(32) });
  await dev.mine(4n, 60n);
  await send({ to: STRANGER, value: 6n });
  await dev.mine(1n);
  expect(node.chain.head.header.number).toBe(HEAD);
  return database;
}

const verify = (database: Database, range: Pick<VerifyOptions, 'from' | 'to'> = {}) =>
  verifyChain({ database, spec, precompilesAt, temporaryDirectory: temporary, ...range });

async function put(database: Database, key: Uint8Array, value: Uint8Array | undefined): Promise<void> {
  const batch = new WriteBatch();
  if (value === undefined) batch.delete(key);
  else batch.put(key, value);
  await database.write(batch, { sync: false });
}

/** Replaces one record by what `change` makes of it. */
function altering(key: Uint8Array, change: (record: Uint8Array) => Uint8Array) {
  return async (database: Database) => {
    const record = database.getSync(key);
    if (record === undefined) throw new Error('no such record');
    const altered = change(record);
    expect(altered).not.toEqual(record);
    await put(database, key, altered);
  };
}

const flipped = (record: Uint8Array, at: number) => record.map((byte, index) => (index === at ? byte ^ 1 : byte));
const member = (item: RlpItem, index: number, change: (item: RlpItem) => RlpItem): RlpItem =>
  rlpList(item, 'list').map((each, at) => (at === index ? change(each) : each));
const inRlp = (change: (item: RlpItem) => RlpItem) => (record: Uint8Array) => encodeRlp(change(decodeRlp(record)));
/** A header field in its record: hash ‖ rlp(header). */
const headerField = (index: number, value: Uint8Array) => (record: Uint8Array) =>
  concatBytes(record.subarray(0, 32), inRlp((item) => member(item, index, () => value))(record.subarray(32)));
const supplyWith = (change: Partial<SupplyRecord>) => (record: Uint8Array) =>
  encodeSupply({ ...decodeSupply(record), ...change });

async function firstAccount(database: Database): Promise<Uint8Array> {
  const snapshot = database.snapshot();
  for await (const [key] of snapshot.entries(prefixRange(Uint8Array.of(BUCKET.account)))) return key;
  throw new Error('no account');
}

describe('the second opinion agrees', () => {
  it('on a chain with edits, impersonated contracts, native calls, logs and failures, from its genesis', async () => {
    const summary = await verify(await eventfulChain());
    expect(summary).toMatchObject({ from: 1n, to: HEAD, blocks: 8, transactions: 9, stateCompared: true });
    expect(summary.difference).toBeUndefined();
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each([
    [2n, undefined],
    [4n, 6n],
    [HEAD, HEAD],
  ])('from the stored state before block %s', async (from, to) => {
    const summary = await verify(await eventfulChain(), { from, to });
    expect(summary).toMatchObject({ from, to: to ?? HEAD, stateCompared: true });
    expect(summary.difference).toBeUndefined();
  });

  it('on a chain of nothing but its genesis', async () => {
    const database = new MemoryDatabase();
    await Node.open(devNodeOptions({ spec, database }));
    expect(await verify(database)).toMatchObject({ blocks: 0, stateCompared: true });
  });

  it.each([
    [0n, undefined],
    [5n, 3n],
    [1n, HEAD + 1n],
    [HEAD + 2n, undefined],
  ])('and refuses the range %s to %s', async (from, to) => {
    await expect(verify(await eventfulChain(), { from, to })).rejects.toMatchObject({ code: 'INVALID_RANGE' });
  });
});

describe('the second opinion names the first difference', () => {
  const receipts = (block: bigint) => blockKey(BUCKET.receipts, block);
  const header = (block: bigint) => blockKey(BUCKET.header, block);
  const someHash = new Uint8Array(32).fill(5);
  it.each<[string, bigint, (database: Database) => Promise<void>]>([
    [
      'receipts[0].status',
      2n,
      altering(
        receipts(2n),
        inRlp((i) => member(i, 0, (r) => member(r, 0, () => Uint8Array.of(0)))),
      ),
    ],
    [
      'receipts[0].cumulativeGasUsed',
      1n,
      altering(
        receipts(1n),
        inRlp((i) => member(i, 0, (r) => member(r, 1, () => Uint8Array.of(0x52, 0x09)))),
      ),
    ],
    [
      'receipts[0].logs[0].data',
      2n,
      altering(
        receipts(2n),
        inRlp((i) => member(i, 0, (r) => member(r, 2, (l) => member(l, 0, (log) => member(log, 2, () => someHash))))),
      ),
    ],
    ['stored receipts', 2n, altering(receipts(2n), (record) => record.subarray(1))],
    ['stateRoot', 3n, altering(header(3n), headerField(3, someHash))],
    ['transactionsRoot', 2n, altering(header(2n), headerField(4, someHash))],
    ['receiptsRoot', 2n, altering(header(2n), headerField(5, someHash))],
    ['coinbase', 2n, altering(header(2n), headerField(2, STRANGER))],
    ['gasUsed', 2n, altering(header(2n), headerField(10, Uint8Array.of(1)))],
    ['prevRandao', 2n, altering(header(2n), headerField(13, someHash))],
    ['baseFeePerGas', 3n, altering(header(3n), headerField(15, Uint8Array.of(7)))],
    ['parentHash', 4n, altering(header(4n), headerField(0, someHash))],
    ['timestamp', 4n, altering(header(4n), headerField(11, Uint8Array.of(7)))],
    ['requestsHash', 4n, altering(header(4n), headerField(20, someHash))],
    ['stored hash', 4n, altering(header(4n), (record) => flipped(record, 3))],
    [
      'extraData',
      3n,
      altering(blockKey(BUCKET.consensusInputs, 3n), () => encodeConsensusInputs({ dev: { edits: [] } })),
    ],
    ['consensusInputs', 3n, altering(blockKey(BUCKET.consensusInputs, 3n), () => Uint8Array.of(0xc1))],
    [
      'transactions[0].sender',
      1n,
      altering(
        blockKey(BUCKET.body, 1n),
        inRlp((i) => member(i, 0, (s) => flipped(s as Uint8Array, 2))),
      ),
    ],
    ['body', 2n, altering(blockKey(BUCKET.body, 2n), (record) => record.subarray(0, 1))],
    ['total supply', HEAD, altering(blockKey(BUCKET.supply, HEAD), supplyWith({ totalWei: 1n }))],
  ])('%s of block %s', async (field, blockNumber, alter) => {
    const database = await eventfulChain();
    await alter(database);
    const { difference, blocks } = await verify(database);
    expect(difference).toMatchObject({ field, blockNumber });
    expect(difference!.expected).not.toBe(difference!.got);
    expect(blocks).toBe(field === 'total supply' ? Number(HEAD) : Number(blockNumber) - 1);
  });

  it('in the state that reads are served from, at the end and where a range begins', async () => {
    const database = await eventfulChain();
    const key = await firstAccount(database);
    await altering(key, (record) => flipped(record, record.length - 1))(database);
    for (const range of [{}, { from: HEAD }])
      expect((await verify(database, range)).difference).toMatchObject({ field: 'stored state' });
  });

  it('in the look-up of blocks by hash', async () => {
    const database = await eventfulChain();
    const { hash } = await verify(database, { to: 2n });
    await altering(recordKey(BUCKET.blockNumber, hexToBytes(hash)), (record) => flipped(record, 7))(database);
    expect((await verify(database)).difference).toMatchObject({ field: 'number of hash', blockNumber: 2n });
  });

  it('in a genesis file that is not the one of the chain', async () => {
    const database = await eventfulChain();
    const other = { ...spec, alloc: spec.alloc.slice(1) };
    const options = { database, spec: other, precompilesAt, temporaryDirectory: temporary };
    expect((await verifyChain(options)).difference).toMatchObject({ field: 'hash', blockNumber: 0n });
  });

  it('when other native contracts are in force than the chain was made with', async () => {
    const database = await eventfulChain();
    const { difference } = await verifyChain({
      database,
      spec,
      precompilesAt: () => [],
      temporaryDirectory: temporary,
    });
    expect(difference).toMatchObject({ blockNumber: 2n, field: expect.stringMatching(/^receipts\[\d\]/) });
    expect(bytesToHex(DEVICE_DID)).toBe('0x0000000000000000000000000000000000000d01');
  });

  it('removes what it kept on disk meanwhile', () => {
    expect(readdirSync(temporary)).toEqual([]);
  });
});
