import { parentPort } from 'node:worker_threads';
import { recoverBatch } from './recoverBatch.ts';

// One thread of the RecoverPool: packed signatures in, packed addresses out. Threads share nothing.
parentPort?.on('message', (items: Uint8Array) => {
  const answers = recoverBatch(items);
  parentPort?.postMessage(answers, [answers.buffer]);
});
