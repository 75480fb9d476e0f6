// What the parts of a node tell about themselves: chain, pool, state. Everything is read when it is asked for; the few things
// that happen between two scrapes are counted by the listeners here.
import { bytesToHex } from '../../primitives/bytes.ts';
import type { Chain } from '../chain/chain.ts';
import type { TxPool } from '../txpool/txPool.ts';
import { type Metric, type PlainMetric, single } from './metric.ts';

/** Counts what the chain did since the start. */
export function chainMetrics(chain: Chain, nextBaseFee: () => bigint | undefined): readonly Metric[] {
  let blocks = 0;
  let transactions = 0;
  let gasUsed = 0n;
  let rolledBack = 0;
  chain.onCommit(({ block }) => {
    blocks++;
    transactions += block.transactions.length;
    gasUsed += block.header.gasUsed;
  });
  chain.onRollback(() => {
    rolledBack++;
  });
  const header = () => chain.head.header;
  const { chainId, specHash } = chain.spec;
  return [
    {
      name: 'gnomon_chain_info',
      kind: 'gauge',
      help: 'The chain of this node; always 1.',
      labels: ['chain_id', 'genesis_hash', 'spec_hash'],
      read: () => [{ labels: [chainId.toString(), bytesToHex(chain.genesisHash), bytesToHex(specHash)], value: 1 }],
    },
    single('gauge', 'gnomon_chain_head_block', 'Number of the newest block.', () => header().number),
    single(
      'gauge',
      'gnomon_chain_head_timestamp_seconds',
      'Time of the newest block.',
      () => header().timestampSeconds,
    ),
    single('gauge', 'gnomon_chain_head_gas_used', 'Gas used by the newest block.', () => header().gasUsed),
    single('gauge', 'gnomon_chain_head_gas_limit', 'Gas limit of the newest block.', () => header().gasLimit),
    single(
      'gauge',
      'gnomon_chain_next_base_fee_wei',
      'Base fee of the next block; 0 before London.',
      () => nextBaseFee() ?? 0n,
    ),
    single('counter', 'gnomon_chain_blocks_total', 'Blocks committed.', () => blocks),
    single('counter', 'gnomon_chain_transactions_total', 'Transactions in committed blocks.', () => transactions),
    single('counter', 'gnomon_chain_gas_used_total', 'Gas used by committed blocks.', () => gasUsed),
    single('counter', 'gnomon_chain_rolled_back_blocks_total', 'Blocks taken back.', () => rolledBack),
  ];
}

/** Submissions and refusals are counted where transactions come in: {@link RefusalCounter}. */
export function poolMetrics(pool: TxPool, refusals: RefusalCounter): readonly Metric[] {
  return [
    {
      name: 'gnomon_txpool_transactions',
      kind: 'gauge',
      help: 'Transactions that could be in the next block (pending) and that wait for a nonce, funds or lower fees (queued).',
      labels: ['state'],
      read: () => Object.entries(pool.counts()).map(([state, value]) => ({ labels: [state], value })),
    },
    {
      name: 'gnomon_txpool_bytes',
      kind: 'gauge',
      help: 'Bytes of pooled transactions and of blob sidecars.',
      labels: ['part'],
      read: () => {
        const { bytes, sidecarBytes } = pool.sizes();
        return [
          { labels: ['transactions'], value: bytes },
          { labels: ['sidecars'], value: sidecarBytes },
        ];
      },
    },
    single(
      'counter',
      'gnomon_txpool_submitted_total',
      'Raw transactions that were submitted.',
      () => refusals.submitted,
    ),
    {
      name: 'gnomon_txpool_refused_total',
      kind: 'counter',
      help: 'Submitted transactions that were refused, by the code of the refusal.',
      labels: ['reason'],
      read: () => [...refusals.byReason].map(([reason, value]) => ({ labels: [reason], value })),
    },
    single(
      'counter',
      'gnomon_txpool_evicted_total',
      'Transactions that gave way to better ones in a full pool.',
      () => pool.evictedCount,
    ),
  ];
}

/** Counts submitted transactions and why they were refused. Reasons are codes of ours: their number is bounded. */
export class RefusalCounter {
  readonly byReason = new Map<string, number>();
  submitted = 0;

  refused(reason: string): void {
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + 1);
  }
}

export function stateMetrics({ state }: Chain): readonly Metric[] {
  const perCache = (
    kind: PlainMetric['kind'],
    name: string,
    help: string,
    field: 'entries' | 'hits' | 'misses',
  ): Metric => ({
    name,
    kind,
    help,
    labels: ['cache'],
    read: () => Object.entries(state.cache.usage()).map(([cache, usage]) => ({ labels: [cache], value: usage[field] })),
  });
  return [
    perCache('gauge', 'gnomon_state_cache_entries', 'Decoded records of the newest state in memory.', 'entries'),
    perCache('counter', 'gnomon_state_cache_hits_total', 'Reads that the cache answered.', 'hits'),
    perCache('counter', 'gnomon_state_cache_misses_total', 'Reads that went to the database.', 'misses'),
    {
      name: 'gnomon_state_trie_nodes',
      kind: 'gauge',
      help: 'Trie nodes in memory.',
      labels: ['trie'],
      read: () => {
        const { accounts, storage } = state.residentTrieNodes();
        return [
          { labels: ['accounts'], value: accounts },
          { labels: ['storage'], value: storage },
        ];
      },
    },
  ];
}
