import type { SignedTx } from '../protocol/types.ts';
import { MempoolError } from './errors.ts';

export interface FeePolicyOptions {
  /** Minimum fee of every op, in units of its token, for tokens that are not listed. Default 0. */
  readonly defaultMinFeePerOp?: bigint;
  readonly minFeePerOp?: ReadonlyMap<number, bigint>;
}

const SCALE = 1_000_000n;

/** What an op must pay, and how transactions that pay in different tokens compare. */
export class FeePolicy {
  readonly #default: bigint;
  readonly #byToken: ReadonlyMap<number, bigint>;

  constructor(options: FeePolicyOptions = {}) {
    this.#default = options.defaultMinFeePerOp ?? 0n;
    this.#byToken = options.minFeePerOp ?? new Map();
  }

  minFeePerOp(token: number): bigint {
    return this.#byToken.get(token) ?? this.#default;
  }

  /** @throws MempoolError FEE_TOO_LOW naming the first op that pays too little */
  check(tx: SignedTx, token: number): void {
    const minimum = this.minFeePerOp(token);
    tx.ops.forEach((op, position) => {
      if (op.fee < minimum) throw new MempoolError('FEE_TOO_LOW', { op: position, fee: op.fee, minimum, token });
    });
  }

  /** Average fee an op in millionths of the token's minimum: the minimum is the price at which tokens compare. */
  score(tx: SignedTx, token: number): bigint {
    const minimum = this.minFeePerOp(token);
    return (totalFee(tx) * SCALE) / (BigInt(tx.ops.length) * (minimum > 0n ? minimum : 1n));
  }
}

export function totalFee(tx: SignedTx): bigint {
  return tx.ops.reduce((sum, op) => sum + op.fee, 0n);
}
