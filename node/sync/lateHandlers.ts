import type { NetworkHandlers, Topic, Verdict } from '../p2p/types.ts';
import { ignore } from './verdicts.ts';

/** The network runs before the chain does (a snapshot may come over it): until then there is nothing to say. */
export class LateHandlers implements NetworkHandlers {
  #handlers: NetworkHandlers | undefined;

  set(handlers: NetworkHandlers): void {
    this.#handlers = handlers;
  }

  async onGossip(topic: Topic, bytes: Uint8Array, from: string): Promise<Verdict> {
    return this.#handlers?.onGossip(topic, bytes, from) ?? ignore('STARTING');
  }

  status(): Uint8Array {
    return this.#handlers?.status() ?? new Uint8Array();
  }

  async *blocks(from: bigint, count: number): AsyncGenerator<Uint8Array> {
    if (this.#handlers !== undefined) yield* this.#handlers.blocks(from, count);
  }

  async *batch(number: number): AsyncGenerator<Uint8Array> {
    if (this.#handlers !== undefined) yield* this.#handlers.batch(number);
  }

  async snapshotManifest(): Promise<Uint8Array | undefined> {
    return this.#handlers?.snapshotManifest();
  }

  async snapshotChunk(batch: number, chunk: number): Promise<Uint8Array | undefined> {
    return this.#handlers?.snapshotChunk(batch, chunk);
  }

  async *announcements(after: number): AsyncGenerator<Uint8Array> {
    const found = this.#handlers?.announcements?.(after);
    if (found !== undefined) yield* found;
  }
}
