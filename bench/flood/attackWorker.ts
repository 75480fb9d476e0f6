// The thread of one attack, so that what the attackers do does not slow the honest client that is measured.
import { parentPort, workerData } from 'node:worker_threads';
import { noOutcomes } from './outcomes.ts';
import { RPC_ATTACKS } from './rpcAttacks.ts';
import { TRANSACTION_ATTACKS } from './transactionAttacks.ts';

export interface AttackOrder {
  readonly name: string;
  readonly url: string;
  readonly milliseconds: number;
}

const { name, url, milliseconds } = workerData as AttackOrder;
const attack = TRANSACTION_ATTACKS[name] ?? RPC_ATTACKS[name];
if (attack === undefined) throw new Error(`no attack ${name}`);
const end = performance.now() + milliseconds;
const outcomes = noOutcomes();
await attack({ url, outcomes, goesOn: () => performance.now() < end, leftMs: () => end - performance.now() });
parentPort?.postMessage(outcomes);
