import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { PostedBatch } from '../../bridge/client/types.ts';
import type { DerivableBatch } from '../../chain/derive/types.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import { MessageSource } from '../l1/messageSource.ts';

export interface PostedSourceDeps {
  readonly rollup: Pick<RollupReader, 'readBatch'>;
  /** Absent: no message ever comes. */
  readonly lane: Pick<EvmLaneReader, 'readEvents'> | undefined;
}

/** Batches read from L1 ahead of the one that is asked for. */
const READ_AHEAD = 4;

/** Batches as L1 has them, with the messages they may take. What is read ahead is forgotten by `reset`: after L1 went back. */
export class PostedSource {
  readonly #options: { readonly deployedAt: bigint; readonly domain: Field };
  readonly #deps: PostedSourceDeps;
  readonly #coming = new Map<number, Promise<PostedBatch>>();
  #messages: MessageSource | undefined;

  constructor(options: { readonly deployedAt: bigint; readonly domain: Field }, deps: PostedSourceDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @param last batches up to this one are read ahead. @throws BridgeError */
  async batch(number: number, last = number): Promise<PostedBatch> {
    for (let next = number; next <= last && next < number + READ_AHEAD; next += 1) {
      if (this.#coming.has(next)) continue;
      const read = this.#deps.rollup.readBatch(next);
      // Whoever awaits it gets the failure; until then it must not count as unhandled.
      read.catch(() => this.#coming.delete(next));
      this.#coming.set(next, read);
    }
    const posted = this.#coming.get(number) ?? this.#deps.rollup.readBatch(number);
    this.#coming.delete(number);
    return posted;
  }

  /** Messages from index `next` on that L1 had with the block of the batch's commit. `next` may fall only after `reset`. */
  async messages(posted: PostedBatch, next: bigint): Promise<readonly L1Message[]> {
    const { lane } = this.#deps;
    if (lane === undefined) return [];
    this.#messages ??= new MessageSource({ deployedAt: this.#options.deployedAt, next }, { lane });
    const messages = await this.#messages.upTo(posted.l1.blockNumber, next);
    const committedAt = posted.stored.committedAt;
    return messages.filter(({ l1Timestamp }) => l1Timestamp <= committedAt);
  }

  derivable({ number, shape, header, oldRoot, body, evmData, stored }: PostedBatch): DerivableBatch {
    const { domain } = this.#options;
    return {
      header: { ...header, number, domain, oldRoot, shape },
      body,
      evmData,
      committedAt: stored.committedAt,
    };
  }

  reset(): void {
    this.#coming.clear();
    this.#messages = undefined;
  }
}
