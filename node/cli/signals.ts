import { progress } from './output.ts';

/** npm passes a Ctrl-C on that the terminal has sent to us already: what follows at once is the same one. */
const SAME_MS = 1_000;

/**
 * Aborts the returned signal on the first SIGINT or SIGTERM; the second ends the process at once with 130 (what is on disk is
 * consistent at any moment). `release` takes the handlers off.
 */
export function stopSignal(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let firstAtMs = 0;
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      if (performance.now() - firstAtMs > SAME_MS) process.exit(130);
      return;
    }
    firstAtMs = performance.now();
    progress(`${name}: stopping (again to stop at once)`);
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
