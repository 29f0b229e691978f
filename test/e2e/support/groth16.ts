/** Other proofs of the same statement, made from one proof without the witness: Groth16 is malleable. */
import { bn254 } from '@noble/curves/bn254.js';
import type { Proof } from '../../../bridge/client/types.ts';

const { Point: G1 } = bn254.G1;
const { Point: G2 } = bn254.G2;

/** Order of the coordinates' field; coordinates are below it. */
export const Q_FIELD = bn254.fields.Fp.ORDER;

/** (−A, −B, C) */
export function negated(proof: Proof): Proof {
  const { a, b, c } = points(proof);
  return encode(a.negate(), b.negate(), c);
}

/** (A/s, s·B, C) */
export function scaled(proof: Proof, s: bigint): Proof {
  const { a, b, c } = points(proof);
  return encode(a.multiply(bn254.fields.Fr.inv(s)), b.multiply(s), c);
}

/** (A, B + s·δ, C + s·A): also looks different in C. `delta` is the verifying key's. */
export function shifted(proof: Proof, delta: Proof['b'], s: bigint): Proof {
  const { a, b, c } = points(proof);
  return encode(a, b.add(g2(delta).multiply(s)), c.add(a.multiply(s)));
}

function points({ a, b, c }: Proof) {
  return { a: g1(a), b: g2(b), c: g1(c) };
}

function g1([x, y]: readonly [bigint, bigint]) {
  return G1.fromAffine({ x, y });
}

/** Solidity has the imaginary part first. */
function g2([x, y]: Proof['b']) {
  return G2.fromAffine({ x: { c0: x[1], c1: x[0] }, y: { c0: y[1], c1: y[0] } });
}

function encode(a: ReturnType<typeof g1>, b: ReturnType<typeof g2>, c: ReturnType<typeof g1>): Proof {
  const [pa, pb, pc] = [a.toAffine(), b.toAffine(), c.toAffine()];
  return {
    a: [pa.x, pa.y],
    b: [
      [pb.x.c1, pb.x.c0],
      [pb.y.c1, pb.y.c0],
    ],
    c: [pc.x, pc.y],
  };
}
