import { parentPort } from 'node:worker_threads';
import { ReplayEngine } from './replayEngine.ts';
import { type ReplayAnswer, type ReplayMessage, run } from './replayMessages.ts';

// The thread of ReplayThread: calls in, answers out, in order.
const engine = new ReplayEngine();
parentPort?.on('message', ({ id, call }: ReplayMessage) => {
  let answer: ReplayAnswer;
  try {
    answer = { id, value: run(engine, call) };
  } catch (error) {
    answer = { id, failure: error instanceof Error ? error.message : 'failed' };
  }
  parentPort?.postMessage(answer);
});
