// The entry of a recovery thread: takes packed batches, returns packed senders, in order.
import { parentPort } from 'node:worker_threads';
import { answerRequests } from './senderRecoveryPacking.ts';

parentPort?.on('message', (batch: ArrayBuffer) => {
  const answers = answerRequests(new Uint8Array(batch));
  parentPort?.postMessage(answers.buffer, [answers.buffer]);
});
