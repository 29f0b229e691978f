import type { Block } from '../../chain/block.ts';
import type { BlockSignatures } from '../../chain/blockSignatures.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BatchSummary } from '../../chain/types.ts';
import { encodeItem, wireBlockOf } from '../../chain/wire/codec.ts';
import { signDigest } from '../../chain/wire/signatures.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { blockDigest, closeDigest } from '../../protocol/network/digests.ts';
import type { Secret } from '../config/secret.ts';

export interface AnnouncerDeps {
  readonly store: ChainStore;
  readonly signatures: BlockSignatures;
  readonly key: Secret<Hex>;
  readonly publish: (bytes: Uint8Array) => Promise<void>;
  readonly log: Logger;
}

/** Signs the blocks this node builds and the batches it closes, and tells the network, in order. */
export class Announcer {
  readonly #deps: AnnouncerDeps;
  #last: Promise<void> = Promise.resolve();

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  block(block: Block): void {
    const { store, signatures, key, publish } = this.#deps;
    const batchTimestamp = store.head.open?.timestamp ?? block.timestamp;
    this.#inTurn(async () => {
      // A signature beside another block of this number would make a liar of whoever passes the two on.
      if (!(await this.#isStored(block))) return;
      const signature = signDigest(blockDigest(store.domain, block), key.reveal());
      await signatures.putBlock(block.number, signature);
      await publish(encodeItem({ kind: 'block', block: wireBlockOf(block, batchTimestamp), signature }));
    });
  }

  closed({ number, shape, lastBlock }: BatchSummary): void {
    const { store, signatures, key, publish } = this.#deps;
    this.#inTurn(async () => {
      const closed = await store.batch(number);
      if (closed === undefined) return;
      const { c } = closed.commitment;
      const close = { number, lastBlock, shape, c, evmCommitment: closed.batch.evmCommitment };
      const signature = signDigest(closeDigest(store.domain, close), key.reveal());
      await signatures.putClose(number, signature);
      await publish(encodeItem({ kind: 'close', close, signature }));
    });
  }

  async settled(): Promise<void> {
    await this.#last;
  }

  async #isStored({ number, hash }: Block): Promise<boolean> {
    const header = await this.#deps.store.header(number);
    return header !== undefined && BigInt(`0x${Buffer.from(header.hash()).toString('hex')}`) === hash;
  }

  #inTurn(work: () => Promise<void>): void {
    this.#last = this.#last
      .then(work)
      .catch((err: unknown) => this.#deps.log.warn({ err }, 'a block was not announced'));
  }
}
