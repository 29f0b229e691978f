import * as snarkjs from 'snarkjs';

/** The parts of ffjavascript's curve used here. Points are opaque byte arrays. */
interface CurveGroup {
  /** From affine little-endian Montgomery coordinates. */
  fromRprLEM(bytes: Uint8Array, offset: number): Uint8Array;
  toObject(point: Uint8Array): bigint[] | bigint[][];
}

export interface SnarkCurve {
  readonly G1: CurveGroup;
  readonly G2: CurveGroup;
  readonly Gt: { toObject(element: Uint8Array): bigint[][][] };
  pairing(a: Uint8Array, b: Uint8Array): Promise<Uint8Array>;
  terminate(): Promise<void>;
}

// @types/snarkjs leaves `curves` out.
const { curves } = snarkjs as unknown as {
  curves: { getCurveFromName(name: string, options?: { singleThread?: boolean }): Promise<SnarkCurve> };
};

/** A BN254 of one's own, without worker threads: needs no termination and disturbs no proof in progress. */
export function singleThreadCurve(): Promise<SnarkCurve> {
  return curves.getCurveFromName('bn128', { singleThread: true });
}

/**
 * Ends the worker threads that snarkjs's calls leave running, without which the process never exits. Not while
 * another snarkjs call of this process is in progress: they share the threads.
 */
export async function terminateSnarkjs(): Promise<void> {
  const shared = (globalThis as { curve_bn128?: SnarkCurve | null }).curve_bn128;
  if (shared) await shared.terminate();
}
