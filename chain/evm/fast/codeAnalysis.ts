/** What the loop wants to know of a contract's code: once for all calls, where EthereumJS finds it out at every call. */
export interface CodeAnalysis {
  /** 1 where a jump may go. */
  readonly jumps: Uint8Array;
  /** Constants by the position of their PUSH, as they were met. */
  readonly pushes: (bigint | undefined)[];
}

const known = new WeakMap<Uint8Array, CodeAnalysis>();

/** Kept as long as the bytes are: the state's cache gives the same object for the same code. */
export function analysisOf(code: Uint8Array): CodeAnalysis {
  const found = known.get(code);
  if (found !== undefined) return found;
  const jumps = new Uint8Array(code.length);
  for (let pc = 0; pc < code.length; pc++) {
    const op = code[pc] as number; // pc < length
    if (op === 0x5b) jumps[pc] = 1;
    else if (op >= 0x60 && op <= 0x7f) pc += op - 0x5f;
  }
  const analysis = { jumps, pushes: [] };
  known.set(code, analysis);
  return analysis;
}

/** The constant behind a PUSH at `pc`; missing bytes are 0. */
export function pushAt(code: Uint8Array, pc: number, length: number): bigint {
  const bytes = code.subarray(pc + 1, pc + 1 + length);
  if (bytes.length === 0) return 0n;
  const value = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
  return value << BigInt(8 * (length - bytes.length));
}
