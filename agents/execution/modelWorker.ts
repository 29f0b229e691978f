import { parentPort, workerData } from 'node:worker_threads';
import { ExecutionError } from './executionError.ts';
import { BrokenRuntime, Session } from './session.ts';
import type { RunRequest, WorkerAnswer, WorkerSetup } from './workerMessages.ts';

// One thread of a ModelRunner: loads its model, says so, then answers one input after the other.

function answer(message: WorkerAnswer): void {
  if (message.kind === 'output')
    parentPort?.postMessage(message, [message.output.buffer as ArrayBuffer]); // made for this message
  else parentPort?.postMessage(message);
}

function refuse(error: unknown): void {
  const kind = error instanceof BrokenRuntime || !(error instanceof ExecutionError) ? 'broken' : 'refused';
  const refusal =
    error instanceof ExecutionError
      ? { code: error.code, message: error.message.replace(`${error.code}: `, ''), data: error.data }
      : { code: 'RUN_FAILED' as const, message: 'the thread broke', data: { reason: 'crash' } };
  answer({ kind, refusal });
}

try {
  const session = await Session.open(workerData as WorkerSetup); // started by RunnerThread alone
  answer({ kind: 'loaded', loaded: session.loaded });
  parentPort?.on('message', (request: RunRequest) => {
    session.run(request).then((output) => answer({ kind: 'output', output }), refuse);
  });
} catch (error) {
  refuse(error);
}
