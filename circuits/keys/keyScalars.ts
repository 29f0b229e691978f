import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { CircuitError } from '../build/errors.ts';
import type { Curve } from './curve.ts';
import { R1CS_TERM_BYTES, ZKEY_COEF_BYTES } from './curveModule.ts';
import type { Trapdoor } from './devSecret.ts';
import { type R1csInfo, toLittleEndian } from './r1cs.ts';
import { domainBits, inverse, mod, power, rootOfUnity } from './scalarField.ts';

/** Discrete logarithms of a key's points; 32 plain little-endian bytes each. */
export interface KeyScalars {
  /** A and B polynomials of each wire at tau. */
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  /** (β·A + α·B + C) of each wire, over γ for wire 0 and the public ones, over δ for the rest. */
  readonly c: Uint8Array;
  /** Lagrange basis of the domain of twice the size at tau, odd indices, over δ. */
  readonly h: Uint8Array;
}

/** Bytes of section 4 streamed to the file at a time. */
const BUFFER = 8 << 20;

/**
 * Walks the constraints once: writes the coefficient section of the `.zkey` (u32 count, then 44 bytes a coefficient,
 * in snarkjs's order) at `coefOffset` of `zkeyPath`, and leaves the scalars of all points in `out`.
 * @returns the number of coefficients.
 * @throws CircuitError R1CS_MALFORMED if the section ends early or names a wire that does not exist.
 */
export function computeKeyScalars(
  curve: Curve,
  input: { r1cs: R1csInfo; trapdoor: Trapdoor; zkeyPath: string; coefOffset: number; out: KeyScalars },
  onConstraint: (done: number) => void = () => {},
): number {
  const { r1cs, trapdoor, out } = input;
  const bits = domainBits(r1cs.constraints, r1cs.publicSignals);
  const domain = 2 ** bits;
  const lagrange = curve.alloc(domain * 32);
  // Kept in Montgomery form: the product with a plain coefficient is then plain.
  lagrangeBasis(curve, { bits, tau: trapdoor.tau, odd: false, scale: 1n, out: lagrange });
  const sums = { a: curve.alloc(r1cs.wires * 32), b: curve.alloc(r1cs.wires * 32), c: curve.alloc(r1cs.wires * 32) };
  const writer = new CoefWriter(curve, input.zkeyPath, input.coefOffset + 4);
  const reader = new ConstraintReader(curve, r1cs);
  try {
    const term = (matrix: 0 | 1 | 2, at: number, n: number, row: number) => {
      const target = matrix === 0 ? sums.a : matrix === 1 ? sums.b : sums.c;
      const pOut = matrix === 2 ? 0 : writer.reserve(n);
      curve.exports.linearCombination(at, n, lagrange + row * 32, target, r1cs.wires, pOut, matrix, row);
    };
    for (let row = 0; row < r1cs.constraints; row++) {
      for (const matrix of [0, 1, 2] as const) {
        const n = reader.count();
        if (n > 0) reader.terms(n, (at, some) => term(matrix, at, some, row));
      }
      if (row % 8192 === 0) onConstraint(row);
    }
    const one = curve.alloc(R1CS_TERM_BYTES);
    for (let wire = 0; wire <= r1cs.publicSignals; wire++) {
      // snarkjs binds each public wire by a row of its own, A = wire.
      new DataView(curve.bytes.buffer).setUint32(one, wire, true);
      curve.bytes.set(toLittleEndian(1n), one + 4);
      term(0, one, 1, r1cs.constraints + wire);
    }
    writer.flush();
    const count = Buffer.alloc(4);
    count.writeUInt32LE(writer.count);
    writeSync(writer.fd, count, 0, 4, input.coefOffset);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
    throw new CircuitError('R1CS_MALFORMED', 'a term names a wire that does not exist', { path: r1cs.path }, { cause });
  } finally {
    writer.close();
    reader.close();
  }
  combine(curve, sums, r1cs, trapdoor);
  out.a.set(curve.bytes.subarray(sums.a, sums.a + r1cs.wires * 32));
  out.b.set(curve.bytes.subarray(sums.b, sums.b + r1cs.wires * 32));
  out.c.set(curve.bytes.subarray(sums.c, sums.c + r1cs.wires * 32));
  // The basis of the double domain reuses the memory of the first, now done with.
  lagrangeBasis(curve, { bits, tau: trapdoor.tau, odd: true, scale: inverse(trapdoor.delta), out: lagrange });
  const plainOne = curve.alloc(32);
  curve.bytes.set(toLittleEndian(1n), plainOne);
  for (let i = 0; i < domain; i++) curve.exports.frm_mul(lagrange + i * 32, plainOne, lagrange + i * 32);
  out.h.set(curve.bytes.subarray(lagrange, lagrange + domain * 32));
  return writer.count;
}

/**
 * Values at tau of the Lagrange basis over the 2^bits-th roots of unity, or of the odd half of the basis over the
 * 2^(bits+1)-th, times `scale`; in Montgomery form.
 */
function lagrangeBasis(
  curve: Curve,
  options: { bits: number; tau: bigint; odd: boolean; scale: bigint; out: number },
): void {
  const { bits, odd, tau, out } = options;
  const n = 2 ** bits;
  const size = odd ? 2n * BigInt(n) : BigInt(n);
  const omega = rootOfUnity(odd ? bits + 1 : bits);
  const vanishing = mod(power(tau, size) - 1n);
  // tau is a fixed hash: that it is no root of unity is a fact about it, checked all the same.
  if (vanishing === 0n) throw new CircuitError('KEYS_FAILED', 'tau is a root of unity of the domain');
  const { frm_mul: mul, frm_sub: sub, frm_batchInverse: batchInverse } = curve.exports;
  const step = curve.alloc(32);
  const scaledRoot = curve.alloc(32);
  const root = curve.alloc(32);
  const tauAt = curve.alloc(32);
  curve.setMontgomery(step, odd ? mod(omega * omega) : omega);
  const first = odd ? omega : 1n;
  curve.setMontgomery(root, first);
  curve.setMontgomery(scaledRoot, mod(first * vanishing * inverse(size) * options.scale));
  curve.setMontgomery(tauAt, tau);
  for (let i = 0; i < n; i++) {
    sub(tauAt, root, out + i * 32);
    mul(root, step, root);
  }
  curve.reserve((n + 1) * 32);
  batchInverse(out, 32, n, out, 32);
  for (let i = 0; i < n; i++) {
    mul(out + i * 32, scaledRoot, out + i * 32);
    mul(scaledRoot, step, scaledRoot);
  }
}

/** c := (β·a + α·b + c) / (γ or δ), wire by wire. */
function combine(curve: Curve, sums: { a: number; b: number; c: number }, r1cs: R1csInfo, trapdoor: Trapdoor): void {
  const { frm_mul: mul, frm_add: add } = curve.exports;
  const constants = [1n, trapdoor.alpha, trapdoor.beta].flatMap((k) => [
    mod(k * inverse(trapdoor.gamma)),
    mod(k * inverse(trapdoor.delta)),
  ]);
  const at = constants.map((value) => {
    const address = curve.alloc(32);
    curve.setMontgomery(address, value);
    return address;
  });
  const product = curve.alloc(32);
  for (let wire = 0; wire < r1cs.wires; wire++) {
    const which = wire <= r1cs.publicSignals ? 0 : 1;
    const c = sums.c + wire * 32;
    mul(c, at[which] ?? 0, c);
    mul(sums.b + wire * 32, at[2 + which] ?? 0, product);
    add(c, product, c);
    mul(sums.a + wire * 32, at[4 + which] ?? 0, product);
    add(c, product, c);
  }
}

/** Reads the constraint section through a window in the module's memory. */
class ConstraintReader {
  readonly #curve: Curve;
  readonly #r1cs: R1csInfo;
  readonly #fd: number;
  readonly #buffer: number;
  #position = 0;
  #length = 0;
  #left: number;
  #fileOffset: number;

  constructor(curve: Curve, r1cs: R1csInfo) {
    this.#curve = curve;
    this.#r1cs = r1cs;
    this.#fd = openSync(r1cs.path, 'r');
    this.#buffer = curve.alloc(BUFFER);
    this.#left = r1cs.constraintsBytes;
    this.#fileOffset = r1cs.constraintsOffset;
  }

  /** Number of terms of the next linear combination. */
  count(): number {
    this.#need(4);
    const n = new DataView(this.#curve.bytes.buffer).getUint32(this.#buffer + this.#position, true);
    this.#position += 4;
    return n;
  }

  /** Hands out `n` terms as they lie in memory, in pieces of at most a buffer. */
  terms(n: number, visit: (address: number, count: number) => void): void {
    for (let rest = n; rest > 0; ) {
      this.#need(R1CS_TERM_BYTES);
      const some = Math.min(rest, Math.floor((this.#length - this.#position) / R1CS_TERM_BYTES));
      visit(this.#buffer + this.#position, some);
      this.#position += some * R1CS_TERM_BYTES;
      rest -= some;
    }
  }

  #need(bytes: number): void {
    if (this.#length - this.#position >= bytes) return;
    const memory = this.#curve.bytes;
    memory.copyWithin(this.#buffer, this.#buffer + this.#position, this.#buffer + this.#length);
    this.#length -= this.#position;
    this.#position = 0;
    const wanted = Math.min(this.#left, BUFFER - this.#length);
    const got = wanted > 0 ? readSync(this.#fd, memory, this.#buffer + this.#length, wanted, this.#fileOffset) : 0;
    this.#left -= got;
    this.#fileOffset += got;
    this.#length += got;
    if (this.#length < bytes) {
      throw new CircuitError('R1CS_MALFORMED', 'constraints end early', { path: this.#r1cs.path });
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Collects coefficients in the module's memory and writes them to the file a buffer at a time. */
class CoefWriter {
  readonly fd: number;
  count = 0;
  readonly #curve: Curve;
  readonly #buffer: number;
  #used = 0;
  #fileOffset: number;

  constructor(curve: Curve, path: string, offset: number) {
    this.#curve = curve;
    this.fd = openSync(path, 'r+');
    this.#fileOffset = offset;
    // A reader's buffer full of terms must fit whatever is already here.
    this.#buffer = curve.alloc(2 * BUFFER);
  }

  /** Address for `n` coefficients, which the caller fills. */
  reserve(n: number): number {
    const size = n * ZKEY_COEF_BYTES;
    if (this.#used + size > 2 * BUFFER) this.flush();
    const address = this.#buffer + this.#used;
    this.#used += size;
    this.count += n;
    return address;
  }

  flush(): void {
    const memory = this.#curve.bytes;
    for (let done = 0; done < this.#used; ) {
      done += writeSync(this.fd, memory, this.#buffer + done, this.#used - done, this.#fileOffset + done);
    }
    this.#fileOffset += this.#used;
    this.#used = 0;
  }

  close(): void {
    closeSync(this.fd);
  }
}
