/**
 * What calls cost; measured by bench/precompiles.ts, the figures are in README.md. Part of the rules of the chain: a change is a fork.
 */
export const GAS = {
  /** Any call, refused ones too. */
  base: 300n,
  /** A word of calldata. */
  inputWord: 3n,
  /** A word of storage read; the same the second time. */
  read: 2_100n,
  /** A word of storage that was 0. */
  writeNew: 22_100n,
  /** Any other word of storage written. */
  write: 5_000n,
  /** As LOG4 with five words of data. */
  attestedLog: 375n * 5n + 8n * 160n,
  /** Keccak of a commitment and of its list's slot. */
  commitment: 600n,
  poseidonBase: 300n,
  poseidonWord: 200n,
  verify: 6_000n,
  isOnCurve: 100n,
  /** Leaf, signature and the rest of a receipt's check. */
  receipt: 10_000n,
  /** A word of an inclusion proof. */
  receiptProofWord: 800n,
} as const;

/** Thrown by the meter; the call fails with all its gas used. */
export class OutOfGas extends Error {
  override readonly name = 'OutOfGas';
}

export class GasMeter {
  readonly #limit: bigint;
  #used = 0n;

  constructor(limit: bigint) {
    this.#limit = limit;
  }

  get used(): bigint {
    return this.#used;
  }

  /** Comes before the work it pays for. @throws OutOfGas */
  use(amount: bigint): void {
    if (this.#used + amount > this.#limit) throw new OutOfGas();
    this.#used += amount;
  }
}
