// `gnomon version` and `gnomon precompiles`.

import { devGenesis } from '../../genesis/devGenesis.ts';
import { parseGenesis } from '../../genesis/parseGenesis.ts';
import { precompiles as registry } from '../../precompiles/registry.ts';
import { bytesToHex } from '../../primitives/bytes.ts';
import { checksumAddress } from '../../primitives/checksum.ts';
import { cryptoBackends } from '../../primitives/crypto/backends.ts';
import { openHome } from '../home.ts';
import { print, printJson, printTable } from '../output.ts';
import { VERSION } from '../version.ts';

export async function version(options: { readonly json?: boolean }): Promise<number> {
  const facts = {
    gnomon: VERSION,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    crypto: cryptoBackends(),
  };
  if (options.json === true) printJson(facts);
  else {
    print(`gnomon ${facts.gnomon}`);
    printTable([
      ['node', facts.node],
      ['platform', facts.platform],
      ...Object.entries(facts.crypto).map(([name, backend]) => [name, String(backend)] as const),
    ]);
  }
  return 0;
}

/** Those of a home's chain, or, without one, of a new dev chain. */
export async function precompiles(options: { readonly home?: string; readonly json?: boolean }): Promise<number> {
  const spec = options.home === undefined ? parseGenesis(devGenesis()) : openHome(options.home).spec;
  const rules = spec.gnomon?.precompiles ?? [];
  const newest = rules.reduce((latest, rule) => (rule.timestampSeconds > latest ? rule.timestampSeconds : latest), 0n);
  const described = spec.gnomon === undefined ? [] : registry.describe(rules, newest);
  if (options.json === true) {
    printJson(described.map((item) => ({ ...item, address: bytesToHex(item.address) })));
    return 0;
  }
  if (described.length === 0) print('This is a plain Ethereum chain: it has no native contracts of Gnomon.');
  for (const { name, address, version: rulesVersion, activationTimestampSeconds, gas } of described) {
    print(`${checksumAddress(address)}  ${name} v${rulesVersion}  since ${activationTimestampSeconds}`);
    printTable(Object.entries(gas).map(([signature, amount]) => [`  ${signature}`, amount.toString()] as const));
  }
  return 0;
}
