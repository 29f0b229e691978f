/**
 * Weights scaled so that the largest is 65535, rounded half up: what Bittensor does when weights are set. An epoch takes weights as they are
 * given; whoever compares with Bittensor scales first.
 */
export function maxUpscale(weights: readonly number[]): number[] {
  const max = weights.reduce((largest, weight) => Math.max(largest, weight), 0);
  if (max === 0) return [...weights];
  // Above 2^15 the factor is rounded first, with 32 fractional bits; below, the quotient is.
  const factor = Math.floor((0xffff * 2 ** 32) / max);
  return weights.map((weight) => {
    const scaled = max > 32_768 ? weight * factor : Math.floor((weight * 0xffff * 2 ** 32) / max);
    return Math.min(0xffff, Math.floor(scaled / 2 ** 32 + 0.5));
  });
}
