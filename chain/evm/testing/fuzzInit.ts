import { pick, type Random } from './random.ts';

/** Init code that meets one of the rules for creations; undefined as often as not: then it is to be any program. */
export function simpleInitCode(random: Random): Uint8Array | undefined {
  switch (random(10)) {
    case 0:
      return Uint8Array.of();
    case 1: // RETURN of that many zeros: around the limit of EIP-170
      return Uint8Array.of(0x61, ...pick(random, [[0x60, 0x00] as const, [0x60, 0x01] as const]), 0x5f, 0xf3);
    case 2: // EIP-3541
      return Uint8Array.of(0x60, pick(random, [0xef, 0x60, 0xff]), 0x5f, 0x53, 0x60, 1 + random(2), 0x5f, 0xf3);
    case 3:
      return Uint8Array.of(0x60, random(50), 0x5f, pick(random, [0xfd, 0xfe, 0xf3]));
    case 4: // SSTORE, SELFDESTRUCT to the caller
      return Uint8Array.of(0x60, random(3), 0x60, random(2), 0x55, pick(random, [0x33, 0x30]), 0xff);
    case 5: // code that destroys itself: CALLER SELFDESTRUCT
      return Uint8Array.of(0x61, pick(random, [0x33, 0x30, 0x5f]), 0xff, 0x5f, 0x52, 0x60, 2, 0x60, 30, 0xf3);
    case 6: // EIP-7702's designator must not be created
      return Uint8Array.of(0x62, 0xef, 0x01, 0x00, 0x5f, 0x52, 0x60, 23, 0x60, 29, 0xf3);
    default:
      return undefined;
  }
}
