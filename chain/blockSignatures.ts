import { type Db, type DbRange, putBytes } from './db.ts';
import { keys, ranges } from './keys.ts';

/**
 * What proposers signed of the stored blocks and closed batches, to be passed on with them. Whoever puts one has checked it. The store
 * forgets those of what it rolls back.
 */
export class BlockSignatures {
  readonly #db: Db;

  constructor({ db }: { db: Db }) {
    this.#db = db;
  }

  putBlock(number: bigint, signature: Uint8Array): Promise<void> {
    return this.#db.write([putBytes(keys.blockSignature(number), signature)]);
  }

  block(number: bigint): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(keys.blockSignature(number));
  }

  putClose(batch: number, signature: Uint8Array): Promise<void> {
    return this.#db.write([putBytes(keys.closeSignature(batch), signature)]);
  }

  close(batch: number): Promise<Uint8Array | undefined> {
    return this.#db.getBytes(keys.closeSignature(batch));
  }

  /** Forgets signatures of blocks below `block` and of batches below `batch`: L1 vouches for those that are final. */
  async pruneBelow(block: bigint, batch: number): Promise<void> {
    await this.#remove(ranges.blockSignatures(block));
    await this.#remove(ranges.closeSignatures(batch));
  }

  async #remove(range: DbRange): Promise<void> {
    const found: string[] = [];
    for await (const [key] of this.#db.range(range)) found.push(key);
    if (found.length > 0) await this.#db.write(found.map((key) => ({ type: 'del', key })));
  }
}
