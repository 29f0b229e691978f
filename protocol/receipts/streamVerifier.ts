import { verify } from '../crypto/eddsa.ts';
import { type PreparedKey, prepareKey, verifyPrepared } from '../crypto/preparedKey.ts';
import type { Field, Point, Signature } from '../types.ts';

/** From this signature on a table has paid for itself (bench/vouchers.ts: making one costs 2 to 4 times what it saves each time). */
const PREPARE_AT = 4;

/** Verifies many signatures of one key: prepares the key once it is clear that there are many. */
export class StreamVerifier {
  readonly key: Point;
  #count = 0;
  #prepared: PreparedKey | undefined;

  constructor(key: Point) {
    this.key = key;
  }

  verify(message: Field, signature: Signature): boolean {
    this.#count += 1;
    if (this.#count < PREPARE_AT) return verify(this.key, message, signature);
    this.#prepared ??= prepareKey(this.key);
    return verifyPrepared(this.#prepared, message, signature);
  }
}
