// ERC-20 transfers in batches: contract execution, storage and logs.
import type { Peer } from '../harness/peers.ts';
import { presign } from '../harness/senders.ts';
import type { RunningServer } from '../harness/server.ts';
import { compare, type Round } from '../report/comparison.ts';
import { runRounds, type Suite, type SuiteContext } from '../suite.ts';
import { deployContracts, TOKEN_TRANSFER_GAS, tokenTransferData } from './contracts.ts';
import { presignInTurns, SENDERS } from './preparation.ts';
import { runTransactionLoad } from './transactionLoad.ts';
import { BATCHES, LOAD_LABELS } from './transfers.ts';

const WARM_UP_COUNT = 1_000;

async function runRound(server: RunningServer, peer: Peer, count: number): Promise<Round> {
  const { token } = await deployContracts(server, peer);
  const transactions = presignInTurns(WARM_UP_COUNT + count, 0, (sender, next, nonce) =>
    presign(peer.chainId, sender, {
      nonce,
      to: token,
      data: tokenTransferData(next.address),
      gasLimit: TOKEN_TRANSFER_GAS,
    }),
  );
  await runTransactionLoad(server, transactions.slice(0, WARM_UP_COUNT), BATCHES);
  return { ...(await runTransactionLoad(server, transactions.slice(WARM_UP_COUNT), BATCHES)) };
}

async function run(context: SuiteContext) {
  const count = Math.ceil(context.transactionCount / 2 / SENDERS.length) * SENDERS.length;
  const rounds = await runRounds(context, 'tokens', { blockTimeSeconds: 1 }, (server, peer) =>
    runRound(server, peer, count),
  );
  const { table, figures } = compare({
    title: 'ERC-20 transfers in batches',
    notes: [
      `${count} token transfers of ${SENDERS.length} senders (bench/contracts/Token.sol, solc optimised), ` +
        `${BATCHES.batchSize} a request, ${BATCHES.connectionCount} requests under way, blocks every second.`,
    ],
    prefix: 'tokens.batches',
    labels: LOAD_LABELS,
    rounds,
  });
  return { tables: [table], figures };
}

export const tokens: Suite = { name: 'tokens', says: 'ERC-20 transfers over JSON-RPC, in batches of 100', run };
