// The thread in which a target runs, so that the main thread can end one that hangs or takes too much memory and still
// knows its last input.
import { parentPort, workerData } from 'node:worker_threads';
import { noteInput, type WorkerInput, type WorkerMessage } from './protocol.ts';
import { runTarget } from './runner.ts';
import { targetByName } from './targets.ts';

const { name, seed, milliseconds, memory } = workerData as WorkerInput;

function send(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

const report = await runTarget(targetByName(name), {
  seed,
  milliseconds,
  onInput: (input) => noteInput(memory, input),
  onFinding: (finding) => send({ kind: 'finding', finding }),
});
send({ kind: 'report', report });
// Whatever a target left open must not keep the thread alive.
parentPort?.close();
