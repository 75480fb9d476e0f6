// A state as a genesis file: the chain that it makes begins with the same root.
import { beforeAll, describe, expect, it } from 'vitest';
import { parseGenesisText } from '../../../genesis/genesisText.ts';
import { parseGenesis } from '../../../genesis/parseGenesis.ts';
import { genesisRoot } from '../../../node/chain/chain.ts';
import { type ExportFormat, stateAsJson } from '../../../node/chain/stateJson.ts';
import { MemoryDatabase } from '../../../node/state/memoryDatabase.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { appSpec, decide, openApp, proposed, type TestApp } from '../consensus/appHarness.ts';
import { TransactionSource } from '../execution/support/randomTransactions.ts';
import { SeededRandom } from '../execution/support/seededRandom.ts';

const BLOCKS = 12n;
let test: TestApp;

/** The text and how many accounts it says it has. */
async function exported(block: bigint, format: ExportFormat): Promise<{ text: string; accounts: number }> {
  let text = '';
  let accounts = 0;
  for await (const piece of stateAsJson(test.chain, block, format, () => accounts++)) text += piece;
  return { text, accounts };
}

const rootOf = (block: bigint) => test.chain.headerByNumber(block)?.header.stateRoot as Uint8Array;

beforeAll(async () => {
  test = await openApp(new MemoryDatabase(), appSpec());
  const source = new TransactionSource(new SeededRandom(11), 'osaka', 4766n);
  for (let height = 1n; height <= BLOCKS; height++) {
    const state = test.chain.stateAt(height - 1n);
    const baseFee = test.chain.head.header.baseFeePerGas ?? 0n;
    const nonceOf = (address: Parameters<typeof state.account>[0]) => state.account(address)?.nonce ?? 0n;
    const txs = Array.from({ length: 10 }, () => source.next(baseFee, nonceOf).raw);
    await decide(test, proposed(height, txs));
  }
});

describe('state as a genesis file', () => {
  it('makes a chain with the same root, from the head and from every block before it', async () => {
    for (let block = 0n; block <= BLOCKS; block++) {
      const { text, accounts } = await exported(block, 'genesis');
      const spec = parseGenesis(parseGenesisText(text));
      expect(bytesToHex(genesisRoot(spec)), `block ${block}`).toBe(bytesToHex(rootOf(block)));
      expect(spec.alloc).toHaveLength(accounts);
      const { timestampSeconds, gasLimit, baseFeePerGas } = test.chain.headerByNumber(block)?.header ?? {};
      expect(spec.genesis).toMatchObject({ timestampSeconds, gasLimit, baseFeePerGas });
      expect(spec.gnomon).toEqual(test.chain.spec.gnomon);
    }
  });

  it('is the same text each time, with accounts and slots in order', async () => {
    const { text } = await exported(BLOCKS, 'genesis');
    expect((await exported(BLOCKS, 'genesis')).text).toBe(text);
    const { alloc } = JSON.parse(text) as { alloc: Record<string, { storage?: Record<string, string> }> };
    const addresses = Object.keys(alloc);
    expect(addresses).toEqual([...addresses].sort());
    const storages = Object.values(alloc).flatMap(({ storage }) => (storage === undefined ? [] : [storage]));
    expect(storages.length).toBeGreaterThan(1);
    for (const storage of storages) expect(Object.keys(storage)).toEqual(Object.keys(storage).sort());
  });

  it('says root, storage roots and code hashes as a dump', async () => {
    const { text, accounts } = await exported(BLOCKS, 'dump');
    const dump = JSON.parse(text) as { root: string; accounts: Record<string, Record<string, unknown>> };
    expect(`0x${dump.root}`).toBe(bytesToHex(rootOf(BLOCKS)));
    expect(Object.keys(dump.accounts)).toHaveLength(accounts);
    const state = test.chain.stateAt(BLOCKS);
    for await (const entry of test.chain.state.dump()) {
      if (entry.kind !== 'account') continue;
      const { balanceWei, nonce, storageRoot, codeHash } = entry.record;
      expect(dump.accounts[bytesToHex(entry.address)]).toMatchObject({
        balance: balanceWei.toString(),
        nonce: Number(nonce),
        root: bytesToHex(storageRoot),
        codeHash: bytesToHex(codeHash),
        ...(state.code(codeHash).length > 0 && { code: bytesToHex(state.code(codeHash)) }),
      });
    }
  });

  it('is refused for blocks that are not there', async () => {
    expect(() => stateAsJson(test.chain, BLOCKS + 1n, 'dump', () => undefined)).toThrow(
      expect.objectContaining({ code: 'BLOCK_NOT_FOUND' }),
    );
  });
});
