// Recovers the senders of arriving transactions, and the authorities of their authorizations (EIP-7702), in worker threads.
// Recovery is most of what a transfer costs, so it is kept off the main thread: whatever arrived in one turn of the event loop travels together, and the main thread helps only
// when every worker has enough to do.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { ChainError, messageOf } from '../../primitives/errors.ts';
import { authorizationSigningHash, keepAuthority, mayHaveAuthority, recoverAuthority } from '../block/authorization.ts';
import { recoverSender, unrecoverable, withSender } from '../block/transaction.ts';
import type { Authorization, SignedTransaction, Transaction } from '../block/types.ts';
import { packRequests, type RecoveryRequest, unpackAnswer } from './senderRecoveryPacking.ts';

/**
 * Signatures of a batch; the last transaction in it may exceed that. Larger batches gain nothing (1.4 µs of the main thread
 * per signature at 128, 3.3 at 16) and delay their first answer.
 */
export const RECOVERY_BATCH_MAX = 128;
/** One batch in work and one waiting keep a worker busy without hoarding what the others could take. */
const BATCHES_PER_WORKER_MAX = 2;
/** A message costs both threads some 20 µs: a busy worker gets its next batch when that many wait, or when it is done. */
const NEXT_BATCH_MIN = 32;
/** What the main thread recovers in one turn when all workers are busy: about a millisecond. */
const MAIN_CHUNK = 16;

export interface SenderRecoveryOptions {
  /** Threads to use; by default one fewer than there are cores, at least 1. With 0 everything runs on the main thread. */
  readonly workerCount?: number | undefined;
  /** The compiled worker; by default the one beside this module. */
  readonly workerUrl?: URL | undefined;
  /** Told in plain words when recovery falls back to the main thread. */
  readonly log?: ((message: string) => void) | undefined;
}

interface Job {
  readonly transaction: Transaction;
  /** Authorizations that a thread recovers with the sender. */
  readonly authorizations: readonly Authorization[];
  readonly resolve: (transaction: SignedTransaction) => void;
  readonly reject: (error: unknown) => void;
}

/** What a job asks of a thread, in the order in which the answers are read. */
function requestsOf({ transaction, authorizations }: Job): RecoveryRequest[] {
  const requests: RecoveryRequest[] = [transaction];
  for (const authorization of authorizations) {
    const { r, s, yParity } = authorization;
    requests.push({ r, s, yParity: Number(yParity), signingHash: authorizationSigningHash(authorization) });
  }
  return requests;
}

function signaturesOf(job: Job | undefined): number {
  return job === undefined ? 0 : 1 + job.authorizations.length;
}

interface Thread {
  readonly worker: Worker;
  /** Batches that were sent and not yet answered, in order. */
  readonly sent: Job[][];
}

/**
 * The compiled worker. Beside this module when that is compiled itself; when it runs from source (in tests), in dist/ if the
 * project has been built, because threads of Node 20 cannot load TypeScript.
 */
export function recoveryWorkerUrl(): URL | undefined {
  const beside = new URL('./senderRecoveryWorker.js', import.meta.url);
  if (existsSync(beside)) return beside;
  const built = new URL('../../dist/node/txpool/senderRecoveryWorker.js', import.meta.url);
  return existsSync(built) ? built : undefined;
}

export class SenderRecovery {
  readonly #options: SenderRecoveryOptions;
  readonly #threads: Thread[] = [];
  #started = false;
  #queue: Job[] = [];
  /** Signatures in the queue. */
  #waiting = 0;
  #flushing = false;
  #pending = 0;
  #closed = false;
  #idle: (() => void) | undefined;

  constructor(options: SenderRecoveryOptions = {}) {
    this.#options = options;
  }

  /** Threads at work; 0 before the first batch and when recovery runs on the main thread. */
  get threadCount(): number {
    return this.#threads.length;
  }

  /**
   * The transaction with its sender. `recoverAuthority` answers for its authorizations at no cost from then on.
   * @throws ChainError `INVALID_SIGNATURE` when no key can have signed, `RECOVERY_CLOSED` after `close`
   */
  recover(transaction: Transaction): Promise<SignedTransaction> {
    if (this.#closed)
      return Promise.reject(new ChainError('RECOVERY_CLOSED', 'the node is shutting down: no transaction is accepted'));
    return new Promise((resolve, reject) => {
      this.#pending++;
      const authorizations = transaction.authorizationList.filter(mayHaveAuthority);
      this.#queue.push({ transaction, authorizations, resolve, reject });
      this.#waiting += 1 + authorizations.length;
      this.#scheduleFlush();
    });
  }

  /** Finishes what was accepted, then stops the threads. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await Promise.all(this.#threads.splice(0).map(({ worker }) => worker.terminate()));
  }

  #scheduleFlush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  #flush(): void {
    // A lone signature with nobody waiting is answered sooner here than by a round trip to a thread.
    if (this.#waiting === 1 && this.#pending === 1) this.#recoverHere(1);
    if (this.#queue.length === 0) return;
    this.#startThreads();
    while (this.#queue.length > 0) {
      const thread = this.#leastBusyThread();
      const batchesSent = thread?.sent.length ?? BATCHES_PER_WORKER_MAX;
      // Whoever waits is sent when the worker answers.
      if (thread !== undefined && batchesSent > 0 && this.#waiting < NEXT_BATCH_MIN) return;
      if (thread === undefined || batchesSent === BATCHES_PER_WORKER_MAX) {
        this.#recoverHere(MAIN_CHUNK);
        if (this.#queue.length > 0) this.#scheduleFlush();
        return;
      }
      this.#send(thread, this.#take(RECOVERY_BATCH_MAX));
    }
  }

  /** Jobs from the head of the queue until they have so many signatures. */
  #take(signatures: number): Job[] {
    let count = 0;
    let taken = 0;
    for (; count < this.#queue.length && taken < signatures; count++) taken += signaturesOf(this.#queue[count]);
    this.#waiting -= taken;
    return this.#queue.splice(0, count);
  }

  #leastBusyThread(): Thread | undefined {
    let best: Thread | undefined;
    for (const thread of this.#threads) if (best === undefined || thread.sent.length < best.sent.length) best = thread;
    return best;
  }

  #send(thread: Thread, batch: Job[]): void {
    const packed = packRequests(batch.flatMap(requestsOf));
    if (thread.sent.length === 0) thread.worker.ref();
    thread.sent.push(batch);
    thread.worker.postMessage(packed.buffer, [packed.buffer]);
  }

  #recoverHere(signatures: number): void {
    for (const job of this.#take(signatures)) {
      try {
        for (const authorization of job.authorizations) recoverAuthority(authorization);
        job.resolve(withSender(job.transaction, recoverSender(job.transaction)));
      } catch (error) {
        job.reject(error);
      }
      this.#settled();
    }
  }

  #settled(): void {
    this.#pending--;
    if (this.#pending === 0) this.#idle?.();
  }

  /** Threads start with the first batch: a node that sees few transactions never pays for them. */
  #startThreads(): void {
    if (this.#started) return;
    this.#started = true;
    const count = this.#options.workerCount ?? Math.max(1, availableParallelism() - 1);
    const url = this.#options.workerUrl ?? recoveryWorkerUrl();
    if (count > 0 && url === undefined) {
      this.#options.log?.(
        'senders are recovered on the main thread: the compiled worker is missing, build the project',
      );
      return;
    }
    for (let i = 0; i < count && url !== undefined; i++) this.#startThread(url);
  }

  #startThread(url: URL): void {
    const worker = new Worker(url);
    const thread: Thread = { worker, sent: [] };
    // Does not keep the process alive unless a batch is out.
    worker.unref();
    worker.on('message', (answers: ArrayBuffer) => this.#receive(thread, new Uint8Array(answers)));
    worker.on('error', (error) => this.#retire(thread, messageOf(error)));
    worker.on('exit', (code) => this.#retire(thread, `it exited with code ${code}`));
    this.#threads.push(thread);
  }

  #receive(thread: Thread, answers: Uint8Array): void {
    let index = 0;
    for (const { transaction, authorizations, resolve, reject } of thread.sent.shift() ?? []) {
      const sender = unpackAnswer(answers, index++);
      for (const authorization of authorizations) keepAuthority(authorization, unpackAnswer(answers, index++));
      if (sender === undefined) reject(unrecoverable());
      else resolve(withSender(transaction, sender));
      this.#settled();
    }
    if (this.#queue.length > 0) this.#flush();
    if (thread.sent.length === 0) thread.worker.unref();
  }

  /** A thread that died gives its batches back; the others and the main thread take over. */
  #retire(thread: Thread, reason: string): void {
    const index = this.#threads.indexOf(thread);
    if (index < 0) return;
    this.#threads.splice(index, 1);
    this.#options.log?.(`a recovery thread died (${reason}); ${this.#threads.length} left, the main thread takes over`);
    const returned = thread.sent.splice(0).flat();
    for (const job of returned) this.#waiting += signaturesOf(job);
    this.#queue = [...returned, ...this.#queue];
    if (this.#queue.length > 0) this.#scheduleFlush();
  }
}
