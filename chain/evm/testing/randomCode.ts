import { pick, type Random, randomBytes } from './random.ts';

/** Opcodes with few arguments, so that random code gets far before it fails. */
const OPS = [
  0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
  0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x20, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b,
  0x3c, 0x3d, 0x3e, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x50, 0x51, 0x52, 0x53, 0x54,
  0x55, 0x54, 0x55, 0x54, 0x55, 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x80, 0x81, 0x82, 0x83, 0x90, 0x91, 0x92,
  0xa0, 0xa1, 0xa2, 0xa3, 0xa4,
];

/**
 * Code that computes at random: small constants, storage in a few slots, memory, logs, calls of the given accounts, creations. It mostly
 * ends by itself, sometimes reverts, destroys itself, jumps or runs into something invalid.
 */
export function randomCode(random: Random, accounts: readonly Uint8Array[]): Uint8Array {
  const code: number[] = [];
  const small = (): void => {
    if (random(12) === 0) code.push(0x61, random(40), random(256));
    else code.push(0x60, pick(random, [0, 1, 2, 3, 31, 32, 64, 255]));
  };
  for (let i = 8 + random(60); i > 0; i--) {
    const kind = random(100);
    if (kind < 40) {
      small();
      small();
      code.push(pick(random, OPS));
    } else if (kind < 50) {
      code.push(pick(random, OPS));
    } else if (kind < 60) {
      const length = 1 + random(32);
      code.push(0x5f + length, ...randomBytes(random, length));
    } else if (kind < 72) {
      callOf(random, accounts, code);
    } else if (kind < 78) {
      // storage of one of four slots
      small();
      code.push(0x60, random(4), random(4) === 0 ? 0x54 : 0x55);
    } else if (kind < 82) {
      createOf(random, code);
    } else if (kind < 88) {
      // over one byte, if the top is not 0
      code.push(0x58, 0x60, 8, 0x01, 0x57, 0x60, 0, 0x50, 0x5b);
    } else if (kind < 90) {
      code.push(0x60, random(32), 0x60, 0, pick(random, [0xfd, 0xf3]));
    } else if (kind === 90) {
      code.push(0x73, ...pick(random, accounts), 0xff);
    } else if (kind === 91) {
      code.push(pick(random, [0x0c, 0xfe, 0x56, 0x57, 0xef, 0x00]));
    } else {
      code.push(0x60, random(256));
    }
  }
  return Uint8Array.from(code);
}

function callOf(random: Random, accounts: readonly Uint8Array[], code: number[]): void {
  const op = pick(random, [0xf1, 0xf1, 0xf2, 0xf4, 0xfa]);
  // what it returns goes to memory that nobody may have had before
  code.push(0x60, random(64), 0x61, random(4) === 0 ? random(40) : 0, random(64), 0x60, random(64), 0x60, random(64));
  if (op === 0xf1 || op === 0xf2) code.push(0x60, random(3) === 0 ? random(4) : 0);
  if (random(12) === 0) code.push(0x60, 1 + random(20));
  else code.push(0x73, ...pick(random, accounts));
  code.push(0x62, random(3), random(256), random(256), op);
}

/** Creates a contract whose code are the first bytes of a constant. */
function createOf(random: Random, code: number[]): void {
  // init code: MSTORE8(0, x), RETURN(0, n)
  const init = [0x60, pick(random, [0, 0x60, 0xef]), 0x5f, 0x53, 0x60, random(3), 0x5f, 0xf3];
  code.push(0x67, ...init, 0x5f, 0x52);
  const isSalted = random(2) === 0;
  if (isSalted) code.push(0x60, random(2));
  code.push(0x60, 8, 0x60, 24, 0x60, random(2), isSalted ? 0xf5 : 0xf0);
}
