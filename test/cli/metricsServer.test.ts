// /metrics of a real node, read as a scraper reads it.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type MetricsServer, serveMetrics, startMetricsServer } from '../../cli/metricsServer.ts';
import { databaseMetrics } from '../../cli/processMetrics.ts';
import { DEV_ACCOUNTS } from '../../genesis/devGenesis.ts';
import { EXPOSITION_TYPE, expose } from '../../node/metrics/metric.ts';
import { bytesToHex, parseAddress } from '../../primitives/bytes.ts';
import type { Address } from '../../primitives/types.ts';
import { type DevNode, startDevNode } from '../helpers/devNode.ts';
import { parseExposition } from '../helpers/exposition.ts';
import { signCall } from '../helpers/signCall.ts';

const [ALICE, BOB] = DEV_ACCOUNTS;
const KEY = ALICE?.privateKey ?? new Uint8Array(32);
const DEVICE_DID = parseAddress('0x0000000000000000000000000000000000000d01');
/** Stores one byte of code: PUSH1 1, PUSH1 31, RETURN. */
const CREATION = Uint8Array.of(0x60, 0x01, 0x60, 0x1f, 0xf3);

let dev: DevNode;
let server: MetricsServer;
const warnings: string[] = [];
const warn = (message: string) => warnings.push(message);

async function rpc(method: string, ...params: unknown[]): Promise<unknown> {
  const response = await fetch(dev.rpc.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return ((await response.json()) as { result?: unknown }).result;
}

/** All samples by name and labels. */
async function scrape(): Promise<(sample: string) => number> {
  const response = await fetch(server.url);
  expect(response.headers.get('content-type')).toBe(EXPOSITION_TYPE);
  const families = parseExposition(await response.text());
  const samples = new Map([...families.values()].flatMap((family) => [...family.samples]));
  return (sample) => samples.get(sample) ?? 0;
}

beforeAll(async () => {
  dev = await startDevNode({ kind: 'instant' }, { measures: true });
  server = await serveMetrics(dev.node, dev.rpc, undefined, { host: '127.0.0.1', port: 0, warn });
});

afterAll(async () => {
  await server.close();
  await dev.stop();
});

describe('/metrics of a running node', () => {
  it('moves with what the node does, and with nothing else', async () => {
    const then = await scrape();
    const transfer = signCall(KEY, { to: BOB?.address as Address, value: 1n });
    await rpc('eth_sendRawTransactionSync', bytesToHex(transfer));
    await rpc(
      'eth_sendRawTransactionSync',
      bytesToHex(signCall(KEY, { nonce: 1n, to: DEVICE_DID, gasLimit: 100_000n, data: Uint8Array.of(1, 2, 3, 4) })),
    );
    await rpc(
      'eth_sendRawTransactionSync',
      bytesToHex(signCall(KEY, { nonce: 2n, gasLimit: 100_000n, data: CREATION })),
    );
    await rpc('eth_sendRawTransaction', bytesToHex(signCall(KEY, { nonce: 9n, to: BOB?.address as Address })));
    await rpc('eth_sendRawTransaction', bytesToHex(transfer));
    await rpc('a_methodThatNobodyHas');
    const now = await scrape();

    const moved = (sample: string) => now(sample) - then(sample);
    expect(moved('gnomon_chain_head_block')).toBe(3);
    expect(moved('gnomon_chain_blocks_total')).toBe(3);
    expect(moved('gnomon_chain_transactions_total')).toBe(3);
    expect(moved('gnomon_chain_gas_used_total')).toBeGreaterThan(63_000);
    for (const kind of ['transfer', 'native', 'contract']) {
      expect([kind, moved(`gnomon_execution_seconds_count{kind="${kind}"}`)]).toEqual([kind, 1]);
    }
    expect(moved('gnomon_execution_gas_total{kind="transfer"}')).toBe(21_000);
    expect(moved('gnomon_native_calls_total{contract="DeviceDID",method="unknown",outcome="revert"}')).toBe(1);
    expect(moved('gnomon_native_gas_total{contract="DeviceDID",method="unknown"}')).toBeGreaterThan(0);
    expect(moved('gnomon_consensus_rounds_total')).toBe(3);
    expect(moved('gnomon_consensus_call_seconds_count{call="commit"}')).toBe(3);
    expect(moved('gnomon_txpool_submitted_total')).toBe(5);
    expect(moved('gnomon_txpool_refused_total{reason="NONCE_TOO_LOW"}')).toBe(1);
    expect(moved('gnomon_txpool_transactions{state="queued"}')).toBe(1);
    expect(now('gnomon_txpool_bytes{part="transactions"}')).toBeGreaterThan(100);
    expect(moved('gnomon_rpc_requests_total{method="eth_sendRawTransactionSync"}')).toBe(3);
    expect(moved('gnomon_rpc_errors_total{method="eth_sendRawTransaction"}')).toBe(1);
    expect(moved('gnomon_rpc_requests_total{method="unknown"}')).toBe(1);
    expect(moved('gnomon_rpc_requests_total{method="eth_call"}')).toBe(0);
    expect(now('gnomon_execution_alarms_total{where="interpreter"}')).toBe(0);
    expect(moved('gnomon_state_cache_hits_total{cache="accounts"}')).toBeGreaterThan(0);
    expect(now('process_resident_memory_bytes')).toBeGreaterThan(10 ** 7);
  });

  it('counts blocks that are taken back', async () => {
    const then = await scrape();
    const id = await rpc('evm_snapshot');
    await rpc('evm_mine');
    await rpc('evm_revert', id);
    const now = await scrape();
    expect(now('gnomon_chain_rolled_back_blocks_total') - then('gnomon_chain_rolled_back_blocks_total')).toBe(1);
    expect(now('gnomon_chain_head_block')).toBe(then('gnomon_chain_head_block'));
  });

  it('measures nothing that nobody asked for', async () => {
    const silent = await startDevNode();
    expect(silent.node.metrics).toEqual([]);
    await silent.stop();
  });
});

describe('the metrics server', () => {
  it.each([
    ['POST', '/metrics', 405],
    ['GET', '/', 404],
    ['GET', '/metrics/', 404],
    ['HEAD', '/metrics', 200],
    ['GET', '/metrics?x=1', 200],
    ['GET', '/debug/metrics/prometheus', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    const response = await fetch(new URL(path, server.url), { method });
    await response.text();
    expect(response.status).toBe(status);
  });

  it('answers 500 and warns when a metric cannot be read, and goes on', async () => {
    const broken = await startMetricsServer(databaseMetrics('/nonexistent'), { host: '127.0.0.1', port: 0, warn });
    expect((await fetch(broken.url)).status).toBe(500);
    expect((await fetch(broken.url)).status).toBe(500);
    expect(warnings[0]).toMatch(/^metrics could not be read: ENOENT/);
    await broken.close();
  });

  it('says what to do when its port is taken', async () => {
    const { port } = new URL(server.url);
    await expect(startMetricsServer([], { host: '127.0.0.1', port: Number(port), warn })).rejects.toThrow(
      /^cannot serve metrics on port \d+ of 127\.0\.0\.1 \(EADDRINUSE\): choose another with --metrics\.port/,
    );
  });
});

describe('docs/operate.md', () => {
  it('has every metric with its type and labels, and no other', async () => {
    const text = readFileSync(new URL('../../docs/operate.md', import.meta.url), 'utf8');
    const documented = [...text.matchAll(/^\| `((?:gnomon|process|nodejs)_\w+)`(?: \{([\w, ]+)\})? \| (\w+) \|/gm)].map(
      ([, name, labels = '', type]) => `${name} {${labels}} ${type}`,
    );
    const ofDatabase = parseExposition(await expose(databaseMetrics('.')));
    const served = await (await fetch(server.url)).text();
    const families = new Map([...parseExposition(served), ...ofDatabase]);
    const labelsOf = (samples: ReadonlyMap<string, number>) =>
      [...new Set([...samples.keys()].flatMap((key) => [...key.matchAll(/(\w+)="/g)].map(([, label]) => label)))]
        .filter((label) => label !== 'le')
        .join(', ');
    const real = [...families].map(([name, { type, samples }]) => `${name} {${labelsOf(samples)}} ${type}`);
    expect(documented.sort()).toEqual(real.sort());
  });
});
