import type { BlockSignatures } from '../../chain/blockSignatures.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BatchSummary } from '../../chain/types.ts';
import { encodeItem, wireBlockOf } from '../../chain/wire/codec.ts';
import { isUnsigned } from '../../chain/wire/unsignedTx.ts';
import { wordHex } from '../../protocol/bytes.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { encodeStatus } from './peerStatus.ts';

export interface ChainServerDeps {
  readonly store: ChainStore;
  readonly signatures: BlockSignatures;
  readonly settled: () => { readonly committed: number; readonly proven: number };
  readonly snapshotBatch: () => number;
  readonly genesisHash: Hex;
}

/** Of one answer; the network layer has limits of its own. */
const MAX_BLOCKS = 256;
const MAX_BYTES = 8 * 2 ** 20;
const NONE = new Uint8Array();

/** What others may ask of this node's chain. */
export class ChainServer {
  readonly #deps: ChainServerDeps;

  constructor(deps: ChainServerDeps) {
    this.#deps = deps;
  }

  status(): Uint8Array {
    const { store, settled, snapshotBatch, genesisHash } = this.#deps;
    const { block, hash, closedBatch } = store.head;
    return encodeStatus({
      genesisHash,
      head: block,
      headHash: wordHex(hash),
      closedBatch,
      ...settled(),
      snapshotBatch: snapshotBatch(),
    });
  }

  /** Blocks from a number on, with the closes of their batches. Ends early where something is missing, or it gets long. */
  async *blocks(from: bigint, count: number): AsyncGenerator<Uint8Array> {
    const { store } = this.#deps;
    let batch: BatchSummary | undefined;
    let bytes = 0;
    const end = from + BigInt(Math.min(count, MAX_BLOCKS));
    for (let number = from < 1n ? 1n : from; number < end && bytes < MAX_BYTES; number += 1n) {
      const block = await store.block(number);
      // Without the signatures of its transactions nobody could check it.
      if (block === undefined || block.txs.some(isUnsigned)) return;
      if (batch?.number !== block.batch) {
        batch = await store.summary(block.batch);
        // What was derived from posted data alone is on L1, and comes from there.
        if (await store.isPosted(block.batch)) return;
      }
      const batchTimestamp = batch?.timestamp ?? this.#openTimestamp(block.batch);
      if (batchTimestamp === undefined) return;
      const signature = (await this.#deps.signatures.block(number)) ?? NONE;
      const item = encodeItem({ kind: 'block', block: wireBlockOf(block, batchTimestamp), signature });
      bytes += item.length;
      yield item;
      if (batch?.lastBlock === number) {
        const close = await this.#close(block.batch);
        if (close === undefined) return;
        yield close;
      }
    }
  }

  /** A closed batch. */
  async *batch(number: number): AsyncGenerator<Uint8Array> {
    const summary = await this.#deps.store.summary(number);
    if (summary === undefined) return;
    const { firstBlock, lastBlock } = summary;
    for (let from = firstBlock; from <= lastBlock; from += BigInt(MAX_BLOCKS)) {
      const left = Number(lastBlock - from) + 1;
      yield* this.blocks(from, left);
    }
  }

  #openTimestamp(batch: number): number | undefined {
    const { open } = this.#deps.store.head;
    return open?.number === batch ? open.timestamp : undefined;
  }

  async #close(number: number): Promise<Uint8Array | undefined> {
    const { store, signatures } = this.#deps;
    const closed = await store.batch(number);
    if (closed === undefined) return undefined;
    const { batch, commitment } = closed;
    const { lastBlock, shape, evmCommitment } = batch;
    const signature = (await signatures.close(number)) ?? NONE;
    return encodeItem({
      kind: 'close',
      close: { number, lastBlock, shape, c: commitment.c, evmCommitment },
      signature,
    });
  }
}
