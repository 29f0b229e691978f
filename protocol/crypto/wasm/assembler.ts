/**
 * A small assembler for WebAssembly binaries: just what the field arithmetic needs. Code is a tree of bytes, flattened once;
 * expressions are written inside out, as in `i64.add(a, b)`, and leave their value on the stack.
 */

export type Code = readonly (number | Code)[];
export type ValueType = 'i32' | 'i64' | 'v128';

const TYPE_BYTES: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

function signedLeb(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && low < 64) || (rest === -1n && low >= 64);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

/** Bytes written one after the other into a buffer that doubles; arrays of numbers would take most of the module's set-up time. */
class ByteWriter {
  #buffer = new Uint8Array(1 << 14);
  #length = 0;

  code(code: Code): this {
    for (const part of code) {
      if (typeof part !== 'number') {
        this.code(part);
        continue;
      }
      if (this.#length === this.#buffer.length) this.#grow(1);
      this.#buffer[this.#length++] = part;
    }
    return this;
  }

  /** A length in bytes, then the bytes. */
  sized(bytes: Uint8Array): this {
    this.code(unsignedLeb(bytes.length));
    if (this.#length + bytes.length > this.#buffer.length) this.#grow(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  #grow(atLeast: number): void {
    const larger = new Uint8Array(2 * this.#buffer.length + atLeast);
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }
}

const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [a, b, opcode];

const memory =
  (alignment: number, ...opcode: number[]) =>
  (address: Code, offset = 0): Code => [address, opcode, alignment, unsignedLeb(offset)];

const store =
  (alignment: number, ...opcode: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, alignment, unsignedLeb(offset)];

const simd =
  (opcode: number) =>
  (a: Code, b: Code): Code => [a, b, 0xfd, unsignedLeb(opcode)];

export const i32 = {
  const: (value: number): Code => [0x41, signedLeb(BigInt(value))],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shrS: binary(0x75),
  shrU: binary(0x76),
  eq: binary(0x46),
  ltS: binary(0x48),
  geS: binary(0x4e),
  eqz: (a: Code): Code => [a, 0x45],
  load: memory(2, 0x28),
  load8S: memory(0, 0x2c),
  store: store(2, 0x36),
  store8: store(0, 0x3a),
};

export const i64 = {
  const: (value: bigint): Code => [0x42, signedLeb(value)],
  add: binary(0x7c),
  sub: binary(0x7d),
  mul: binary(0x7e),
  and: binary(0x83),
  or: binary(0x84),
  xor: binary(0x85),
  shl: binary(0x86),
  shrS: binary(0x87),
  shrU: binary(0x88),
  eqz: (a: Code): Code => [a, 0x50],
  load: memory(3, 0x29),
  load32S: memory(2, 0x34),
  store: store(3, 0x37),
  store32: store(2, 0x3e),
};

export const v128 = {
  zero: [0xfd, 0x0c, ...new Array<number>(16).fill(0)] as Code,
  load: memory(2, 0xfd, 0x00),
  load32Splat: memory(2, 0xfd, 0x09),
  store: store(3, 0xfd, 0x0b),
  add64: simd(0xce),
  /** Products of the signed 32-bit lanes 0, 1 (low) or 2, 3 (high) as two 64-bit lanes. */
  multiplyLow: simd(0xdc),
  multiplyHigh: simd(0xdd),
};

export const block = (...body: Code[]): Code => [0x02, EMPTY_BLOCK, body, 0x0b];
export const loop = (...body: Code[]): Code => [0x03, EMPTY_BLOCK, body, 0x0b];
export const branch = (depth: number): Code => [0x0c, depth];
export const branchIf = (depth: number, condition: Code): Code => [condition, 0x0d, depth];
export const when = (condition: Code, ...body: Code[]): Code => [condition, 0x04, EMPTY_BLOCK, body, 0x0b];
export const returnValue = (value: Code): Code => [value, 0x0f];

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

export interface Callable {
  (...args: Code[]): Code;
  readonly index: number;
}

export class FunctionBuilder {
  readonly #params: readonly ValueType[];
  readonly #result: ValueType | undefined;
  readonly #locals: ValueType[] = [];
  readonly #body: Code[] = [];

  constructor(params: readonly ValueType[], result: ValueType | undefined) {
    this.#params = params;
    this.#result = result;
  }

  param(index: number): Local {
    return { get: [0x20, index], set: (value) => [value, 0x21, index] };
  }

  local(type: ValueType): Local {
    const index = unsignedLeb(this.#params.length + this.#locals.push(type) - 1);
    return { get: [0x20, index], set: (value) => [value, 0x21, index] };
  }

  locals(type: ValueType, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  emit(...code: Code[]): void {
    this.#body.push(...code);
  }

  /** `for (counter = from; counter < to; counter += step) body`. */
  for(counter: Local, from: Code, to: Code, step: number, ...body: Code[]): Code {
    const advance = counter.set(i32.add(counter.get, i32.const(step)));
    return [
      counter.set(from),
      block(branchIf(0, i32.geS(counter.get, to)), loop(...body, advance, branchIf(0, i32.ltS(counter.get, to)))),
    ];
  }

  get signature(): number[] {
    const params = this.#params.map((type) => TYPE_BYTES[type]);
    const results = this.#result === undefined ? [] : [TYPE_BYTES[this.#result]];
    return [0x60, params.length, ...params, results.length, ...results];
  }

  encode(): Uint8Array {
    const groups = this.#locals.map((type) => [1, TYPE_BYTES[type]]);
    return new ByteWriter().code([unsignedLeb(this.#locals.length), groups, this.#body, 0x0b]).finish();
  }
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}

/** Collects functions over one memory, imported as `env.memory`. */
export class ModuleBuilder {
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: number[][] = [];

  /** Adds a function; `build` may call functions added before. Exported under `exportName` if given. */
  add(
    signature: { params: readonly ValueType[]; result?: ValueType; exportName?: string },
    build: (f: FunctionBuilder, params: readonly Local[]) => void,
  ): Callable {
    const f = new FunctionBuilder(signature.params, signature.result);
    build(
      f,
      signature.params.map((_, i) => f.param(i)),
    );
    const index = this.#functions.push(f) - 1;
    if (signature.exportName !== undefined)
      this.#exports.push([...name(signature.exportName), 0, ...unsignedLeb(index)]);
    return Object.assign((...args: Code[]): Code => [args, 0x10, unsignedLeb(index)], { index });
  }

  encode(pages: number): Uint8Array<ArrayBuffer> {
    const functions = this.#functions;
    // Limits with a maximum: the memory never grows.
    const limits = [0x01, unsignedLeb(pages), unsignedLeb(pages)];
    const bodies = new ByteWriter().code(unsignedLeb(functions.length));
    for (const f of functions) bodies.sized(f.encode());
    const section = (items: Code) => new ByteWriter().code([unsignedLeb(items.length), items]).finish();
    const sections: [id: number, content: Uint8Array][] = [
      [1, section(functions.map((f) => f.signature))],
      [2, section([[name('env'), name('memory'), 0x02, limits]])],
      [3, section(functions.map((_, i) => unsignedLeb(i)))],
      [7, section(this.#exports)],
      [10, bodies.finish()],
    ];
    const binary = new ByteWriter().code([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    for (const [id, content] of sections) binary.code([id]).sized(content);
    return binary.finish();
  }
}
