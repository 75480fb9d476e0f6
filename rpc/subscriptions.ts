// eth_subscribe: what is pushed over WebSocket connections. Each event is turned into JSON once, for all its subscribers, and
// the logs of a block, which may be a million notifications, go out in turns.
import type { NodeApi } from '../node/api.ts';
import type { SignedTransaction } from '../node/block/types.ts';
import type { CommittedBlock, LocatedLog, LogFilter } from '../node/chain/chainReader.ts';
import { bytesToHex } from '../primitives/bytes.ts';
import type { Hex } from '../primitives/types.ts';
import { RPC_CODES, RpcError } from './errors.ts';
import { randomId } from './filters.ts';
import type { RpcLimits } from './limits.ts';
import { bloomMayMatch, matchesLog } from './logQueries.ts';
import { PacedWork } from './pacedWork.ts';
import { headerJson } from './serialize/block.ts';
import { locateLogs, logJson } from './serialize/receipt.ts';
import { transactionJson } from './serialize/transaction.ts';

export type Subscription =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly filter: LogFilter }
  | { readonly kind: 'newPendingTransactions'; readonly whole: boolean };

/** One message of a connection, as the methods see it. */
export interface Subscriber {
  /** @throws RpcError -32005 when the connection has too many subscriptions */
  subscribe(subscription: Subscription): Hex;
  unsubscribe(id: string): boolean;
}

/** The other end of a connection. */
export interface Client {
  send(json: string): void;
  /** Ends the connection: the client cannot be told what it subscribed to. */
  cut(): void;
}

interface Entry {
  readonly id: Hex;
  readonly subscription: Subscription;
  readonly client: Client;
  /** Notifications held until the client has been told the identifier. */
  held: string[] | undefined;
}

/** The subscriptions of one connection. */
export class Connection {
  readonly #hub: Subscriptions;
  readonly #client: Client;
  readonly #entries = new Map<string, Entry>();

  constructor(hub: Subscriptions, client: Client) {
    this.#hub = hub;
    this.#client = client;
  }

  /** The view of one incoming message. `release` is called once its answer has been sent. */
  begin(): Subscriber & { release(): void } {
    const created: Entry[] = [];
    return {
      subscribe: (subscription) => {
        if (this.#entries.size >= this.#hub.limits.subscriptionsMax)
          throw new RpcError(
            RPC_CODES.limitExceeded,
            `this connection has ${this.#hub.limits.subscriptionsMax} subscriptions already; end some with eth_unsubscribe`,
          );
        this.#hub.requireRoom(subscription);
        const entry: Entry = { id: randomId(), subscription, client: this.#client, held: [] };
        this.#entries.set(entry.id, entry);
        this.#hub.add(entry);
        created.push(entry);
        return entry.id;
      },
      unsubscribe: (id) => {
        const entry = this.#entries.get(id);
        if (entry === undefined) return false;
        this.#entries.delete(id);
        this.#hub.remove(entry);
        return true;
      },
      release: () => {
        for (const entry of created) {
          for (const json of entry.held ?? []) entry.client.send(json);
          entry.held = undefined;
        }
      },
    };
  }

  close(): void {
    for (const entry of this.#entries.values()) this.#hub.remove(entry);
    this.#entries.clear();
  }
}

/** All subscriptions of a server. */
export class Subscriptions {
  readonly limits: RpcLimits;
  readonly #entries = { newHeads: new Set<Entry>(), logs: new Set<Entry>(), newPendingTransactions: new Set<Entry>() };
  readonly #endListening: readonly (() => void)[];
  readonly #logWork: PacedWork;

  constructor(node: NodeApi, limits: RpcLimits) {
    this.limits = limits;
    this.#logWork = new PacedWork(limits.turnMsMax, limits.logNotificationBlocksMax);
    this.#endListening = [
      node.chain.onCommit((committed) => this.#onCommit(committed)),
      node.chain.onRollback((removed) => this.#sendLogs(removed, true)),
      node.pool.onPending((transaction) => this.#onPending(transaction)),
    ];
  }

  connect(client: Client): Connection {
    return new Connection(this, client);
  }

  /** @throws RpcError -32005 when all clients together have too many subscriptions of this kind */
  requireRoom({ kind }: Subscription): void {
    const { headSubscriptionsMax, logSubscriptionsMax, pendingSubscriptionsMax } = this.limits;
    const countMax = {
      newHeads: headSubscriptionsMax,
      logs: logSubscriptionsMax,
      newPendingTransactions: pendingSubscriptionsMax,
    }[kind];
    if (this.#entries[kind].size >= countMax)
      throw new RpcError(
        RPC_CODES.limitExceeded,
        `the clients of this node have ${countMax} subscriptions to ${kind} already; poll with a filter, or try again later`,
      );
  }

  add(entry: Entry): void {
    this.#entries[entry.subscription.kind].add(entry);
  }

  remove(entry: Entry): void {
    this.#entries[entry.subscription.kind].delete(entry);
  }

  close(): void {
    for (const end of this.#endListening) end();
    this.#logWork.clear();
  }

  #onCommit(committed: CommittedBlock): void {
    if (this.#entries.newHeads.size > 0) {
      const json = headerJson(committed.block);
      for (const entry of this.#entries.newHeads) notify(entry, json);
    }
    this.#sendLogs(committed, false);
  }

  #sendLogs({ block, receipts }: CommittedBlock, removed: boolean): void {
    if (this.#entries.logs.size === 0) return;
    const located = locateLogs(block, receipts);
    if (located.length === 0) return;
    const entries = [...this.#entries.logs].filter((entry) => bloomMayMatch(filterOf(entry), block.header.logsBloom));
    if (entries.length === 0) return;
    this.#logWork.add({
      steps: this.#tellLogs(entries, located, removed),
      abandon: () => {
        for (const entry of entries) if (this.#entries.logs.has(entry)) entry.client.cut();
      },
    });
  }

  /** Log by log, so that no client gets much at once; the text of a log is shared by all and then forgotten. */
  *#tellLogs(entries: readonly Entry[], located: readonly LocatedLog[], removed: boolean): Generator<void> {
    for (const one of located) {
      let json: string | undefined;
      for (const entry of entries) {
        if (this.#entries.logs.has(entry) && matchesLog(filterOf(entry), one.log)) {
          json ??= logJson(one, removed);
          notify(entry, json);
        }
        yield;
      }
    }
  }

  #onPending(transaction: SignedTransaction): void {
    if (this.#entries.newPendingTransactions.size === 0) return;
    const hash = JSON.stringify(bytesToHex(transaction.hash));
    let whole: string | undefined;
    for (const entry of this.#entries.newPendingTransactions) {
      if (entry.subscription.kind !== 'newPendingTransactions') continue;
      if (entry.subscription.whole) whole ??= transactionJson(transaction, undefined);
      notify(entry, entry.subscription.whole && whole !== undefined ? whole : hash);
    }
  }
}

const EVERY_LOG: LogFilter = { addresses: [], topics: [] };

function filterOf({ subscription }: Entry): LogFilter {
  return subscription.kind === 'logs' ? subscription.filter : EVERY_LOG;
}

function notify(entry: Entry, result: string): void {
  const json = `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${entry.id}","result":${result}}}`;
  if (entry.held === undefined) entry.client.send(json);
  else entry.held.push(json);
}
