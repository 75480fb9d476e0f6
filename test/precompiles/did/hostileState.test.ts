// eth_call may override storage and block fields with anything. Whatever native code finds there, it answers, reverts or
// fails: it never throws, never allocates what a stored length promises, and never stops the node.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVICE_DID_ADDRESS, deviceDid } from '../../../precompiles/did/contract.ts';
import { IDENTITY_WORDS, identitySlot } from '../../../precompiles/did/storage.ts';
import { bytesToHex, parseAddress } from '../../../primitives/bytes.ts';
import { p256Key } from '../support/deviceKeys.ts';
import { DidChain, didData, reverted } from '../support/didChain.ts';
import { DID_ROWS, prepared } from '../support/didRows.ts';
import { MemoryHost } from '../support/memoryHost.ts';

const MAX = (1n << 256n) - 1n;
const word = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, 3n, 255n, MAX, MAX - 1n, 1n << 255n, (1n << 33n) + 1n, (1n << 64n) | 1n),
  fc.bigInt({ min: 0n, max: MAX }),
);

/** The same calls over storage in which some words are anything. */
class HostileHost extends MemoryHost {
  override slot(address: Parameters<MemoryHost['slot']>[0], slot: bigint): bigint {
    const index = Number(slot % 7n);
    return index < this.words.length && slot % 3n !== 0n ? (this.words[index] as bigint) : super.slot(address, slot);
  }
  words: readonly bigint[] = [];
}

describe('hostile state', () => {
  it.each(DID_ROWS.map((row) => [row.method, row] as const))('S7: %s survives any storage', (_, row) => {
    const { chain, args, from } = prepared(row);
    const data = didData(row.method, args);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 7 }), (words) => {
        const host = new HostileHost();
        for (const [key, value] of chain.host.slots) host.slots.set(key, value);
        host.timestampSeconds = chain.host.timestampSeconds;
        host.words = words;
        const result = host.call({ precompile: deviceDid, from, data, gas: 3_000_000n });
        expect(result.gasUsed).toBeLessThanOrEqual(3_000_000n);
      }),
      { numRuns: 25 },
    );
  });

  it('S7: every single word of a record may be anything', () => {
    const { chain, args } = prepared(DID_ROWS.find(({ method }) => method === 'resolve') as (typeof DID_ROWS)[number]);
    const base = identitySlot(parseAddress(String(args[0])));
    const rows = ['resolve', 'stateOf', 'bondOf'] as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(IDENTITY_WORDS)),
        word,
        fc.constantFrom(...rows),
        (index, value, method) => {
          const mark = chain.host.mark();
          const key = `${bytesToHex(DEVICE_DID_ADDRESS)}:${base + BigInt(index)}`;
          const former = chain.host.slots.get(key);
          chain.host.slots.set(key, value);
          const result = chain.raw(didData(method, args), { gas: 2_000_000n });
          expect(['success', 'revert', 'failure']).toContain(result.outcome);
          chain.host.revertTo(mark);
          if (former === undefined) chain.host.slots.delete(key);
          else chain.host.slots.set(key, former);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('S15: a block that no chain has fails the call and not the node', () => {
    for (const [number, timestampSeconds] of [
      [1n, 1n << 40n],
      [1n << 64n, 1n],
    ] as const) {
      const chain = new DidChain();
      const data = didData('register', chain.registerArgs(p256Key('late'), { deadline: (1n << 64n) - 1n }));
      chain.host.blockNumber = number;
      chain.host.timestampSeconds = timestampSeconds;
      expect(chain.raw(data).outcome).toBe('failure');
      expect(chain.host.alarms).toMatchObject([{ code: 'BLOCK_OUT_OF_RANGE' }]);
    }
  });

  it('key ids end at 65,535', () => {
    const chain = new DidChain();
    const id = chain.register(p256Key('first'));
    const key = `${bytesToHex(DEVICE_DID_ADDRESS)}:${identitySlot(parseAddress(id))}`;
    const head = chain.host.slots.get(key) ?? 0n;
    chain.host.slots.set(key, (head & ~(0xffffn << 32n)) | (65_534n << 32n));
    expect(chain.addKey(id, p256Key('last'))).toBe(65_535);
    expect(reverted(() => chain.addKey(id, p256Key('past')))).toEqual(['KeyIdsExhausted', [65_535n]]);
  });
});
