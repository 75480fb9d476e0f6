// A dev chain with everything that no other chain has (edits of state, impersonated senders, set base fees and times) leaves
// its node in a file, and another node that executes the file ends at the same head.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { DEV_ACCOUNTS, devGenesis } from '../../../genesis/devGenesis.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { decodeUnrecoveredBlock, encodeBlock } from '../../../node/block/body.ts';
import { encodeFileEntry, type FileEntry, readChainFile, writeChainFile } from '../../../node/chain/chainFile.ts';
import { importFile } from '../../../node/chain/importFile.ts';
import {
  consensusInputsHash,
  decodeConsensusInputs,
  encodeConsensusInputs,
} from '../../../node/consensus/consensusInputs.ts';
import { Node } from '../../../node/node.ts';
import { bytesToHex, concatBytes, hexToBytes, toAddress } from '../../../primitives/bytes.ts';
import { devNodeOptions } from '../../helpers/devNode.ts';
import { temporaryDirectories } from '../../helpers/gnomonCommand.ts';
import { signCall } from '../../helpers/signCall.ts';

const directories = temporaryDirectories();
afterAll(() => directories.cleanUp());
const opened: Node[] = [];
afterEach(async () => {
  for (const node of opened.splice(0)) await node.stop();
});

async function openNode(spec = parseGenesis(devGenesis())): Promise<Node> {
  const node = await Node.open(devNodeOptions({ spec, mining: { kind: 'manual' } }));
  opened.push(node);
  return node;
}

const STRANGER = toAddress(new Uint8Array(20).fill(0xab));
const CONTRACT = toAddress(new Uint8Array(20).fill(0xcd));
const SLOT = new Uint8Array(32).fill(7);
/** Returns slot 0x07…07. */
const READER_CODE = hexToBytes(`0x7f${'07'.repeat(32)}5460005260206000f3`);

/** A chain on which every dev-only thing happened, and plain transfers as well. */
async function eventfulNode(): Promise<Node> {
  const node = await openNode();
  const { dev } = node;
  if (dev === undefined) throw new Error('no dev chain');
  await node.start();
  const sender = DEV_ACCOUNTS[0] as (typeof DEV_ACCOUNTS)[number];
  await node.submitRawTransaction(signCall(sender.privateKey, { to: STRANGER, value: 5n }));
  await dev.mine(1n);
  await dev.edit({ kind: 'balance', address: STRANGER, wei: 10n ** 20n });
  await dev.edit({ kind: 'nonce', address: STRANGER, nonce: 41n });
  await dev.edit({ kind: 'code', address: CONTRACT, code: READER_CODE });
  await dev.edit({ kind: 'storage', address: CONTRACT, slot: SLOT, value: Uint8Array.of(9) });
  await dev.setNextBlockBaseFeePerGas(123_456_789n);
  dev.impersonate(STRANGER);
  await dev.submitImpersonated(STRANGER, { to: sender.address, value: 17n, gas: 21_000n });
  await node.submitRawTransaction(signCall(sender.privateKey, { nonce: 1n, to: STRANGER, value: 6n }));
  await dev.mine(1n);
  dev.increaseTime(86_400n);
  await dev.mine(3n, 60n);
  await dev.edit({ kind: 'storage', address: CONTRACT, slot: SLOT, value: new Uint8Array(32) });
  await dev.mine(1n);
  return node;
}

async function exported(node: Node): Promise<string> {
  const { chain } = node.importContext;
  const path = join(directories.make(), 'chain.rlp');
  await writeChainFile(chain, path, 1n, chain.head.header.number, () => undefined);
  return path;
}

async function entriesOf(path: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  for await (const entry of readChainFile(path)) entries.push(entry);
  return entries;
}

function fileOf(entries: readonly Pick<FileEntry, 'blockRlp' | 'consensusInputs'>[]): string {
  const path = join(directories.make(), 'altered.rlp');
  writeFileSync(path, concatBytes(...entries.map((entry) => encodeFileEntry(entry.blockRlp, entry.consensusInputs))));
  return path;
}

describe('a file of a dev chain', () => {
  it('makes the same head, state and receipts in another node', async () => {
    const [source, copy] = [await eventfulNode(), await openNode()];
    await importFile(copy.importContext, readChainFile(await exported(source)), { expectHead: source.chain.head.hash });
    expect(copy.chain.head.header.number).toBe(6n);
    for (let number = 0n; number <= 6n; number++) {
      expect(copy.chain.receiptsByNumber(number)).toEqual(source.chain.receiptsByNumber(number));
      expect(copy.importContext.chain.consensusInputs(number)).toEqual(
        source.importContext.chain.consensusInputs(number),
      );
      expect(copy.importContext.chain.supply(number)).toEqual(source.importContext.chain.supply(number));
    }
    expect(copy.chain.stateAt(2n).slot(CONTRACT, SLOT)).toEqual(Uint8Array.of(9));
    expect(copy.chain.blockByNumber(2n)?.header.baseFeePerGas).toBe(123_456_789n);
    expect(copy.chain.blockByNumber(2n)?.transactions.map(({ sender }) => bytesToHex(sender))).toContain(
      bytesToHex(STRANGER),
    );
  });

  it('lets a node that imported it make the next block', async () => {
    const [source, copy] = [await eventfulNode(), await openNode()];
    await importFile(copy.importContext, readChainFile(await exported(source)));
    await copy.start();
    await copy.dev?.mine(1n);
    expect(copy.chain.head.header.number).toBe(7n);
  });

  it('is refused when the inputs of a block are altered, left out or made up', async () => {
    const entries = await entriesOf(await exported(await eventfulNode()));
    const index = 1;
    const original = entries[index] as FileEntry;
    const { dev } = decodeConsensusInputs(original.consensusInputs);
    const richer = encodeConsensusInputs({
      dev: { edits: (dev?.edits ?? []).slice(1), baseFeePerGas: dev?.baseFeePerGas },
    });
    const fakes = [
      richer,
      new Uint8Array(0),
      encodeConsensusInputs({ dev: { edits: [], baseFeePerGas: dev?.baseFeePerGas } }),
    ];
    for (const consensusInputs of fakes) {
      const copy = await openNode();
      const path = fileOf(entries.with(index, { ...original, consensusInputs }));
      await expect(importFile(copy.importContext, readChainFile(path))).rejects.toMatchObject({
        code: expect.stringMatching(/^(CONSENSUS_INPUTS_MISMATCH|.*BASE_FEE.*)$/),
      });
      expect(copy.chain.head.header.number).toBe(1n);
    }
  });

  it('is refused when the inputs are committed to but another state follows from them', async () => {
    const entries = await entriesOf(await exported(await eventfulNode()));
    const original = entries[1] as FileEntry;
    const { dev } = decodeConsensusInputs(original.consensusInputs);
    const consensusInputs = encodeConsensusInputs({
      dev: { edits: (dev?.edits ?? []).slice(2), baseFeePerGas: dev?.baseFeePerGas },
    });
    const block = decodeUnrecoveredBlock(original.blockRlp);
    const header = { ...block.header, extraData: consensusInputsHash(consensusInputs) };
    const copy = await openNode();
    const path = fileOf([entries[0] as FileEntry, { blockRlp: encodeBlock({ ...block, header }), consensusInputs }]);
    await expect(importFile(copy.importContext, readChainFile(path))).rejects.toMatchObject({ name: 'ChainError' });
    expect(copy.chain.head.header.number).toBe(1n);
  });

  it.each([
    ['bytes that are no RLP', Uint8Array.of(0xc1)],
    ['a storage value of 33 bytes', undefined],
  ])('is refused when its inputs are %s', async (_what, garbage) => {
    const entries = await entriesOf(await exported(await eventfulNode()));
    const original = entries[0] as FileEntry;
    const tooLong = encodeConsensusInputs({
      dev: { edits: [{ kind: 'storage', address: CONTRACT, slot: SLOT, value: new Uint8Array(33).fill(1) }] },
    });
    const copy = await openNode();
    const path = fileOf([{ ...original, consensusInputs: garbage ?? tooLong }]);
    await expect(importFile(copy.importContext, readChainFile(path))).rejects.toMatchObject({
      code: 'INVALID_CONSENSUS_INPUTS',
      message: expect.stringMatching(/^block 1 is invalid: /),
    });
  });

  it('is refused by a chain that allows neither edits nor unsigned senders', async () => {
    const genesis = devGenesis();
    const gnomon = { ...(genesis.config as { gnomon: object }).gnomon, devChain: false };
    const spec = parseGenesis({ ...genesis, config: { ...genesis.config, gnomon } });
    const entries = await entriesOf(await exported(await eventfulNode()));
    const copy = await openNode(spec);
    await expect(importFile(copy.importContext, readChainFile(fileOf(entries)))).rejects.toMatchObject({
      code: expect.stringMatching(/EDITS_NOT_ALLOWED|INVALID_TRANSACTION|SENDER|SIGNATURE/),
    });
  });

  it.each([
    ['prevRandao', { mixHash: new Uint8Array(32) }, 'PREV_RANDAO_MISMATCH'],
    ['fee recipient', { coinbase: STRANGER }, 'COINBASE_MISMATCH'],
    ['parent consensus hash', { parentBeaconBlockRoot: new Uint8Array(32).fill(1) }, 'PARENT_CONSENSUS_HASH_MISMATCH'],
    ['extraData', { extraData: Uint8Array.of(1) }, 'CONSENSUS_INPUTS_MISMATCH'],
    ['gas limit', { gasLimit: 30_000_001n }, 'GAS_LIMIT_CHANGED'],
  ])('is refused when a block has another %s than the rules give', async (_what, changed, code) => {
    const entries = await entriesOf(await exported(await eventfulNode()));
    const block = decodeUnrecoveredBlock((entries[0] as FileEntry).blockRlp);
    const blockRlp = encodeBlock({ ...block, header: { ...block.header, ...(changed as object) } });
    const copy = await openNode();
    const path = fileOf([{ ...(entries[0] as FileEntry), blockRlp }]);
    await expect(importFile(copy.importContext, readChainFile(path))).rejects.toMatchObject({ code });
  });
});
