// eth_*: logs, polling filters and subscriptions.
import type { RpcContext } from '../context.ts';
import { RPC_CODES, RpcError } from '../errors.ts';
import { queryLogs } from '../logQueries.ts';
import { JsonText, type Methods, method, type Session, sessionMethod } from '../method.ts';
import { logFilter, logQuery } from '../params/filter.ts';
import { anything, invalidAt, invalidParams, optional, text } from '../params/values.ts';
import { searchSlots } from '../searchSlots.ts';
import { logsJson } from '../serialize/receipt.ts';
import type { Subscriber, Subscription } from '../subscriptions.ts';

function subscriberOf({ subscriber }: Session): Subscriber {
  if (subscriber !== undefined) return subscriber;
  throw new RpcError(
    RPC_CODES.methodNotSupported,
    'notifications not supported: subscriptions need a WebSocket connection; over HTTP use eth_newFilter and eth_getFilterChanges',
  );
}

function parseSubscription(kind: string, detail: unknown): Subscription {
  const given = detail !== undefined && detail !== null;
  switch (kind) {
    case 'newHeads':
      if (given) throw invalidParams('newHeads takes no further argument');
      return { kind };
    case 'logs':
      return { kind, filter: given ? logFilter(detail, 'argument 1') : { addresses: [], topics: [] } };
    case 'newPendingTransactions':
      if (given && typeof detail !== 'boolean')
        throw invalidAt('argument 1', 'true for whole transactions or false for hashes', detail);
      return { kind, whole: detail === true };
    default:
      throw invalidAt('argument 0', 'newHeads, logs or newPendingTransactions', kind);
  }
}

export function ethLogMethods({ node, limits, filters }: RpcContext): Methods {
  const searches = searchSlots(limits);
  return {
    eth_getLogs: method([logQuery], (query) =>
      searches.run(async () => new JsonText(logsJson(await queryLogs(node.chain, query, limits), false))),
    ),
    eth_newFilter: method([logQuery], (query) => {
      if (query.blockHash !== undefined)
        throw invalidParams('invalid argument 0: a filter cannot be about one blockHash; use eth_getLogs');
      return filters.installLogs(query);
    }),
    eth_newBlockFilter: method([], () => filters.installBlocks()),
    eth_newPendingTransactionFilter: method([], () => filters.installPending()),
    eth_getFilterChanges: method([text], (id) => filters.changes(id)),
    eth_getFilterLogs: method([text], (id) => searches.run(() => filters.logs(id))),
    eth_uninstallFilter: method([text], (id) => filters.uninstall(id)),
    eth_subscribe: sessionMethod([text, optional(anything, undefined)], (session, kind, detail) => {
      const subscriber = subscriberOf(session);
      return subscriber.subscribe(parseSubscription(kind, detail));
    }),
    eth_unsubscribe: sessionMethod([text], (session, id) => subscriberOf(session).unsubscribe(id)),
  };
}
