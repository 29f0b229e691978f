import { simpleInitCode } from './fuzzInit.ts';
import { type FuzzTargets, FuzzWriter, SOURCES, WORD } from './fuzzWriter.ts';
import { pick, type Random, randomBytes } from './random.ts';

const BINARY = [1, 2, 3, 4, 5, 6, 7, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1d];
const MACHINE = [0x58, 0x59, 0x5a, 0x5f];
const CALLS = [0xf1, 0xf1, 0xf1, 0xf2, 0xf4, 0xf4, 0xfa];

/**
 * Code of statements that are mostly valid: each leaves what it computed on the stack, in memory or in storage, so that whatever went
 * differently ends up in the state root. Now and then it does what no compiler would.
 */
export class FuzzCode {
  readonly #random: Random;
  readonly #targets: FuzzTargets;
  readonly #depth: number;
  readonly #code: FuzzWriter;

  constructor(random: Random, targets: FuzzTargets, depth = 0) {
    this.#random = random;
    this.#targets = targets;
    this.#depth = depth;
    this.#code = new FuzzWriter(random, targets);
  }

  /** A whole program of about `statements` statements. */
  program(statements: number): Uint8Array {
    for (let i = 0; i < statements; i++) this.#statement(true);
    this.#end();
    return this.#code.bytes();
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
    else if (this.#code.one(10)) this.#oddity();
  }

  #source(mayStay: boolean): void {
    this.#code.op(pick(this.#random, [...SOURCES, ...MACHINE, ...MACHINE]), 0, 1);
    this.#code.use(mayStay);
  }

  #arithmetic(mayStay: boolean): void {
    const random = this.#random;
    const kind = random(12);
    if (kind < 8) {
      this.#code.operand();
      this.#code.operand();
      this.#code.op(pick(random, BINARY), 2, 1);
    } else if (kind === 8) {
      for (let i = 0; i < 3; i++) this.#code.operand();
      this.#code.op(pick(random, [0x08, 0x09]), 3, 1);
    } else if (kind === 9) {
      this.#code.push(this.#code.one(4) ? this.#code.word() : BigInt(random(300)));
      this.#code.operand();
      this.#code.op(0x0a, 2, 1);
    } else {
      this.#code.operand();
      this.#code.op(pick(random, [0x15, 0x19]), 1, 1);
    }
    this.#code.use(mayStay);
  }

  #memory(mayStay: boolean): void {
    const random = this.#random;
    switch (random(9)) {
      case 0:
        this.#code.push(this.#code.offset());
        this.#code.op(0x51, 1, 1);
        this.#code.use(mayStay);
        return;
      case 1:
        this.#code.region();
        this.#code.op(0x20, 2, 1);
        this.#code.use(mayStay);
        return;
      case 2:
        this.#code.operand();
        this.#code.push(this.#code.offset());
        this.#code.op(pick(random, [0x52, 0x53]), 2, 0);
        return;
      case 3:
        this.#code.region();
        this.#code.push(this.#code.offset());
        this.#code.op(0x5e, 3, 0);
        return;
      case 4:
        this.#code.push(this.#code.length());
        this.#code.push(this.#code.offset());
        this.#code.push(this.#code.offset());
        this.#code.op(pick(random, [0x37, 0x39]), 3, 0);
        return;
      case 5:
        this.#code.operand();
        this.#code.op(0x35, 1, 1);
        this.#code.use(mayStay);
        return;
      case 6: {
        // RETURNDATACOPY, rarely beyond what there is
        if (this.#code.one(30)) this.#code.push(this.#code.length());
        else this.#code.op(0x3d, 0, 1);
        this.#code.push(this.#code.one(60) ? this.#code.word() : 0n);
        this.#code.push(this.#code.offset());
        this.#code.op(0x3e, 3, 0);
        return;
      }
      case 7:
        this.#code.push(this.#code.length());
        this.#code.push(this.#code.offset());
        this.#code.push(this.#code.offset());
        this.#code.address();
        this.#code.op(0x3c, 4, 0);
        return;
      default:
        this.#code.op(0x59, 0, 1);
        this.#code.use(mayStay);
        return;
    }
  }

  #storage(mayStay: boolean): void {
    const random = this.#random;
    const kind = random(10);
    if (kind < 3) {
      this.#code.push(this.#code.slot());
      this.#code.op(pick(random, [0x54, 0x54, 0x5c]), 1, 1);
      this.#code.use(mayStay);
      return;
    }
    if (kind < 5) {
      this.#code.operand();
      this.#code.push(this.#code.slot());
      this.#code.op(0x5d, 2, 0);
      return;
    }
    // Writes of one slot in a row: what they cost and give back depends on the values before.
    const slot = this.#code.slot();
    for (let i = 1 + random(3); i > 0; i--) {
      if (this.#code.one(3)) this.#code.operand();
      else this.#code.push(BigInt(random(3)));
      this.#code.push(slot);
      this.#code.op(0x55, 2, 0);
    }
  }

  #environment(mayStay: boolean): void {
    const random = this.#random;
    if (random(4) === 0) {
      // BLOCKHASH of a recent block, rarely of any
      if (this.#code.one(4)) this.#code.push(this.#code.word());
      else {
        this.#code.push(BigInt(random(4)));
        this.#code.op(0x43, 0, 1);
        this.#code.op(0x03, 2, 1);
      }
      this.#code.op(0x40, 1, 1);
    } else {
      this.#code.address();
      this.#code.op(pick(random, [0x31, 0x3b, 0x3f]), 1, 1);
    }
    this.#code.use(mayStay);
  }

  #gas(): void {
    const random = this.#random;
    const kind = random(8);
    if (kind < 2) this.#code.op(0x5a, 0, 1);
    else if (kind < 7) this.#code.push(BigInt(random(1 << (6 + random(12)))));
    else this.#code.push(pick(random, [0n, 2299n, 2300n, 2301n, 9000n, WORD - 1n]));
  }

  #call(mayStay: boolean): void {
    const random = this.#random;
    const op = pick(random, CALLS);
    const [outOffset, outLength] = [this.#code.offset(), this.#code.length()];
    this.#code.push(outLength);
    this.#code.push(outOffset);
    this.#code.region();
    const hasValue = op === 0xf1 || op === 0xf2;
    if (hasValue) this.#code.push(this.#code.one(3) ? pick(random, [1n, 1n, 5n, 10n ** 9n, WORD - 1n]) : 0n);
    this.#code.address();
    this.#gas();
    this.#code.op(op, hasValue ? 7 : 6, 1);
    this.#code.use(mayStay);
    if (this.#code.one(3)) {
      this.#code.push(outOffset);
      this.#code.op(0x51, 1, 1);
      this.#code.use(mayStay);
    }
    if (this.#code.one(3)) {
      this.#code.op(0x3d, 0, 1);
      this.#code.push(0n);
      this.#code.push(BigInt(random(200)));
      this.#code.op(0x3e, 3, 0);
    }
    if (this.#code.one(3)) {
      this.#code.op(0x5a, 0, 1);
      this.#code.use(mayStay);
    }
  }

  #create(mayStay: boolean): void {
    const random = this.#random;
    const init = this.#initCode();
    this.#code.place(init);
    const isSalted = this.#code.one(2);
    if (isSalted) this.#code.push(BigInt(random(2)));
    this.#code.push(this.#code.one(30) ? pick(random, [49_152n, 49_153n, 2n ** 32n]) : BigInt(init.length));
    this.#code.push(0n);
    this.#code.push(this.#code.one(5) ? pick(random, [1n, 7n, WORD - 1n]) : 0n);
    this.#code.op(isSalted ? 0xf5 : 0xf0, isSalted ? 4 : 3, 1);
    if (this.#code.one(2)) {
      // what was created is called: RETURNDATASIZE and MSIZE stand for any numbers
      this.#code.op(0x80, 0, 1);
      for (let i = 0; i < 4; i++) this.#code.push(BigInt(random(40)));
      this.#code.push(0n);
      this.#code.op(0x85, 0, 1);
      this.#gas();
      this.#code.op(0xf1, 7, 1);
      this.#code.use(false);
      this.#code.op(0x50, 1, 0);
    }
    this.#code.use(mayStay);
    this.#code.op(0x3d, 0, 1);
    this.#code.use(mayStay);
  }

  #initCode(): Uint8Array {
    const simple = simpleInitCode(this.#random);
    if (simple !== undefined) return simple;
    if (this.#depth >= 2) return Uint8Array.of(0x5f, 0x5f, 0xf3);
    return new FuzzCode(this.#random, this.#targets, this.#depth + 1).program(1 + this.#random(4));
  }

  #log(): void {
    const topics = this.#random(5);
    for (let i = 0; i < topics; i++) this.#code.operand();
    this.#code.region();
    this.#code.op(0xa0 + topics, topics + 2, 0);
  }

  #branch(): void {
    const random = this.#random;
    if (this.#code.one(2)) {
      // on gas
      this.#code.push(BigInt(1 << random(6)));
      this.#code.op(0x5a, 0, 1);
      this.#code.op(0x16, 2, 1);
    } else {
      this.#code.operand();
    }
    this.#code.skipUnlessZero(() => this.#statement(false));
  }

  #loop(): void {
    const random = this.#random;
    this.#code.push(BigInt(1 + random(this.#code.one(50) ? 6000 : 12)));
    const start = this.#code.size;
    this.#code.emit(0x5b);
    for (let i = random(3); i > 0; i--) this.#statement(false);
    // counter: PUSH1 1, SWAP1, SUB, DUP1, PUSH2 start, JUMPI
    this.#code.emit(0x60, 1, 0x90, 0x03, 0x80, 0x61, start >> 8, start & 255, 0x57);
    this.#code.op(0x50, 1, 0);
  }

  #stack(): void {
    const random = this.#random;
    if (this.#code.height < 2) {
      this.#code.operand();
      return;
    }
    if (this.#code.one(2)) {
      this.#code.emit(0x80 + random(Math.min(16, this.#code.height)));
      this.#code.height++;
      this.#code.use(true);
    } else {
      this.#code.emit(0x90 + random(Math.min(16, this.#code.height - 1)));
    }
  }

  #oddity(): void {
    const random = this.#random;
    switch (random(9)) {
      case 0:
        this.#code.emit(random(256));
        return;
      case 1: // a jump into the constant of a PUSH
        this.#code.emit(0x61, (this.#code.size + 5) >> 8, (this.#code.size + 5) & 255, 0x56, 0x60, 0x5b, 0x50);
        return;
      case 2:
        this.#code.push(this.#code.word());
        this.#code.op(pick(random, [0x56, 0x57]), 1, 0);
        return;
      case 3: {
        // fills the stack: JUMPDEST DUP1 PUSH JUMP
        const start = this.#code.size;
        this.#code.emit(0x5b, 0x36, 0x61, start >> 8, start & 255, 0x56);
        return;
      }
      case 4:
        this.#code.emit(pick(random, [0x8f, 0x9f, 0x50, 0x0c, 0x1e, 0x21, 0x49, 0xb0, 0xe0, 0xef, 0xfe]));
        return;
      case 5:
        this.#code.address();
        this.#code.op(0xff, 1, 0);
        return;
      case 6: // endless
        this.#code.emit(0x5b, 0x61, this.#code.size >> 8, this.#code.size & 255, 0x56);
        return;
      default:
        this.#code.emit(...randomBytes(random, random(6)));
        return;
    }
  }

  #end(): void {
    const random = this.#random;
    for (let i = 0; this.#code.height > 0 && i < 3; i++) {
      this.#code.push(BigInt(4 + i));
      this.#code.op(0x55, 2, 0);
    }
    if (this.#code.one(3)) {
      // all of memory
      this.#code.op(0x59, 0, 1);
      this.#code.push(0n);
      this.#code.op(0x20, 2, 1);
      this.#code.push(8n);
      this.#code.op(0x55, 2, 0);
    }
    if (this.#code.one(2)) {
      this.#code.op(0x5a, 0, 1);
      this.#code.push(9n);
      this.#code.op(0x55, 2, 0);
    }
    const kind = random(20);
    if (kind < 10) {
      this.#code.region();
      this.#code.op(0xf3, 2, 0);
    } else if (kind < 14) {
      this.#code.region();
      this.#code.op(0xfd, 2, 0);
    } else if (kind === 14) {
      this.#code.address();
      this.#code.op(0xff, 1, 0);
    } else if (kind === 15) {
      this.#code.emit(0x60 + random(32)); // a PUSH cut short
    }
  }
}
