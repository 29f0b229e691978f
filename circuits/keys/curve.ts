import type { CurveCode } from './curveModule.ts';
import { fromLittleEndian, R_BN254, toLittleEndian } from './r1cs.ts';

const PAGE = 65_536;

/** The exported functions the key generator calls; every argument is an address or a count. */
export interface CurveExports {
  frm_mul(a: number, b: number, out: number): void;
  frm_add(a: number, b: number, out: number): void;
  frm_sub(a: number, b: number, out: number): void;
  frm_batchInverse(pIn: number, inStep: number, n: number, pOut: number, outStep: number): void;
  linearCombination(
    p: number,
    n: number,
    pScale: number,
    pSums: number,
    wires: number,
    pOut: number,
    matrix: number,
    constraint: number,
  ): void;
  g1m_addFromTable(pAcc: number, n: number, pTable: number, pDigits: number, pScratch: number): void;
  g2m_addFromTable(pAcc: number, n: number, pTable: number, pDigits: number, pScratch: number): void;
  g1m_doubleAffine(p: number, out: number): void;
  g2m_doubleAffine(p: number, out: number): void;
  g1m_toAffine(p: number, out: number): void;
  g2m_toAffine(p: number, out: number): void;
}

/** One instance of the curve module with its own growing memory. Addresses given out are never freed. */
export class Curve {
  readonly exports: CurveExports;
  readonly code: CurveCode;
  readonly #memory: WebAssembly.Memory;

  constructor(code: CurveCode) {
    this.code = code;
    this.#memory = new WebAssembly.Memory({ initial: 25 });
    const instance = new WebAssembly.Instance(code.module, { env: { memory: this.#memory } });
    // The module is generated code; its exports are what curveModule.ts defines.
    this.exports = instance.exports as unknown as CurveExports;
  }

  /** The whole memory; ask again after every `alloc`, which may move it. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#memory.buffer);
  }

  /** Reserves zeroed bytes, 8-byte aligned. */
  alloc(size: number): number {
    const free = new Uint32Array(this.#memory.buffer, 0, 1);
    const start = Math.ceil((free[0] ?? 0) / 8) * 8;
    free[0] = start + size;
    this.reserve(0);
    // Working space of earlier calls may have left something here.
    this.bytes.fill(0, start, start + size);
    return start;
  }

  /** Makes sure that functions which take working space above the used memory (batch inversion) find `size` bytes. */
  reserve(size: number): void {
    const used = new Uint32Array(this.#memory.buffer, 0, 1)[0] ?? 0;
    const missing = used + size - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
  }

  /** Writes a field element in Montgomery form. */
  setMontgomery(address: number, value: bigint): void {
    this.bytes.set(toLittleEndian((value << 256n) % R_BN254), address);
  }

  /** Reads 32 bytes as a plain integer. */
  get(address: number): bigint {
    return fromLittleEndian(this.bytes.subarray(address, address + 32));
  }
}
