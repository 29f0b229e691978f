/** What the bench and the process that loads it say to each other. */
export interface Payer {
  readonly channel: number;
  readonly model: number;
  readonly providerKey: readonly [string, string];
  readonly domain: string;
  readonly limit: string;
  /** Hex; signs the channel's vouchers. */
  readonly seed: string;
}

export interface Round {
  readonly url: string;
  /** Who asks, one request after the other each. Bare: as many ask without paying. */
  readonly payers: readonly Payer[];
  readonly isPaid: boolean;
  readonly price: string;
  /** Hex. */
  readonly input: string;
  readonly seconds: number;
}

export interface RoundResult {
  readonly answers: number;
  readonly seconds: number;
  /** Milliseconds, sorted. */
  readonly latencies: readonly number[];
  /** Of the loading process, in this round. */
  readonly cpuSeconds: number;
}
