import type { ToPage, ToWorker } from './messages.ts';
import { WorkerSide } from './workerSide.ts';

/** What a dedicated worker's global object has; TypeScript's DOM library describes a window's. */
interface WorkerScope {
  postMessage(message: ToPage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as WorkerScope; // see above
const side = new WorkerSide({
  post: (message) => scope.postMessage(message),
  wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
});
scope.addEventListener('message', ({ data }) => side.onMessage(data));
