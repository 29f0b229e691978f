import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a TypeScript file as a worker thread whatever runs the parent (tsx, vitest, plain node): Node 20 cannot
 * strip types, and loaders of the parent are not inherited reliably.
 */
export function tsWorker(file: URL, workerData: unknown): Worker {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api')).href;
  const boot = `import(${JSON.stringify(tsx)}).then((m) => { (m.register ?? m.default.register)(); return import(${JSON.stringify(file.href)}); })
    .catch((error) => { queueMicrotask(() => { throw error; }); });`;
  return new Worker(boot, { eval: true, execArgv: [], workerData });
}
