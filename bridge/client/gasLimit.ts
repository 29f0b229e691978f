/** Gas to send a call with: some room, since storage may change until it is mined, and a verifier that runs out of gas reverts. */
export function gasLimitOf(estimate: bigint): bigint {
  return estimate + estimate / 5n + 10_000n;
}
