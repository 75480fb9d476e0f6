import { describe, expect, it } from 'vitest';
import type { NativePrecompile } from '../../precompiles/framework/host.ts';
import { createRegistry, precompiles } from '../../precompiles/registry.ts';
import { bytesKey, bytesToHex, parseAddress } from '../../primitives/bytes.ts';
import { InvariantError } from '../../primitives/errors.ts';

function fake(name: string, address: string, version = 1, isStateful = true): NativePrecompile {
  return {
    name,
    address: parseAddress(`0x${address.padStart(40, '0')}`),
    version,
    isStateful,
    run: () => ({ outcome: 'failure', gasUsed: 0n, workMicroseconds: 0 }),
  };
}

const fork = fake('Fork', '100', 1, false);
const first = fake('First', '0d01');
const second1 = fake('Second', '0d02', 1);
const second2 = fake('Second', '0d02', 2);
const registry = createRegistry([fork], [first, second1, second2]);
const rules = [
  { name: 'First', timestampSeconds: 0n, version: 1 },
  { name: 'Second', timestampSeconds: 50n, version: 1 },
  { name: 'Second', timestampSeconds: 90n, version: 2 },
];

describe('the registry', () => {
  it('switches precompiles and versions on by the time of the block', () => {
    const active = (time: bigint) => [...registry.activeAt(rules, time).values()].map((p) => `${p.name} ${p.version}`);
    expect(active(0n)).toEqual(['Fork 1', 'First 1']);
    expect(active(49n)).toEqual(['Fork 1', 'First 1']);
    expect(active(50n)).toEqual(['Fork 1', 'First 1', 'Second 1']);
    expect(active(89n)).toEqual(['Fork 1', 'First 1', 'Second 1']);
    expect(active(90n)).toEqual(['Fork 1', 'First 1', 'Second 2']);
    expect(registry.activeAt(rules, 90n).get(bytesKey(second2.address))).toBe(second2);
  });

  it.each([
    ['out of address order', [second1, first]],
    ['the same address twice', [first, fake('Other', '0d01')]],
    ['one name at two addresses', [first, fake('First', '0d02')]],
    ['versions that fall', [second2, second1]],
  ] as const)('does not start with a list that has %s', (_, list) => {
    expect(() => createRegistry([], list)).toThrow(InvariantError);
  });

  it('describes what is in force', () => {
    expect(registry.describe(rules, 95n).map((d) => [d.name, d.version, d.activationTimestampSeconds])).toEqual([
      ['Fork', 1, 0n],
      ['First', 1, 0n],
      ['Second', 2, 90n],
    ]);
  });

  it('of the chain has P256VERIFY under any rules, and DeviceDID by rule', () => {
    const addresses = (active: typeof rules) =>
      [...precompiles.activeAt(active, 0n).values()].map(({ address }) => bytesToHex(address));
    const p256 = '0x0000000000000000000000000000000000000100';
    expect(addresses([])).toEqual([p256]);
    const did = { name: 'DeviceDID', timestampSeconds: 0n, version: 1 };
    expect(addresses([did])).toEqual([p256, '0x0000000000000000000000000000000000000d01']);
  });
});
