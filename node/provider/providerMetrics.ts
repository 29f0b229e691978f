import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { ProviderMetrics } from '../../agents/provider/providerMetrics.ts';

/** Prometheus metrics of `engram provider`; docs/operations.md lists them. One registry a provider. */
export function providerMetrics(): ProviderMetrics {
  const registry = new Registry();
  const registers = [registry];
  const seconds = new Histogram({
    name: 'engram_provider_inference_seconds',
    help: 'From a request that has arrived to its answer, by whether it was paid, free, or of a voucher answered before',
    labelNames: ['kind'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    registers,
  });
  const refused = new Counter({
    name: 'engram_provider_refused_total',
    help: 'Requests that got no answer, by code',
    labelNames: ['code'],
    registers,
  });
  const claims = new Counter({ name: 'engram_provider_claims_total', help: 'Channels claimed', registers });
  const value = new Counter({
    name: 'engram_provider_claimed_value_total',
    help: 'Base units that claims brought, before fee and royalty',
    registers,
  });
  const failures = new Counter({
    name: 'engram_provider_claim_failures_total',
    help: 'Claims that were refused or lost, by code',
    labelNames: ['code'],
    registers,
  });
  return {
    inference: (kind, duration) => seconds.observe({ kind }, duration),
    refused: (code) => refused.inc({ code }),
    claimed: (channels, amount) => {
      claims.inc(channels);
      value.inc(Number(amount));
    },
    claimFailed: (code) => failures.inc({ code }),
    watch: (now) => {
      new Gauge({
        name: 'engram_provider_unclaimed_value',
        help: 'Base units that vouchers promise and no claim has brought',
        registers,
        collect() {
          this.set(Number(now().unclaimed));
        },
      });
      new Gauge({
        name: 'engram_provider_requests',
        help: 'Requests that run and that wait for a place',
        labelNames: ['state'],
        registers,
        collect() {
          const { running, waiting } = now();
          this.set({ state: 'running' }, running);
          this.set({ state: 'waiting' }, waiting);
        },
      });
      new Gauge({
        name: 'engram_provider_channels',
        help: 'Channels in memory',
        registers,
        collect() {
          this.set(now().channels);
        },
      });
    },
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
