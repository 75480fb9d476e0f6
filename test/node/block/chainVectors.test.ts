// Every block, transaction and receipt of the execution-apis chain through the codecs, against @ethereumjs/block and tx.
import { readFileSync } from 'node:fs';
import { createBlockFromRLP } from '@ethereumjs/block';
import { createCommonFromGethGenesis } from '@ethereumjs/common';
import { describe, expect, it } from 'vitest';
import { logsBloom, unionBlooms } from '../../../node/block/bloom.ts';
import { decodeBlock, decodeUnrecoveredBlock, encodeBlock } from '../../../node/block/body.ts';
import { decodeHeader, encodeHeader, hashHeader } from '../../../node/block/header.ts';
import { decodeReceipt, encodeReceipt } from '../../../node/block/receipt.ts';
import { bytesToHex, hexToBytes } from '../../../primitives/bytes.ts';
import { loadKzg } from '../../../primitives/crypto/kzg.ts';
import { decodeRlp, rlpSpan } from '../../../primitives/rlp.ts';
import { vectorBytes, vectorPath } from '../../vectors.ts';

const chain = vectorBytes('execution-apis', 'chain.rlp');

function blocksOf(rlp: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  for (let offset = 0; offset < rlp.length; ) {
    const { end } = rlpSpan(rlp, offset);
    blocks.push(rlp.subarray(offset, end));
    offset = end;
  }
  return blocks;
}

/** The `result` of a recorded exchange. */
function recordedResult(path: string): unknown {
  const line = readFileSync(path, 'utf8')
    .split('\n')
    .find((text) => text.startsWith('<<'));
  return JSON.parse((line ?? '<< {}').slice(3)).result;
}

describe.skipIf(chain === undefined)('execution-apis chain.rlp', () => {
  const blocks = blocksOf(chain ?? new Uint8Array());

  it('holds 54 blocks that link by hash and end at the recorded head', () => {
    expect(blocks.length).toBe(54);
    const decoded = blocks.map(decodeUnrecoveredBlock);
    for (const [index, block] of decoded.entries())
      if (index > 0) expect(block.header.parentHash).toEqual(decoded[index - 1]?.hash);
    const head = JSON.parse(readFileSync(vectorPath('execution-apis', 'headfcu.json') as string, 'utf8'));
    expect(bytesToHex(decoded.at(-1)?.hash as Uint8Array)).toBe(head.params[0].headBlockHash);
  });

  it('round-trips and agrees with @ethereumjs on hashes and senders', async () => {
    const genesis = JSON.parse(readFileSync(vectorPath('execution-apis', 'genesis.json') as string, 'utf8'));
    const common = createCommonFromGethGenesis(genesis, {
      chain: 'vectors',
      customCrypto: { kzg: (await loadKzg()).library as never },
    });
    for (const rlp of blocks) {
      const block = decodeBlock(rlp);
      expect(encodeBlock(block)).toEqual(rlp);
      const other = createBlockFromRLP(rlp, { common, setHardfork: true, skipConsensusFormatValidation: true });
      expect(block.hash).toEqual(other.hash());
      expect(block.transactions.map(({ hash }) => hash)).toEqual(other.transactions.map((tx) => tx.hash()));
      expect(block.transactions.map(({ sender }) => sender)).toEqual(
        other.transactions.map((tx) => tx.getSenderAddress().bytes),
      );
      expect(block.transactions.map(({ signingHash }) => signingHash)).toEqual(
        other.transactions.map((tx) => tx.getHashedMessageToSign()),
      );
    }
  }, 120_000);

  it('decodes the recorded raw header and receipts', () => {
    const header = recordedResult(vectorPath('execution-apis', 'debug_getRawHeader', 'get-block-n.io') as string);
    const headerBytes = hexToBytes(header as string);
    const decoded = decodeHeader(decodeRlp(headerBytes));
    expect(encodeHeader(decoded)).toEqual(headerBytes);
    expect(blocks.map((rlp) => bytesToHex(decodeUnrecoveredBlock(rlp).hash))).toContain(
      bytesToHex(hashHeader(decoded)),
    );
    const raw = recordedResult(vectorPath('execution-apis', 'debug_getRawReceipts', 'get-block-n.io') as string);
    const receipts = (raw as string[]).map(hexToBytes);
    expect(receipts.length).toBeGreaterThan(0);
    for (const bytes of receipts) {
      const receipt = decodeReceipt(bytes);
      expect(encodeReceipt(receipt)).toEqual(bytes);
      expect(logsBloom(receipt.logs)).toEqual(receipt.logsBloom);
      expect(unionBlooms([receipt.logsBloom, new Uint8Array(256)])).toEqual(receipt.logsBloom);
    }
  });
});
