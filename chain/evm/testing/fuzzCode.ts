import { simpleInitCode } from './fuzzInit.ts';
import { pick, type Random, randomBytes } from './random.ts';

const WORD = 2n ** 256n;
/** Words at which arithmetic, gas and memory change their ways. */
const EDGES = [
  ...[0n, 0n, 0n, 1n, 1n, 2n, 3n, 31n, 32n, 33n, 127n, 128n, 255n, 256n, 257n, 1024n, 65_535n],
  ...[2n ** 32n - 1n, 2n ** 32n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 128n],
  ...[2n ** 160n, 2n ** 255n - 1n, 2n ** 255n, WORD - 2n, WORD - 1n],
];
const BINARY = [1, 2, 3, 4, 5, 6, 7, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1d];
/** What pushes a word and takes none. */
const SOURCES = [0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a];
const MACHINE = [0x58, 0x59, 0x5a, 0x5f];
const CALLS = [0xf1, 0xf1, 0xf1, 0xf2, 0xf4, 0xf4, 0xfa];

/** Whom code may call. */
export interface FuzzTargets {
  /** Twenty bytes each. */
  readonly addresses: readonly Uint8Array[];
}

/**
 * Code of statements that are mostly valid: each leaves what it computed on the stack, in memory or in storage, so that whatever went
 * differently ends up in the state root. Now and then it does what no compiler would.
 */
export class FuzzCode {
  readonly #out: number[] = [];
  readonly #random: Random;
  readonly #targets: FuzzTargets;
  readonly #depth: number;
  /** Words on the stack, as far as is known. */
  #height = 0;

  constructor(random: Random, targets: FuzzTargets, depth = 0) {
    this.#random = random;
    this.#targets = targets;
    this.#depth = depth;
  }

  /** A whole program of about `statements` statements. */
  program(statements: number): Uint8Array {
    for (let i = 0; i < statements; i++) this.#statement(true);
    this.#end();
    return Uint8Array.from(this.#out);
  }

  #one(below: number): boolean {
    return this.#random(below) === 0;
  }

  #emit(...bytes: readonly number[]): void {
    for (const byte of bytes) this.#out.push(byte);
  }

  /** As short as it can be, or longer. */
  #push(value: bigint): void {
    let hex = value === 0n ? '' : value.toString(16);
    if (hex.length % 2 === 1) hex = `0${hex}`;
    const bytes = [...Buffer.from(hex, 'hex')];
    if (this.#one(6)) while (bytes.length < 32 && !this.#one(4)) bytes.unshift(0);
    this.#emit(0x5f + bytes.length, ...bytes);
    this.#height++;
  }

  #pushBytes(bytes: Uint8Array): void {
    this.#emit(0x5f + bytes.length, ...bytes);
    this.#height++;
  }

  #word(): bigint {
    const random = this.#random;
    switch (random(5)) {
      case 0:
        return BigInt(`0x${Buffer.from(randomBytes(random, 1 + random(32))).toString('hex')}`);
      case 1:
        return BigInt(random(70));
      default:
        return pick(random, EDGES);
    }
  }

  /** Any word, or one that is there already. */
  #operand(): void {
    if (this.#height > 0 && this.#one(4)) {
      this.#emit(0x80 + this.#random(Math.min(16, this.#height)));
      this.#height++;
    } else if (this.#one(8)) {
      this.#emit(pick(this.#random, SOURCES));
      this.#height++;
    } else {
      this.#push(this.#word());
    }
  }

  #offset(): bigint {
    const random = this.#random;
    const kind = random(400);
    if (kind === 0) return pick(random, EDGES);
    if (kind < 6) return BigInt(random(70_000));
    if (kind < 60) return BigInt(random(9_000));
    return BigInt(random(300));
  }

  #length(): bigint {
    const random = this.#random;
    const kind = random(400);
    if (kind === 0) return pick(random, EDGES);
    if (kind < 10) return BigInt(random(20_000));
    if (kind < 80) return 0n;
    return BigInt(random(200));
  }

  #slot(): bigint {
    return this.#one(40) ? this.#word() : BigInt(this.#random(4));
  }

  /** `count` words less, `results` more. */
  #op(op: number, count: number, results: number): void {
    this.#emit(op);
    this.#height += results - count;
  }

  /** Offset and length of memory, the offset on top. */
  #region(): void {
    this.#push(this.#length());
    this.#push(this.#offset());
  }

  #address(): void {
    const random = this.#random;
    if (this.#one(10)) this.#op(0x30, 0, 1);
    else if (this.#one(40)) this.#push(this.#word());
    else if (this.#one(4)) this.#push(BigInt(1 + random(0x13)));
    else this.#pushBytes(pick(random, this.#targets.addresses));
  }

  /** A result goes somewhere. */
  #use(mayStay: boolean): void {
    const kind = this.#random(mayStay ? 6 : 4);
    if (kind === 0) {
      this.#push(this.#slot());
      this.#op(0x55, 2, 0);
    } else if (kind < 3) {
      this.#push(this.#offset());
      this.#op(0x52, 2, 0);
    } else if (kind === 3 || this.#height > 200) {
      this.#op(0x50, 1, 0);
    }
  }

  #statement(mayStay: boolean): void {
    const random = this.#random;
    const kind = random(100);
    if (kind < 16) this.#arithmetic(mayStay);
    else if (kind < 30) this.#memory(mayStay);
    else if (kind < 44) this.#storage(mayStay);
    else if (kind < 52) this.#environment(mayStay);
    else if (kind < 62) this.#call(mayStay);
    else if (kind < 67) this.#create(mayStay);
    else if (kind < 73) this.#log();
    else if (kind < 83) this.#branch();
    else if (kind < 86) this.#loop();
    else if (kind < 94) this.#stack();
    else if (kind < 97) this.#source(mayStay);
    else if (this.#one(10)) this.#oddity();
  }

  #source(mayStay: boolean): void {
    this.#op(pick(this.#random, [...SOURCES, ...MACHINE, ...MACHINE]), 0, 1);
    this.#use(mayStay);
  }

  #arithmetic(mayStay: boolean): void {
    const random = this.#random;
    const kind = random(12);
    if (kind < 8) {
      this.#operand();
      this.#operand();
      this.#op(pick(random, BINARY), 2, 1);
    } else if (kind === 8) {
      for (let i = 0; i < 3; i++) this.#operand();
      this.#op(pick(random, [0x08, 0x09]), 3, 1);
    } else if (kind === 9) {
      this.#push(this.#one(4) ? this.#word() : BigInt(random(300)));
      this.#operand();
      this.#op(0x0a, 2, 1);
    } else {
      this.#operand();
      this.#op(pick(random, [0x15, 0x19]), 1, 1);
    }
    this.#use(mayStay);
  }

  #memory(mayStay: boolean): void {
    const random = this.#random;
    switch (random(9)) {
      case 0:
        this.#push(this.#offset());
        this.#op(0x51, 1, 1);
        this.#use(mayStay);
        return;
      case 1:
        this.#region();
        this.#op(0x20, 2, 1);
        this.#use(mayStay);
        return;
      case 2:
        this.#operand();
        this.#push(this.#offset());
        this.#op(pick(random, [0x52, 0x53]), 2, 0);
        return;
      case 3:
        this.#region();
        this.#push(this.#offset());
        this.#op(0x5e, 3, 0);
        return;
      case 4:
        this.#push(this.#length());
        this.#push(this.#offset());
        this.#push(this.#offset());
        this.#op(pick(random, [0x37, 0x39]), 3, 0);
        return;
      case 5:
        this.#operand();
        this.#op(0x35, 1, 1);
        this.#use(mayStay);
        return;
      case 6: {
        // RETURNDATACOPY, rarely beyond what there is
        if (this.#one(30)) this.#push(this.#length());
        else this.#op(0x3d, 0, 1);
        this.#push(this.#one(60) ? this.#word() : 0n);
        this.#push(this.#offset());
        this.#op(0x3e, 3, 0);
        return;
      }
      case 7:
        this.#push(this.#length());
        this.#push(this.#offset());
        this.#push(this.#offset());
        this.#address();
        this.#op(0x3c, 4, 0);
        return;
      default:
        this.#op(0x59, 0, 1);
        this.#use(mayStay);
        return;
    }
  }

  #storage(mayStay: boolean): void {
    const random = this.#random;
    const kind = random(10);
    if (kind < 3) {
      this.#push(this.#slot());
      this.#op(pick(random, [0x54, 0x54, 0x5c]), 1, 1);
      this.#use(mayStay);
      return;
    }
    if (kind < 5) {
      this.#operand();
      this.#push(this.#slot());
      this.#op(0x5d, 2, 0);
      return;
    }
    // Writes of one slot in a row: what they cost and give back depends on the values before.
    const slot = this.#slot();
    for (let i = 1 + random(3); i > 0; i--) {
      if (this.#one(3)) this.#operand();
      else this.#push(BigInt(random(3)));
      this.#push(slot);
      this.#op(0x55, 2, 0);
    }
  }

  #environment(mayStay: boolean): void {
    const random = this.#random;
    if (random(4) === 0) {
      // BLOCKHASH of a recent block, rarely of any
      if (this.#one(4)) this.#push(this.#word());
      else {
        this.#push(BigInt(random(4)));
        this.#op(0x43, 0, 1);
        this.#op(0x03, 2, 1);
      }
      this.#op(0x40, 1, 1);
    } else {
      this.#address();
      this.#op(pick(random, [0x31, 0x3b, 0x3f]), 1, 1);
    }
    this.#use(mayStay);
  }

  #gas(): void {
    const random = this.#random;
    const kind = random(8);
    if (kind < 2) this.#op(0x5a, 0, 1);
    else if (kind < 7) this.#push(BigInt(random(1 << (6 + random(12)))));
    else this.#push(pick(random, [0n, 2299n, 2300n, 2301n, 9000n, WORD - 1n]));
  }

  #call(mayStay: boolean): void {
    const random = this.#random;
    const op = pick(random, CALLS);
    const [outOffset, outLength] = [this.#offset(), this.#length()];
    this.#push(outLength);
    this.#push(outOffset);
    this.#region();
    const hasValue = op === 0xf1 || op === 0xf2;
    if (hasValue) this.#push(this.#one(3) ? pick(random, [1n, 1n, 5n, 10n ** 9n, WORD - 1n]) : 0n);
    this.#address();
    this.#gas();
    this.#op(op, hasValue ? 7 : 6, 1);
    this.#use(mayStay);
    if (this.#one(3)) {
      this.#push(outOffset);
      this.#op(0x51, 1, 1);
      this.#use(mayStay);
    }
    if (this.#one(3)) {
      this.#op(0x3d, 0, 1);
      this.#push(0n);
      this.#push(BigInt(random(200)));
      this.#op(0x3e, 3, 0);
    }
    if (this.#one(3)) {
      this.#op(0x5a, 0, 1);
      this.#use(mayStay);
    }
  }

  /** Puts bytes into memory at 0. */
  #place(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 32) {
      const word = new Uint8Array(32);
      word.set(bytes.subarray(at, at + 32));
      this.#pushBytes(word);
      this.#push(BigInt(at));
      this.#op(0x52, 2, 0);
    }
  }

  #create(mayStay: boolean): void {
    const random = this.#random;
    const init = this.#initCode();
    this.#place(init);
    const isSalted = this.#one(2);
    if (isSalted) this.#push(BigInt(random(2)));
    this.#push(this.#one(30) ? pick(random, [49_152n, 49_153n, 2n ** 32n]) : BigInt(init.length));
    this.#push(0n);
    this.#push(this.#one(5) ? pick(random, [1n, 7n, WORD - 1n]) : 0n);
    this.#op(isSalted ? 0xf5 : 0xf0, isSalted ? 4 : 3, 1);
    if (this.#one(2)) {
      // what was created is called: RETURNDATASIZE and MSIZE stand for any numbers
      this.#op(0x80, 0, 1);
      for (let i = 0; i < 4; i++) this.#push(BigInt(random(40)));
      this.#push(0n);
      this.#op(0x85, 0, 1);
      this.#gas();
      this.#op(0xf1, 7, 1);
      this.#use(false);
      this.#op(0x50, 1, 0);
    }
    this.#use(mayStay);
    this.#op(0x3d, 0, 1);
    this.#use(mayStay);
  }

  #initCode(): Uint8Array {
    const simple = simpleInitCode(this.#random);
    if (simple !== undefined) return simple;
    if (this.#depth >= 2) return Uint8Array.of(0x5f, 0x5f, 0xf3);
    return new FuzzCode(this.#random, this.#targets, this.#depth + 1).program(1 + this.#random(4));
  }

  #log(): void {
    const topics = this.#random(5);
    for (let i = 0; i < topics; i++) this.#operand();
    this.#region();
    this.#op(0xa0 + topics, topics + 2, 0);
  }

  /** `body` runs if the top of the stack is 0; it may leave nothing. */
  #skipUnlessZero(body: () => void): void {
    const at = this.#out.length;
    this.#emit(0x61, 0, 0, 0x57);
    this.#height--;
    body();
    const to = this.#out.length;
    this.#out[at + 1] = to >> 8;
    this.#out[at + 2] = to & 255;
    this.#emit(0x5b);
  }

  #branch(): void {
    const random = this.#random;
    if (this.#one(2)) {
      // on gas
      this.#push(BigInt(1 << random(6)));
      this.#op(0x5a, 0, 1);
      this.#op(0x16, 2, 1);
    } else {
      this.#operand();
    }
    this.#skipUnlessZero(() => this.#statement(false));
  }

  #loop(): void {
    const random = this.#random;
    this.#push(BigInt(1 + random(this.#one(50) ? 6000 : 12)));
    const start = this.#out.length;
    this.#emit(0x5b);
    for (let i = random(3); i > 0; i--) this.#statement(false);
    // counter: PUSH1 1, SWAP1, SUB, DUP1, PUSH2 start, JUMPI
    this.#emit(0x60, 1, 0x90, 0x03, 0x80, 0x61, start >> 8, start & 255, 0x57);
    this.#op(0x50, 1, 0);
  }

  #stack(): void {
    const random = this.#random;
    if (this.#height < 2) {
      this.#operand();
      return;
    }
    if (this.#one(2)) {
      this.#emit(0x80 + random(Math.min(16, this.#height)));
      this.#height++;
      this.#use(true);
    } else {
      this.#emit(0x90 + random(Math.min(16, this.#height - 1)));
    }
  }

  #oddity(): void {
    const random = this.#random;
    switch (random(9)) {
      case 0:
        this.#emit(random(256));
        return;
      case 1: // a jump into the constant of a PUSH
        this.#emit(0x61, (this.#out.length + 5) >> 8, (this.#out.length + 5) & 255, 0x56, 0x60, 0x5b, 0x50);
        return;
      case 2:
        this.#push(this.#word());
        this.#op(pick(random, [0x56, 0x57]), 1, 0);
        return;
      case 3: {
        // fills the stack: JUMPDEST DUP1 PUSH JUMP
        const start = this.#out.length;
        this.#emit(0x5b, 0x36, 0x61, start >> 8, start & 255, 0x56);
        return;
      }
      case 4:
        this.#emit(pick(random, [0x8f, 0x9f, 0x50, 0x0c, 0x1e, 0x21, 0x49, 0xb0, 0xe0, 0xef, 0xfe]));
        return;
      case 5:
        this.#address();
        this.#op(0xff, 1, 0);
        return;
      case 6: // endless
        this.#emit(0x5b, 0x61, this.#out.length >> 8, this.#out.length & 255, 0x56);
        return;
      default:
        this.#emit(...randomBytes(random, random(6)));
        return;
    }
  }

  #end(): void {
    const random = this.#random;
    for (let i = 0; this.#height > 0 && i < 3; i++) {
      this.#push(BigInt(4 + i));
      this.#op(0x55, 2, 0);
    }
    if (this.#one(3)) {
      // all of memory
      this.#op(0x59, 0, 1);
      this.#push(0n);
      this.#op(0x20, 2, 1);
      this.#push(8n);
      this.#op(0x55, 2, 0);
    }
    if (this.#one(2)) {
      this.#op(0x5a, 0, 1);
      this.#push(9n);
      this.#op(0x55, 2, 0);
    }
    const kind = random(20);
    if (kind < 10) {
      this.#region();
      this.#op(0xf3, 2, 0);
    } else if (kind < 14) {
      this.#region();
      this.#op(0xfd, 2, 0);
    } else if (kind === 14) {
      this.#address();
      this.#op(0xff, 1, 0);
    } else if (kind === 15) {
      this.#emit(0x60 + random(32)); // a PUSH cut short
    }
  }
}
