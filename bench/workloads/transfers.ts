// Plain transfers, one by one and in batches.
import type { Peer } from '../harness/peers.ts';
import { type PresignedTransaction, presign } from '../harness/senders.ts';
import type { RunningServer } from '../harness/server.ts';
import { type Comparison, compare, type Round } from '../report/comparison.ts';
import { formatNumber } from '../report/table.ts';
import { runRounds, type Suite, type SuiteContext } from '../suite.ts';
import { fundSenders, presignInTurns, SENDERS, TRANSFER_GAS } from './preparation.ts';
import { type LoadShape, runTransactionLoad } from './transactionLoad.ts';

/** Enough for the compilers and caches of every server to settle. */
const WARM_UP_COUNT = 2_000;
export const SINGLES: LoadShape = { batchSize: 1, connectionCount: 32 };
export const BATCHES: LoadShape = { batchSize: 100, connectionCount: 2 };

export const LOAD_LABELS: Comparison['labels'] = {
  includedPerSecond: 'included per second',
  acceptedPerSecond: 'accepted per second',
  serverCpuMicroseconds: 'server CPU, µs each',
  p50Ms: 'answer p50, ms',
  p99Ms: 'answer p99, ms',
  blocks: 'blocks',
  clientCpuMicroseconds: 'client CPU, µs each',
};

interface Loads {
  readonly warmUp: readonly PresignedTransaction[];
  readonly singles: readonly PresignedTransaction[];
  readonly batches: readonly PresignedTransaction[];
}

/** Signed once for a chain id: every round of every server with it gets the same bytes. */
function presignLoads(chainId: bigint, count: number): Loads {
  const perLoad = Math.ceil(count / SENDERS.length);
  const warmUpNonces = WARM_UP_COUNT / SENDERS.length;
  const make = (size: number, firstNonce: number) =>
    presignInTurns(size, firstNonce, (sender, next, nonce) =>
      presign(chainId, sender, { nonce, to: next.address, valueWei: 1n, gasLimit: TRANSFER_GAS }),
    );
  return {
    warmUp: make(WARM_UP_COUNT, 0),
    singles: make(count, warmUpNonces),
    batches: make(count, warmUpNonces + perLoad),
  };
}

/** The figures of a load, named after it. */
function named(prefix: string, figures: Round): [string, number][] {
  return Object.entries(figures).map(([figure, value]) => [`${prefix}.${figure}`, value]);
}

async function runRound(server: RunningServer, peer: Peer, loads: Loads): Promise<Round> {
  await fundSenders(server, peer);
  await runTransactionLoad(server, loads.warmUp.slice(0, WARM_UP_COUNT / 2), SINGLES);
  await runTransactionLoad(server, loads.warmUp.slice(WARM_UP_COUNT / 2), BATCHES);
  const singles = { ...(await runTransactionLoad(server, loads.singles, SINGLES)) };
  const batches = { ...(await runTransactionLoad(server, loads.batches, BATCHES)) };
  return Object.fromEntries([...named('singles', singles), ...named('batches', batches)]);
}

/** The part of each round that belongs to one load. */
function part(rounds: ReadonlyMap<string, readonly Round[]>, prefix: string): Map<string, Round[]> {
  const own = (round: Round) =>
    Object.fromEntries(
      Object.entries(round).flatMap(([figure, value]) =>
        figure.startsWith(`${prefix}.`) ? [[figure.slice(prefix.length + 1), value]] : [],
      ),
    );
  return new Map([...rounds].map(([server, each]) => [server, each.map(own)]));
}

async function run(context: SuiteContext) {
  const count = Math.ceil(context.transactionCount / SENDERS.length) * SENDERS.length;
  const signed = new Map<bigint, Loads>();
  const rounds = await runRounds(context, 'transfers', { blockTimeSeconds: 1 }, (server, peer) => {
    const loads = signed.get(peer.chainId) ?? presignLoads(peer.chainId, count);
    signed.set(peer.chainId, loads);
    return runRound(server, peer, loads);
  });
  const sizes = `${formatNumber(count)} transfers of ${SENDERS.length} senders, blocks every second`;
  const results = [
    compare({
      title: 'Transfers one by one',
      notes: [`${sizes}; one transfer a request, ${SINGLES.connectionCount} connections.`],
      prefix: 'transfers.singles',
      labels: LOAD_LABELS,
      rounds: part(rounds, 'singles'),
    }),
    compare({
      title: 'Transfers in batches',
      notes: [`${sizes}; ${BATCHES.batchSize} transfers a request, ${BATCHES.connectionCount} requests under way.`],
      prefix: 'transfers.batches',
      labels: LOAD_LABELS,
      rounds: part(rounds, 'batches'),
    }),
  ];
  return {
    tables: results.map(({ table }) => table),
    figures: Object.assign({}, ...results.map(({ figures }) => figures)) as Record<string, number>,
  };
}

export const transfers: Suite = {
  name: 'transfers',
  says: 'transfers over JSON-RPC, one by one and in batches of 100, until they are in blocks',
  run,
};
