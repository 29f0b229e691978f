import type { Stream } from '@libp2p/interface';
import type { Clock } from '../../../chain/clock.ts';
import type { Logger } from '../../../chain/logger.ts';
import { BoundedMap } from '../boundedMap.ts';
import { NetworkError } from '../errors.ts';
import type { NetworkLimits } from '../limits.ts';
import { RateBucket } from '../rateBucket.ts';
import type { Fault, NetworkHandlers, NetworkMetrics, RequestKind } from '../types.ts';
import { FrameReader } from './frameReader.ts';
import { FrameWriter, packed } from './frameWriter.ts';
import { decodeRequest } from './requestCodec.ts';

/** For a moment a peer may make so many seconds' worth of requests, and take so many seconds' worth of bytes. */
const BURST_REQUESTS = 10;
const BURST_BYTES_SECONDS = 4;
/** A peer whose bucket gave way begins with a full one, once for every few thousand ids. */
const BUCKETS = 4_096;
/** Numbers that a request of each kind has. */
const COUNTS: Readonly<Record<Exclude<RequestKind, 'status' | 'peers'>, readonly number[]>> = {
  blocks: [2],
  batch: [1],
  snapshot: [0, 2],
  announcements: [1],
};

export interface RequestServerDeps {
  readonly handlers: NetworkHandlers;
  /** What is told of other peers. */
  peerList(asking: string): Uint8Array;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: NetworkMetrics;
  fault(peer: string, fault: Fault | 'flood', reason: string): void;
  refused(peer: string, reason: string): void;
}

/** Answers peers. Whatever one asks and however it reads the answer, it takes a bounded part of this node's time, memory and line. */
export class RequestServer {
  readonly #limits: NetworkLimits;
  readonly #deps: RequestServerDeps;
  readonly #requests = new BoundedMap<RateBucket>(BUCKETS);
  readonly #bytes = new BoundedMap<RateBucket>(BUCKETS);
  #active = 0;

  constructor(options: { limits: NetworkLimits }, deps: RequestServerDeps) {
    this.#limits = options.limits;
    this.#deps = deps;
  }

  /** Never rejects. */
  async serve(kind: RequestKind, stream: Stream, peer: string): Promise<void> {
    if (this.#active >= this.#limits.streams) return this.#refuse(stream, peer, 'SERVER_BUSY');
    if (!this.#requestBucket(kind, peer).take()) {
      this.#deps.fault(peer, 'useless', 'REQUEST_RATE');
      return this.#refuse(stream, peer, 'REQUEST_RATE');
    }
    this.#active += 1;
    try {
      await this.#answer(kind, stream, peer);
    } catch (error) {
      this.#failed(kind, peer, error);
      stream.abort(new Error('request failed'));
    } finally {
      this.#active -= 1;
    }
  }

  async #answer(kind: RequestKind, stream: Stream, peer: string): Promise<void> {
    const { clock, metrics } = this.#deps;
    const reader = new FrameReader(stream, { clock });
    const numbers = await this.#request(kind, reader);
    metrics.bytes(kind, 'in', reader.receivedBytes);

    const writer = new FrameWriter(stream, { clock });
    const untilMs = clock.nowMs() + this.#limits.responseMs;
    let frames = 0;
    let sent = 0;
    for await (const payload of this.#payloads(kind, numbers, peer)) {
      const frame = await packed(payload, this.#frameLimit(kind, numbers));
      // Whoever asked goes on with another request from where this one ended.
      if (frames === this.#limits.responseFrames || sent + frame.length > this.#limits.responseBytes) break;
      const leftMs = untilMs - clock.nowMs();
      if (leftMs <= 0) throw new NetworkError('TIMEOUT');
      const waitMs = this.#byteBucket(peer).waitMs(frame.length);
      if (waitMs > 0) await clock.sleep(Math.min(waitMs, leftMs));
      await writer.write(frame, Math.min(leftMs, this.#limits.frameMs));
      frames += 1;
      sent += frame.length + 4;
    }
    await writer.end(this.#limits.frameMs);
    metrics.bytes(kind, 'out', sent);
  }

  /** The numbers of a request; none for kinds that have no request. */
  async #request(kind: RequestKind, reader: FrameReader): Promise<readonly number[]> {
    if (kind === 'status' || kind === 'peers') return [];
    const bytes = await reader.next(this.#limits.requestBytes, this.#limits.frameMs);
    if (bytes === undefined) throw new NetworkError('BAD_FRAME', { reason: 'no request' });
    return decodeRequest(bytes, COUNTS[kind]);
  }

  async *#payloads(kind: RequestKind, numbers: readonly number[], peer: string): AsyncIterable<Uint8Array> {
    const { handlers } = this.#deps;
    // decodeRequest has counted them.
    const [first = 0, second = 0] = numbers;
    if (kind === 'status') yield handlers.status();
    else if (kind === 'peers') yield this.#deps.peerList(peer);
    else if (kind === 'batch') yield* handlers.batch(first);
    else if (kind === 'announcements') yield* handlers.announcements?.(first) ?? [];
    else if (kind === 'blocks') {
      const count = Math.min(second, this.#limits.blocksPerRequest);
      if (count > 0) yield* handlers.blocks(BigInt(first), count);
    } else {
      const part = numbers.length === 0 ? handlers.snapshotManifest() : handlers.snapshotChunk(first, second);
      const bytes = await part;
      if (bytes !== undefined) yield bytes;
    }
  }

  #frameLimit(kind: RequestKind, numbers: readonly number[]): number {
    return frameLimit(this.#limits, kind, numbers.length > 0);
  }

  #failed(kind: RequestKind, peer: string, error: unknown): void {
    const { fault, refused, log } = this.#deps;
    if (!(error instanceof NetworkError)) {
      log.error({ err: error, kind }, 'request not answered');
      return;
    }
    if (error.code === 'BAD_FRAME' || error.code === 'TOO_LARGE') {
      fault(peer, 'invalid', 'BAD_REQUEST');
      refused(peer, 'BAD_REQUEST');
    } else if (error.code === 'TIMEOUT') {
      fault(peer, 'slow', 'REQUEST_TIMEOUT');
      refused(peer, 'REQUEST_TIMEOUT');
    }
    // UNREACHABLE: it went away, which is its right.
  }

  #refuse(stream: Stream, peer: string, reason: string): void {
    this.#deps.refused(peer, reason);
    stream.abort(new Error('refused'));
  }

  #requestBucket(kind: RequestKind, peer: string): RateBucket {
    const perSecond = this.#limits.requestsPerSecond[kind];
    return this.#requests.getOrMake(`${kind} ${peer}`, () => {
      return new RateBucket({ perSecond, burst: Math.max(2, perSecond * BURST_REQUESTS) }, this.#deps);
    });
  }

  #byteBucket(peer: string): RateBucket {
    const perSecond = this.#limits.servedBytesPerSecond;
    return this.#bytes.getOrMake(peer, () => {
      return new RateBucket({ perSecond, burst: perSecond * BURST_BYTES_SECONDS }, this.#deps);
    });
  }
}

/** Longest unpacked frame of a response. @param hasNumbers tells a snapshot's chunk from its manifest */
export function frameLimit(limits: NetworkLimits, kind: RequestKind, hasNumbers: boolean): number {
  if (kind === 'status') return limits.statusBytes;
  if (kind === 'peers') return MAX_PEER_LIST_BYTES;
  if (kind === 'announcements') return limits.topicBytes.announcement;
  if (kind === 'snapshot') return hasNumbers ? limits.chunkBytes : limits.manifestBytes;
  return limits.itemBytes;
}

const MAX_PEER_LIST_BYTES = 16_384;
