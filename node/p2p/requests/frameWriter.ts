import type { Stream } from '@libp2p/interface';
import type { Clock } from '../../../chain/clock.ts';
import { NetworkError } from '../errors.ts';
import { packFrame } from '../frame.ts';

/** Queued for the other side before this one waits for it. */
const HIGH_WATER_BYTES = 262_144;

/** Puts frames on a stream, each behind its length in four bytes, no faster than the other side takes them. */
export class FrameWriter {
  readonly #stream: Stream;
  readonly #clock: Clock;

  constructor(stream: Stream, deps: { clock: Clock }) {
    this.#stream = stream;
    this.#clock = deps.clock;
  }

  /** @throws NetworkError TIMEOUT: the other side does not read; UNREACHABLE: it is gone */
  async write(frame: Uint8Array, timeoutMs: number): Promise<void> {
    const prefixed = Buffer.allocUnsafe(4 + frame.length);
    prefixed.writeUInt32BE(frame.length);
    prefixed.set(frame, 4);
    this.#send(prefixed);
    if (this.#stream.writeBufferLength > HIGH_WATER_BYTES) await this.#drained(timeoutMs);
  }

  /** No more will be written; what was is sent first. @throws NetworkError TIMEOUT, UNREACHABLE */
  async end(timeoutMs: number): Promise<void> {
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(timeoutMs) });
    } catch (cause) {
      throw new NetworkError(this.#stream.status === 'open' ? 'TIMEOUT' : 'UNREACHABLE', {}, { cause });
    }
  }

  #send(bytes: Uint8Array): void {
    try {
      this.#stream.send(bytes);
    } catch (cause) {
      throw new NetworkError('UNREACHABLE', { reason: 'closed' }, { cause });
    }
  }

  async #drained(timeoutMs: number): Promise<void> {
    const timer = new AbortController();
    const late = this.#clock.sleep(timeoutMs, timer.signal);
    const events = ['drain', 'idle', 'close'] as const;
    let wake: () => void = () => undefined;
    const onEvent = (): void => wake();
    for (const event of events) this.#stream.addEventListener(event, onEvent);
    try {
      while (this.#stream.writeBufferLength > HIGH_WATER_BYTES) {
        if (this.#stream.status !== 'open') throw new NetworkError('UNREACHABLE', { reason: 'closed' });
        const woken = new Promise<'woken'>((resolve) => {
          wake = () => resolve('woken');
        });
        const result = await Promise.race([woken, late.then(() => 'late' as const)]);
        if (result === 'late') throw new NetworkError('TIMEOUT');
        // The stream goes on sending after this very event.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      timer.abort();
      for (const event of events) this.#stream.removeEventListener(event, onEvent);
    }
  }
}

/** One message as it goes on the wire. */
export async function packed(payload: Uint8Array, limit: number): Promise<Uint8Array> {
  if (payload.length > limit) throw new NetworkError('TOO_LARGE', { length: payload.length, limit });
  return packFrame(payload);
}
