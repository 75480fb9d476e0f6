// Rules that hold for all native code alike, read from its source and its order of effects.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deviceDid } from '../../precompiles/did/contract.ts';
import type { HostState } from '../../precompiles/framework/host.ts';
import { p256Key } from './support/deviceKeys.ts';
import { DidChain, didData, OWNER } from './support/didChain.ts';

const ROOT = fileURLToPath(new URL('../../precompiles/', import.meta.url));
const SPEC = readFileSync(new URL('../../docs/spec/precompiles.md', import.meta.url), 'utf8');

function sources(folder: string, extension: string): { path: string; text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(extension))
    .map((path) => ({ path, text: readFileSync(`${folder}/${path}`, 'utf8') }));
}

/** Without comments. */
const codeOf = (text: string): string => text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$|\s\/\/ .*$/gm, '');
const native = sources(ROOT, '.ts').map(({ path, text }) => ({ path, code: codeOf(text) }));

describe('native code', () => {
  it('S4: cannot call EVM code: it knows no engine, no node, and its host offers no call', () => {
    for (const { path, code } of native) {
      expect(code, path).not.toMatch(/from '[^']*(ethereumjs|\.\.\/node\/|\/genesis\/|\/rpc\/)/);
    }
    const host: Record<keyof HostState, true> = {
      ...{ sload: true, sstore: true, balanceOf: true, hasCode: true, transfer: true, emit: true },
    };
    expect(Object.keys(host)).toHaveLength(6);
  });

  it('S20: uses nothing that differs between machines or runs', () => {
    const forbidden =
      /\bDate\b|Math\.random|performance\.|setTimeout|setInterval|toLocale|Intl\.|\basync\b|\bawait\b|process\.|Math\.(sqrt|pow|log|exp)|parseFloat|\bfetch\(/;
    for (const { path, code } of native) expect(code, path).not.toMatch(forbidden);
  });

  it('S20: the same calls cost and leave the same, whatever ran before', () => {
    const runs = [new DidChain(), new DidChain()].map((chain) => {
      const key = p256Key('same');
      const args = chain.registerArgs(key, { docUri: 'ipfs://doc' });
      // A signature of fixed bytes: OpenSSL's differ from one to the next.
      const results = [chain.raw(didData('register', args)), chain.raw(didData('resolve', [chain.identityOf(key)]))];
      return {
        gas: results.map(({ gasUsed, workMicroseconds }) => [gasUsed, workMicroseconds]),
        state: chain.host.fingerprint(),
      };
    });
    expect(runs[0]).toEqual(runs[1]);
  });

  it('S14: work is paid as it grows: every key and service that resolve reads raises its price by its slots', () => {
    const chain = new DidChain();
    const id = chain.register(p256Key('first'));
    const cost = () => chain.raw(didData('resolve', [id])).gasUsed;
    const one = cost();
    chain.addKey(id, p256Key('second'));
    // Its head and the two words of its public key.
    expect(cost() - one).toBe(3n * 2_100n);
    const two = cost();
    chain.call('setService', [
      id,
      { id: `0x${'01'.repeat(32)}`, kind: 'k', endpoint: 'e'.repeat(512) },
      chain.direct(),
    ]);
    // Its id, its kind, and 1 + 16 slots of endpoint.
    expect(cost() - two).toBe((1n + 1n + 17n) * 2_100n);
  });

  it('S18: state is settled before coin moves, and coin before events', () => {
    const chain = new DidChain();
    const id = chain.register(p256Key('bonded'), {}, { valueWei: 5n });
    chain.call('deactivate', [id, chain.direct()]);
    chain.host.timestampSeconds += 604_800n;
    const order: string[] = [];
    const spy = (state: HostState): HostState => ({
      ...state,
      sstore: (...args) => {
        order.push('sstore');
        state.sstore(...args);
      },
      transfer: (...args) => {
        order.push('transfer');
        state.transfer(...args);
      },
      emit: (...args) => {
        order.push('emit');
        state.emit(...args);
      },
    });
    const spied = {
      ...deviceDid,
      run: (host: Parameters<typeof deviceDid.run>[0]) => deviceDid.run({ ...host, state: spy(host.state) }),
    };
    const result = chain.host.call({ precompile: spied, from: OWNER.address, data: didData('withdrawBond', [id]) });
    expect(result.outcome).toBe('success');
    expect(order).toEqual(['sstore', 'sstore', 'transfer', 'emit']);
  });
});

describe('docs/spec/precompiles.md', () => {
  it('accounts for each of the 28 incidents: pinned by a test of that name, or not applicable yet with its reason', () => {
    const tests = sources(fileURLToPath(new URL('.', import.meta.url)), '.test.ts').concat(
      sources(fileURLToPath(new URL('./support/', import.meta.url)), 'matrix.ts'),
    );
    const text = tests.map((file) => file.text).join('\n');
    for (let number = 1; number <= 28; number++) {
      const row = SPEC.split('\n').find((line) => line.startsWith(`| S${number} |`));
      expect(row, `S${number}`).toBeDefined();
      if (row?.includes('pinned')) expect(text, `S${number}`).toMatch(new RegExp(`['\`][^'\`\\n]*\\bS${number}\\b`));
      else expect(row).toMatch(/not yet|elsewhere/);
    }
  });
});
