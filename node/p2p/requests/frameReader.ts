import type { Stream } from '@libp2p/interface';
import type { Clock } from '../../../chain/clock.ts';
import { NetworkError } from '../errors.ts';
import { unpackFrame } from '../frame.ts';

const PREFIX_BYTES = 4;
/** Read ahead of whoever takes the frames; then the stream is paused, and its window stops the sender. */
const HIGH_WATER_BYTES = 262_144;

/**
 * Frames off a stream, each behind its length in four bytes. Only what arrived is held, never what a length claims.
 * Bytes count as they are on the wire.
 */
export class FrameReader {
  readonly #stream: Stream;
  readonly #clock: Clock;
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  #isEnded = false;
  #error: Error | undefined;
  #isPaused = false;
  /** The frame that is waited for may be longer than what is read ahead. */
  #wanted = 0;
  #wake: () => void = () => undefined;
  #receivedBytes = 0;

  constructor(stream: Stream, deps: { clock: Clock }) {
    this.#stream = stream;
    this.#clock = deps.clock;
    stream.addEventListener('message', ({ data }) => {
      const bytes = data.subarray();
      this.#chunks.push(bytes);
      this.#buffered += bytes.length;
      this.#receivedBytes += bytes.length;
      this.#pauseWhenFull();
      this.#wake();
    });
    stream.addEventListener('remoteCloseWrite', () => this.#wake());
    stream.addEventListener('close', ({ error }) => {
      this.#isEnded = true;
      this.#error = error;
      this.#wake();
    });
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /**
   * The next frame unpacked, or undefined where the sender has ended in order.
   * @param limit of the unpacked frame. @param timeoutMs for the whole frame
   * @throws NetworkError TIMEOUT; TOO_LARGE: by its length; BAD_FRAME: truncated, or does not unpack; UNREACHABLE: broken off
   */
  async next(limit: number, timeoutMs: number): Promise<Uint8Array | undefined> {
    const timer = new AbortController();
    let isLate = false;
    void this.#clock.sleep(timeoutMs, timer.signal).then(() => {
      isLate = !timer.signal.aborted;
      this.#wake();
    });
    try {
      const isThere = await this.#has(PREFIX_BYTES, () => isLate);
      if (!isThere) return undefined;
      const length = this.#peekLength();
      if (length > limit + 1) throw new NetworkError('TOO_LARGE', { length, limit });
      await this.#has(PREFIX_BYTES + length, () => isLate);
      this.#take(PREFIX_BYTES);
      return await unpackFrame(this.#take(length), limit);
    } finally {
      timer.abort();
    }
  }

  /** Waits for so many bytes; false: none came and none will. */
  async #has(bytes: number, isLate: () => boolean): Promise<boolean> {
    this.#wanted = bytes;
    while (this.#buffered < bytes) {
      // Delivers what was held back at once.
      this.#resume();
      if (this.#buffered >= bytes) break;
      if (this.#error !== undefined) throw new NetworkError('UNREACHABLE', { reason: 'reset' }, { cause: this.#error });
      if (this.#isAtEnd()) {
        if (this.#buffered === 0 && bytes === PREFIX_BYTES) return false;
        throw new NetworkError('BAD_FRAME', { reason: 'truncated' });
      }
      if (isLate()) throw new NetworkError('TIMEOUT');
      // Nothing can come between the checks above and this line.
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return true;
  }

  #isAtEnd(): boolean {
    return (this.#isEnded || this.#stream.remoteWriteStatus !== 'writable') && this.#stream.readBufferLength === 0;
  }

  #pauseWhenFull(): void {
    if (this.#isPaused || this.#buffered < Math.max(HIGH_WATER_BYTES, this.#wanted)) return;
    if (this.#stream.remoteWriteStatus !== 'writable' || this.#stream.status !== 'open') return;
    this.#stream.pause();
    this.#isPaused = true;
  }

  #resume(): void {
    if (!this.#isPaused) return;
    // A pause from within, when what was held back arrives, would be forgotten by the multiplexer.
    if (this.#stream.readStatus === 'paused') this.#stream.resume();
    this.#isPaused = false;
    this.#pauseWhenFull();
  }

  #peekLength(): number {
    return Buffer.from(this.#peek(PREFIX_BYTES)).readUInt32BE();
  }

  #peek(count: number): Uint8Array {
    const first = this.#chunks[0];
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined.subarray(0, count);
  }

  #take(count: number): Uint8Array {
    const taken = this.#peek(count);
    const first = this.#chunks[0];
    if (first !== undefined) {
      if (first.length === count) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(count);
    }
    this.#buffered -= count;
    return taken;
  }
}
