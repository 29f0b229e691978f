export interface EvmPoolOptions {
  /** Of a block. */
  readonly gasLimit: bigint;
  /** The least fee cap that is taken, wei. Default 0. */
  readonly minGasPrice?: bigint;
  /** Default 65,536 transactions. */
  readonly maxTxs?: number;
  /** Default 128 MiB of EIP-2718 bytes. */
  readonly maxBytes?: number;
  /** Default a quarter of `maxTxs`. */
  readonly maxQueued?: number;
  /** Default 4,096. */
  readonly maxPerSender?: number;
  /** Default 256. */
  readonly maxQueuedPerSender?: number;
  /** Default 131,072 bytes. */
  readonly maxTxBytes?: number;
  /**
   * Most gas of one transaction. Default 2^24, EIP-7825's cap: gas says little about time (some precompiles take ten times as long for
   * theirs), and a transaction cannot be interrupted.
   */
  readonly maxTxGas?: bigint;
  /** What no block took in for this long is dropped as STALE. Default 3 hours. */
  readonly lifetimeMs?: number;
}

export function withDefaults(options: EvmPoolOptions): Required<EvmPoolOptions> {
  const maxTxs = options.maxTxs ?? 65_536;
  return {
    minGasPrice: 0n,
    maxTxs,
    maxBytes: 128 * 2 ** 20,
    maxQueued: Math.floor(maxTxs / 4),
    maxPerSender: 4_096,
    maxQueuedPerSender: 256,
    maxTxBytes: 131_072,
    maxTxGas: 2n ** 24n,
    lifetimeMs: 3 * 3_600_000,
    ...options,
  };
}
