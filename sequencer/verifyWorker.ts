import { parentPort } from 'node:worker_threads';
import type { SignatureItem } from '../protocol/applyBatch.ts';
import { verifyMany } from '../protocol/crypto/eddsa.ts';

// One thread of the VerifyPool: a list of signatures in, a list of verdicts out. Threads share nothing.
parentPort?.on('message', (items: readonly SignatureItem[]) => {
  parentPort?.postMessage(verifyMany(items));
});
