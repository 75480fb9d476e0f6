// The worked example of docs/spec/did.md: a record read from raw storage words alone, as a client with proofs reads it. Slots
// are computed by viem here.
import { readFileSync } from 'node:fs';
import { concat, type Hex, hexToBytes, keccak256, numberToHex, pad, toHex } from 'viem';
import { describe, expect, it } from 'vitest';
import { DEVICE_DID_ADDRESS } from '../../../precompiles/did/contract.ts';
import { bytesToHex } from '../../../primitives/bytes.ts';
import { p256Key } from '../support/deviceKeys.ts';
import { DidChain, OWNER } from '../support/didChain.ts';

const SPEC = readFileSync(new URL('../../../docs/spec/did.md', import.meta.url), 'utf8');
const word = (value: bigint): Hex => numberToHex(value, { size: 32 });
const mapping = (key: Hex, slot: bigint): bigint => BigInt(keccak256(concat([pad(key), word(slot)])));

/** The identity of the example: P-256, a document, a service, a bond. */
function example(): { read: (slot: bigint) => Hex; id: Hex; publicKey: Hex } {
  const chain = new DidChain();
  const key = p256Key('worked example');
  const document = {
    docHash: `0x${'d0'.repeat(32)}`,
    docUri: 'ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
  } as const;
  const id = chain.register(key, document, { valueWei: 10n ** 18n });
  chain.call('setService', [
    id,
    { id: `0x${'5e'.repeat(32)}`, kind: 'Hub', endpoint: 'https://hub.example' },
    chain.direct(),
  ]);
  return {
    id: id.toLowerCase() as Hex,
    publicKey: bytesToHex(key.publicKey),
    read: (slot) => word(chain.host.slot(DEVICE_DID_ADDRESS, slot)),
  };
}

describe('the worked example of docs/spec/did.md', () => {
  const { read, id, publicKey } = example();
  const base = mapping(id, 0n);
  const lines: [string, bigint][] = [
    ['head', base],
    ['owner', base + 1n],
    ['payee', base + 2n],
    ['bond', base + 4n],
    ['docHash', base + 5n],
    ['docUri, length', base + 6n],
    ['docUri, first word', BigInt(keccak256(word(base + 6n)))],
    ['keyIds', base + 9n],
    ['key 1, head', mapping(toHex(1), base + 10n)],
    ['key 1, x', mapping(toHex(1), base + 10n) + 1n],
    ['key 1, y', mapping(toHex(1), base + 10n) + 2n],
    ['serviceIds, length', base + 11n],
    ['serviceIds[0]', BigInt(keccak256(word(base + 11n)))],
    ['services[id].kind', mapping(`0x${'5e'.repeat(32)}`, base + 12n)],
    ['services[id].endpoint', mapping(`0x${'5e'.repeat(32)}`, base + 12n) + 1n],
    ['owner of key 1', mapping(keccak256(concat(['0x02', publicKey])), 1n)],
    ['total of bonds', 2n],
  ];

  it.each(lines)('%s stands in the slot and has the value that the specification prints', (name, slot) => {
    expect(SPEC).toContain(`| ${name} | \`${word(slot)}\` | \`${read(slot)}\` |`);
  });

  it('names the identity', () => {
    expect(SPEC).toContain(id);
    expect(id).toBe(`0x${keccak256(concat([toHex('gnomon:id:1'), '0x02', publicKey])).slice(-40)}`);
  });

  it('can be read back from the words alone', () => {
    const head = BigInt(read(base));
    const field = (shift: bigint, bits: bigint): bigint => (head >> shift) & ((1n << bits) - 1n);
    expect([field(0n, 8n), field(8n, 8n), field(16n, 8n), field(32n, 16n)]).toEqual([1n, 2n, 1n, 1n]);
    expect([field(48n, 64n), field(112n, 64n), field(176n, 40n), field(216n, 40n)]).toEqual([
      2n,
      2n,
      1_800_000_000n,
      100n,
    ]);
    expect(read(base + 1n).slice(-40)).toBe(bytesToHex(OWNER.address).slice(2));
    const key = mapping(toHex(1), base + 10n);
    expect(concat([read(key + 1n), read(key + 2n)])).toBe(publicKey);
    expect(hexToBytes(read(base + 6n)).at(-1)).toBe(2 * 66 + 1);
  });

  it('lists nothing that is not there', () => {
    for (const [, slot] of lines) expect(BigInt(read(slot))).not.toBe(0n);
  });
});
