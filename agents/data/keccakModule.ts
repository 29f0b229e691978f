/**
 * Keccak-f[1600] as a WebAssembly module, written out here: 64-bit lanes in local variables. A file of a megabyte takes 50,000 permutations,
 * and in JavaScript, which has no 64-bit integers but bigint, each takes ten times as long; the native package is as fast, but for 40 bytes its
 * calls cost more than the permutation.
 */

/** Where things stand in the module's memory (one page of 64 KiB). */
export const AT = { digest: 0, key: 32, constants: 64, data: 256 } as const;
/** Bytes that a permutation takes in for Keccak-256. */
export const RATE = 136;

export interface KeccakExports {
  readonly memory: WebAssembly.Memory;
  /** Hashes `blocks` blocks of 136 bytes, padded by the caller, from `AT.data` on; the digest stands at `AT.digest`. */
  readonly absorb: (blocks: number) => void;
  /** Combines `blocks` blocks of 32 bytes from `AT.data` on with keccak256(key ‖ prefix ‖ block); `prefix` are 4 bytes, little-endian. */
  readonly mask: (blocks: number, prefix: number) => void;
}

const LANES = 25;
const ROUNDS = 24;
const [I32, I64] = [0x7f, 0x7e];
// Parameters and locals of both functions: 0 blocks, 1 prefix, 2 pointer or counter, 3 round's constant, then lanes.
const [BLOCKS, PREFIX, AT_NOW, ROUND] = [0, 1, 2, 3];
const A = (i: number) => 4 + i;
const B = (i: number) => 4 + LANES + i;
const C = (i: number) => 4 + 2 * LANES + i;
const D = (i: number) => 4 + 2 * LANES + 5 + i;
const I64_LOCALS = 2 * LANES + 10;

/** Instructions, by their opcodes. */
const op = {
  get: (local: number) => [0x20, ...unsigned(local)],
  set: (local: number, ...value: number[][]) => [...value.flat(), 0x21, ...unsigned(local)],
  i32: (value: number) => [0x41, ...signed(BigInt(value))],
  i64: (value: bigint) => [0x42, ...signed(BigInt.asIntN(64, value))],
  /** @param at where the address is; @param offset bytes behind it */
  load: (at: number[], offset: number) => [...at, 0x29, 3, ...unsigned(offset)],
  store: (at: number[], offset: number, value: number[]) => [...at, ...value, 0x37, 3, ...unsigned(offset)],
  add: (a: number[], b: number[]) => [...a, ...b, 0x6a],
  multiply: (a: number[], b: number[]) => [...a, ...b, 0x6c],
  less: (a: number[], b: number[]) => [...a, ...b, 0x49],
  extend: (a: number[]) => [...a, 0xad],
  and: (a: number[], b: number[]) => [...a, ...b, 0x83],
  or: (a: number[], b: number[]) => [...a, ...b, 0x84],
  xor: (first: number[], ...more: number[][]) => [...first, ...more.flatMap((each) => [...each, 0x85])],
  shiftLeft: (a: number[], bits: bigint) => [...a, ...op.i64(bits), 0x86],
  rotateLeft: (a: number[], bits: number) => (bits === 0 ? a : [...a, ...op.i64(BigInt(bits)), 0x89]),
  /** Runs `body` until `isMore` is 0, at least once. */
  repeat: (body: number[][], isMore: number[]) => [0x03, 0x40, ...body.flat(), ...isMore, 0x0d, 0, 0x0b],
};

/** The module's bytes. */
export function keccakModule(): Uint8Array<ArrayBuffer> {
  const locals = [2, 2, I32, ...unsigned(I64_LOCALS), I64];
  // both take two numbers, so that their locals have the same places; the first ignores the second
  const type = [0x60, 2, I32, I32, 0];
  const functions = [absorb(), mask()].map((body) => sized([...locals, ...body, 0x0b]));
  const names = [named('memory', 2, 0), named('absorb', 0, 0), named('mask', 0, 1)];
  const constants = [0, ...op.i32(AT.constants), 0x0b, ...sized(roundConstants().flatMap(lane))];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, ...type]),
    ...section(3, [2, 0, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [names.length, ...names.flat()]),
    ...section(10, [functions.length, ...functions.flat()]),
    ...section(11, [1, ...constants]),
  ]);
}

function absorb(): number[] {
  const at = op.get(AT_NOW);
  return [
    ...op.set(AT_NOW, op.i32(AT.data)),
    ...op.repeat(
      [
        ...range(RATE / 8).map((i) => op.set(A(i), op.xor(op.get(A(i)), op.load(at, 8 * i)))),
        permutation(),
        op.set(AT_NOW, op.add(at, op.i32(RATE))),
      ],
      op.less(at, op.add(op.i32(AT.data), op.multiply(op.get(BLOCKS), op.i32(RATE)))),
    ),
    ...range(4).flatMap((i) => op.store(op.i32(AT.digest), 8 * i, op.get(A(i)))),
  ];
}

function mask(): number[] {
  const at = op.multiply(op.get(AT_NOW), op.i32(32));
  // the block's number is below 256: the last of its four bytes
  const counter = op.or(op.extend(op.get(PREFIX)), op.shiftLeft(op.extend(op.get(AT_NOW)), 56n));
  // key, counter, and Keccak-256's padding of a message of 40 bytes
  const input = (i: number): number[] => {
    if (i < 4) return op.load(op.i32(AT.key), 8 * i);
    if (i === 4) return counter;
    return op.i64(i === 5 ? 1n : i === RATE / 8 - 1 ? 1n << 63n : 0n);
  };
  return op.repeat(
    [
      ...range(LANES).map((i) => op.set(A(i), input(i))),
      permutation(),
      ...range(4).map((i) => op.store(at, AT.data + 8 * i, op.xor(op.load(at, AT.data + 8 * i), op.get(A(i))))),
      op.set(AT_NOW, op.add(op.get(AT_NOW), op.i32(1))),
    ],
    op.less(op.get(AT_NOW), op.get(BLOCKS)),
  );
}

/** FIPS 202, section 3.2: theta, rho and pi, chi, iota, 24 times. */
function permutation(): number[] {
  const column = (x: number) => op.get(C((x + 5) % 5));
  const theta = [
    ...range(5).map((x) => op.set(C(x), op.xor(op.get(A(x)), ...[5, 10, 15, 20].map((y) => op.get(A(x + y)))))),
    ...range(5).map((x) => op.set(D(x), op.xor(column(x - 1), op.rotateLeft(column(x + 1), 1)))),
  ];
  const offsets = rotations();
  const rhoPi = range(LANES).map((i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)];
    const to = y + 5 * ((2 * x + 3 * y) % 5);
    return op.set(B(to), op.rotateLeft(op.xor(op.get(A(i)), op.get(D(x))), offsets[i] ?? 0));
  });
  const chi = range(LANES).map((i) => {
    const row = i - (i % 5);
    const not = op.xor(op.get(B(row + ((i + 1) % 5))), op.i64(-1n));
    return op.set(A(i), op.xor(op.get(B(i)), op.and(not, op.get(B(row + ((i + 2) % 5))))));
  });
  const iota = op.set(A(0), op.xor(op.get(A(0)), op.load(op.get(ROUND), 0)));
  const next = op.set(ROUND, op.add(op.get(ROUND), op.i32(8)));
  return [
    ...op.set(ROUND, op.i32(AT.constants)),
    ...op.repeat([...theta, ...rhoPi, ...chi, iota, next], op.less(op.get(ROUND), op.i32(AT.constants + 8 * ROUNDS))),
  ];
}

/** By lane, x + 5y. */
function rotations(): number[] {
  const offsets = new Array<number>(LANES).fill(0);
  let [x, y] = [1, 0];
  for (let t = 0; t < ROUNDS; t += 1) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64;
    [x, y] = [y, (2 * x + 3 * y) % 5];
  }
  return offsets;
}

function roundConstants(): bigint[] {
  let register = 1;
  return range(ROUNDS).map(() => {
    let constant = 0n;
    for (let j = 0; j < 7; j += 1) {
      if (register & 1) constant |= 1n << ((1n << BigInt(j)) - 1n);
      register <<= 1;
      if (register & 0x100) register ^= 0x171;
    }
    return constant;
  });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function lane(value: bigint): number[] {
  return range(8).map((i) => Number((value >> BigInt(8 * i)) & 0xffn));
}

function section(id: number, content: number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function named(name: string, kind: number, index: number): number[] {
  return [...sized([...new TextEncoder().encode(name)]), kind, index];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...unsigned(Math.floor(value / 128))];
}

function signed(value: bigint): number[] {
  const low = Number(value & 127n);
  const rest = value >> 7n;
  const isEnd = (rest === 0n && (low & 64) === 0) || (rest === -1n && (low & 64) !== 0);
  return isEnd ? [low] : [low | 128, ...signed(rest)];
}
