/** What a chart over time is drawn from. Numbers are for drawing only: amounts come scaled to whole tokens. */
export interface TimePoint {
  /** Seconds: where its interval begins. */
  readonly at: number;
  /** By series; not negative. A missing one is a gap. */
  readonly values: Readonly<Record<string, number>>;
}

export interface Series {
  readonly key: string;
  readonly label: string;
  /** Said behind each value: `s`, `ETH`, “transactions”. */
  readonly unit: string;
}

export type ChartKind = 'bar' | 'line';
