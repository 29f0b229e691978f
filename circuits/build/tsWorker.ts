import { Worker } from 'node:worker_threads';

/**
 * Starts a TypeScript file as a worker thread whatever runs the parent (tsx, vitest, plain node): Node 20 cannot
 * strip types, and loaders of the parent are not inherited reliably.
 */
export function tsWorker(file: URL, workerData: unknown): Worker {
  return new Worker(new URL('./tsWorker.mjs', import.meta.url), { execArgv: [], argv: [file.href], workerData });
}
