import type { Stream } from '@libp2p/interface';
import type { Clock } from '../../../chain/clock.ts';
import { BoundedMap } from '../boundedMap.ts';
import { NetworkError, type NetworkErrorCode } from '../errors.ts';
import type { NetworkLimits } from '../limits.ts';
import { RateBucket } from '../rateBucket.ts';
import type { Fault, NetworkMetrics, RequestKind } from '../types.ts';
import { FrameReader } from './frameReader.ts';
import { FrameWriter, packed } from './frameWriter.ts';
import { encodeRequest } from './requestCodec.ts';
import { frameLimit } from './requestServer.ts';

const BUCKETS = 1_024;
/** Of what a peer gives before it refuses: its clock and ours differ, and it must never refuse us. */
const OWN_SHARE = 0.8;
const OWN_BURST = 4;

export interface RequestClientDeps {
  open(peer: string, kind: RequestKind, signal: AbortSignal): Promise<Stream>;
  readonly clock: Clock;
  readonly metrics: NetworkMetrics;
  fault(peer: string, fault: Fault, reason: string): void;
  isBanned(peer: string): boolean;
}

interface Request {
  readonly peer: string;
  readonly kind: RequestKind;
  /** Undefined: this kind has no request. */
  readonly numbers?: readonly number[];
  readonly maxFrames: number;
}

/** Asks peers. An answer is taken frame by frame: a peer can neither make this node hold more nor wait longer than the limits say. */
export class RequestClient {
  readonly #limits: NetworkLimits;
  readonly #deps: RequestClientDeps;
  readonly #rates = new BoundedMap<RateBucket>(BUCKETS);
  readonly #stop = new AbortController();
  readonly #streams = new Set<Stream>();

  constructor(options: { limits: NetworkLimits }, deps: RequestClientDeps) {
    this.#limits = options.limits;
    this.#deps = deps;
  }

  /** Breaks off what is under way. */
  stop(): void {
    this.#stop.abort();
    for (const stream of this.#streams) stream.abort(new Error('stopped'));
  }

  /**
   * The frames of the answer, unpacked; none: the peer has not what is asked for. Whoever stops taking them ends the request.
   * @throws NetworkError BANNED, UNREACHABLE, TIMEOUT, BAD_RESPONSE, TOO_LARGE; the last three have cost the peer score
   */
  async *stream(request: Request): AsyncIterable<Uint8Array> {
    const { clock, metrics } = this.#deps;
    const { peer, kind } = request;
    const startMs = clock.nowMs();
    let outcome: 'ok' | NetworkErrorCode = 'ok';
    let stream: Stream | undefined;
    let isDone = false;
    try {
      stream = await this.#open(request);
      const reader = new FrameReader(stream, { clock });
      const limit = frameLimit(this.#limits, kind, (request.numbers?.length ?? 0) > 0);
      let waitedMs = 0;
      let counted = 0;
      for (let frames = 0; ; frames += 1) {
        const askedMs = clock.nowMs();
        const leftMs = this.#limits.responseMs - waitedMs;
        if (leftMs <= 0) throw new NetworkError('TIMEOUT', { reason: 'response' });
        const payload = await reader.next(limit, Math.min(this.#limits.frameMs, leftMs));
        // The time its receiver takes is not the peer's.
        waitedMs += clock.nowMs() - askedMs;
        metrics.bytes(kind, 'in', reader.receivedBytes - counted);
        counted = reader.receivedBytes;
        if (payload === undefined) break;
        if (frames === request.maxFrames) throw new NetworkError('TOO_LARGE', { reason: 'frames' });
        if (counted > this.#limits.responseBytes + limit) throw new NetworkError('TOO_LARGE', { reason: 'bytes' });
        yield payload;
      }
      isDone = true;
    } catch (error) {
      const known = this.#explain(peer, error);
      outcome = known.code;
      throw known;
    } finally {
      if (stream !== undefined) {
        this.#streams.delete(stream);
        if (!isDone) stream.abort(new Error('request ended'));
      }
      metrics.request(kind, outcome, (clock.nowMs() - startMs) / 1_000);
    }
  }

  /** The only frame of an answer, if there is one. @throws as `stream` */
  async one(request: Omit<Request, 'maxFrames'>): Promise<Uint8Array | undefined> {
    let found: Uint8Array | undefined;
    for await (const payload of this.stream({ ...request, maxFrames: 1 })) found = payload;
    return found;
  }

  async #open({ peer, kind, numbers }: Request): Promise<Stream> {
    const { clock, metrics } = this.#deps;
    if (this.#deps.isBanned(peer)) throw new NetworkError('BANNED', { peer });
    const waitMs = this.#rate(kind, peer).waitMs(1);
    if (waitMs > 0) await clock.sleep(waitMs, this.#stop.signal);
    const signal = AbortSignal.any([AbortSignal.timeout(this.#limits.frameMs), this.#stop.signal]);
    let stream: Stream;
    try {
      stream = await this.#deps.open(peer, kind, signal);
    } catch (cause) {
      if (cause instanceof NetworkError) throw cause;
      const isLate = signal.aborted && !this.#stop.signal.aborted;
      throw new NetworkError(isLate ? 'TIMEOUT' : 'UNREACHABLE', { peer }, { cause });
    }
    this.#streams.add(stream);
    try {
      const writer = new FrameWriter(stream, { clock });
      if (numbers !== undefined) {
        const frame = await packed(encodeRequest(numbers), this.#limits.requestBytes);
        await writer.write(frame, this.#limits.frameMs);
        metrics.bytes(kind, 'out', frame.length + 4);
      }
      await writer.end(this.#limits.frameMs);
    } catch (error) {
      this.#streams.delete(stream);
      stream.abort(new Error('request not sent'));
      throw error;
    }
    return stream;
  }

  #explain(peer: string, error: unknown): NetworkError {
    if (this.#stop.signal.aborted) return new NetworkError('STOPPED', {}, { cause: error });
    if (!(error instanceof NetworkError)) return new NetworkError('UNREACHABLE', { peer }, { cause: error });
    if (error.code === 'TIMEOUT') this.#deps.fault(peer, 'slow', 'RESPONSE_TIMEOUT');
    if (error.code === 'TOO_LARGE') this.#deps.fault(peer, 'invalid', 'RESPONSE_TOO_LARGE');
    if (error.code !== 'BAD_FRAME') return error;
    this.#deps.fault(peer, 'invalid', 'BAD_RESPONSE');
    const isTooLong = error.data.reason === 'too long';
    return new NetworkError(isTooLong ? 'TOO_LARGE' : 'BAD_RESPONSE', { peer }, { cause: error });
  }

  #rate(kind: RequestKind, peer: string): RateBucket {
    const perSecond = this.#limits.requestsPerSecond[kind] * OWN_SHARE;
    return this.#rates.getOrMake(`${kind} ${peer}`, () => {
      return new RateBucket({ perSecond, burst: Math.max(1, perSecond * OWN_BURST) }, this.#deps);
    });
  }
}
