// Questions: balances, calls and logs.
import { bytesToHex } from '../../primitives/bytes.ts';
import { headNumber } from '../harness/inclusion.ts';
import type { Peer } from '../harness/peers.ts';
import { processUsage } from '../harness/processUsage.ts';
import { RpcClient, requestBodies, sendLoad } from '../harness/rpcClient.ts';
import { presign } from '../harness/senders.ts';
import type { RunningServer } from '../harness/server.ts';
import { compare, type Round } from '../report/comparison.ts';
import { runRounds, type Suite, type SuiteContext } from '../suite.ts';
import { balanceOfData, deployContracts, TOKEN_TRANSFER_GAS, tokenTransferData } from './contracts.ts';
import { presignInTurns, SENDERS } from './preparation.ts';
import { type LoadShape, runTransactionLoad } from './transactionLoad.ts';
import { BATCHES } from './transfers.ts';

const SINGLES: LoadShape = { batchSize: 1, connectionCount: 16 };
/** Token transfers before the questions: the logs that are searched. */
const LOGS = 1_000;

interface Question {
  readonly key: string;
  readonly says: string;
  readonly method: string;
  readonly shape: LoadShape;
  /** As a part of the run's number of questions. */
  readonly share: number;
  params(index: number): readonly unknown[];
}

/** What is asked of a chain with the contracts on it. */
function questions(token: string, small: string): Question[] {
  const sender = (index: number) => SENDERS[index % SENDERS.length]?.address ?? SENDERS[0]!.address;
  const from = bytesToHex(sender(0));
  const balance = (index: number) => [bytesToHex(sender(index)), 'latest'];
  const balanceOf = (index: number) => [{ from, to: token, data: balanceOfData(sender(index)) }, 'latest'];
  const topic = (index: number) => `0x${bytesToHex(sender(index)).slice(2).padStart(64, '0')}`;
  const logs = (index: number) => [
    { address: token, topics: [null, topic(index)], fromBlock: '0x0', toBlock: 'latest' },
  ];
  const allLogs = () => [{ address: token, fromBlock: '0x0', toBlock: 'latest' }];
  const small8 = () => [{ from, to: small, data: '0x' }, 'latest'];
  const ask = (
    key: string,
    says: string,
    method: string,
    shape: LoadShape,
    share: number,
    params: Question['params'],
  ) => ({ key, says, method, shape, share, params });
  return [
    ask('chainId', 'eth_chainId', 'eth_chainId', SINGLES, 1, () => []),
    ask('balance', 'eth_getBalance', 'eth_getBalance', SINGLES, 1, balance),
    ask('balanceBatch', 'eth_getBalance, in batches', 'eth_getBalance', BATCHES, 4, balance),
    ask('smallCall', 'eth_call, 9 instructions', 'eth_call', SINGLES, 0.5, small8),
    ask('balanceOf', 'eth_call, balanceOf', 'eth_call', SINGLES, 0.5, balanceOf),
    ask('balanceOfBatch', 'eth_call, balanceOf, in batches', 'eth_call', BATCHES, 0.5, balanceOf),
    ask('logsOfOne', `eth_getLogs, some ${LOGS / SENDERS.length + 1} of ${LOGS}`, 'eth_getLogs', SINGLES, 0.1, logs),
    ask('logsOfAll', `eth_getLogs, ${LOGS}`, 'eth_getLogs', SINGLES, 0.01, allLogs),
  ];
}

async function runRound(server: RunningServer, peer: Peer, count: number): Promise<Round> {
  const { token, small } = await deployContracts(server, peer);
  const transfers = presignInTurns(LOGS, 0, (sender, next, nonce) =>
    presign(peer.chainId, sender, {
      nonce,
      to: token,
      data: tokenTransferData(next.address),
      gasLimit: TOKEN_TRANSFER_GAS,
    }),
  );
  await runTransactionLoad(server, transfers, BATCHES);
  const round: Record<string, number> = {};
  for (const question of questions(bytesToHex(token), bytesToHex(small))) {
    const { shape, method, share } = question;
    const size = Math.ceil((count * share) / shape.batchSize) * shape.batchSize;
    const ask = (requests: number) => requestBodies(requests, shape.batchSize, (i) => [method, question.params(i)]);
    await sendLoad(server.url, ask(Math.ceil(size / 4)), shape.connectionCount);
    const before = processUsage(server.pid).cpuSeconds;
    const load = await sendLoad(server.url, ask(size), shape.connectionCount);
    if (load.succeeded !== size)
      throw new Error(`${server.name}, ${question.says}: ${load.succeeded} of ${size} answered; ${load.firstError}`);
    round[`${question.key}.perSecond`] = (size / load.milliseconds) * 1000;
    round[`${question.key}.serverCpuMicroseconds`] = ((processUsage(server.pid).cpuSeconds - before) * 1e6) / size;
  }
  const client = new RpcClient(server.url);
  round['blocks'] = await headNumber(client);
  client.close();
  return round;
}

async function run(context: SuiteContext) {
  const count = context.isQuick ? 4_000 : 20_000;
  const rounds = await runRounds(context, 'reads', { blockTimeSeconds: 1 }, (server, peer) =>
    runRound(server, peer, count),
  );
  const labels = questions('', '').flatMap(({ key, says }) => [
    [`${key}.perSecond`, `${says}: per second`],
    [`${key}.serverCpuMicroseconds`, `${says}: server CPU, µs each`],
  ]);
  const { table, figures } = compare({
    title: 'Questions',
    notes: [
      `On a chain with ${SENDERS.length} accounts and ${LOGS} token transfers that goes on making empty blocks; ` +
        `${SINGLES.connectionCount} connections, or batches of ${BATCHES.batchSize} with ${BATCHES.connectionCount} under way.`,
    ],
    prefix: 'reads',
    labels: Object.fromEntries(labels) as Record<string, string>,
    rounds,
  });
  return { tables: [table], figures };
}

export const reads: Suite = {
  name: 'reads',
  says: 'eth_getBalance, eth_call and eth_getLogs, one by one and in batches',
  run,
};
