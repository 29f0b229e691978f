/** Told of everything an operator may want to count; node/provider passes it on to Prometheus. */
export interface ProviderMetrics {
  /** One answer. `repeated`: of a voucher that was answered before; nothing ran. */
  inference(kind: 'paid' | 'free' | 'repeated', seconds: number): void;
  /** A request that got no answer. */
  refused(code: string): void;
  /** Channels and base units of a round of claims. */
  claimed(channels: number, value: bigint): void;
  claimFailed(code: string): void;
  /** Asked at every scrape. To be called once. */
  watch(now: () => ProviderGauges): void;
  readonly contentType: string;
  text(): Promise<string>;
}

export interface ProviderGauges {
  readonly unclaimed: bigint;
  readonly running: number;
  readonly waiting: number;
  readonly channels: number;
}

export const noMetrics: ProviderMetrics = {
  inference: () => undefined,
  refused: () => undefined,
  claimed: () => undefined,
  claimFailed: () => undefined,
  watch: () => undefined,
  contentType: 'text/plain; charset=utf-8',
  text: async () => '',
};
