/** Measured on Oracle (genesis/README.md) and rounded up. */
const BASE = 120_000n;
/** Credit of a provider and a look at its account. */
const EACH_OF_QUORUM = 40_000n;
/** EIP-7623: what a byte that is not 0 costs at least, wherever it goes, and once more in the log. */
const OUTPUT_BYTE = 40n + 8n;
/** What Oracle wants to have left around the callback. */
const AROUND_CALLBACK = 20_000n;

/** A commitment, and one more that makes a block in a quiet lane. */
export const COMMIT_GAS = 50_000n;
const MAKE_BLOCK_GAS = 25_000n;

/** Gas that an answer may cost with all that comes before it. */
export function answerCost(answer: Parameters<typeof answerGas>[0]): bigint {
  return answerGas(answer) + (answer.quorum > 1 ? COMMIT_GAS + MAKE_BLOCK_GAS : 0n);
}

/**
 * Gas that is enough for an answer whatever others do meanwhile: an estimate would miss that it may be the one that completes the quorum
 * and pays for the callback. What is not used is not paid.
 */
export function answerGas(answer: {
  readonly outputBytes: number;
  readonly quorum: number;
  readonly callbackGas: number;
}): bigint {
  const callback = BigInt(answer.callbackGas);
  return (
    BASE +
    EACH_OF_QUORUM * BigInt(answer.quorum) +
    OUTPUT_BYTE * BigInt(answer.outputBytes) +
    callback +
    callback / 63n +
    AROUND_CALLBACK
  );
}
