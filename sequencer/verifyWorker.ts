import { parentPort } from 'node:worker_threads';
import type { SignedMessage } from '../protocol/crypto/eddsa.ts';
import { verifyMany } from '../protocol/crypto/eddsa.ts';

// One thread of the VerifyPool: a list of signatures in, a list of verdicts out. Threads share nothing.
parentPort?.on('message', (items: readonly SignedMessage[]) => {
  parentPort?.postMessage(verifyMany(items));
});
