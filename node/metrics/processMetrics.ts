import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client';
import type { Health } from '../../sdk/rpcTypes.ts';

export interface ProcessMetrics {
  /** Asked at every scrape. */
  watch(health: () => Pick<Health, 'live' | 'ready'>): void;
}

/** CPU, memory, event loop (prom-client's `process_…` and `nodejs_…`), version and health. */
export function processMetrics(register: Registry): ProcessMetrics {
  const registers = [register];
  collectDefaultMetrics({ register });
  const info = new Gauge({
    name: 'engram_build_info',
    help: '1, with the version as a label',
    labelNames: ['version', 'node'],
    registers,
  });
  info.set({ version: version(), node: process.version }, 1);
  let health: (() => Pick<Health, 'live' | 'ready'>) | undefined;
  const flag = (name: string, help: string, read: () => boolean): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read() ? 1 : 0);
      },
    });
  };
  flag('engram_live', '1: worth keeping (as /health)', () => health?.().live ?? true);
  flag('engram_ready', '1: worth sending requests to (as /health)', () => health?.().ready ?? false);
  return {
    watch: (source) => {
      health = source;
    },
  };
}

function version(): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return manifest.version;
}
