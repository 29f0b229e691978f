import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { NetworkError } from './errors.ts';

const PLAIN = 0;
const BROTLI = 1;
/** Below, what the codec gains is less than what the trip to its thread costs. */
const MIN_COMPRESSED = 256;
/** As fast as the wire; 6 gains a few percent more for four times the time. */
const QUALITY = 4;
const WINDOW_BITS = 20;
const CHUNK_BYTES = 65_536;

/** `codec ‖ payload` (docs/protocol.md section 16), packed only where that is shorter. */
export async function packFrame(payload: Uint8Array): Promise<Uint8Array> {
  if (payload.length >= MIN_COMPRESSED) {
    const packed = await compress(payload);
    if (packed.length < payload.length) return prefixed(BROTLI, packed);
  }
  return prefixed(PLAIN, payload);
}

/**
 * What a frame holds, as a plain array. Unpacking stops at `limit` bytes, so that a bomb costs no more than an honest frame.
 * @throws NetworkError BAD_FRAME {reason}: empty, codec, too long, compression, trailing bytes
 */
export async function unpackFrame(frame: Uint8Array, limit: number): Promise<Uint8Array> {
  if (frame.length > limit + 1) throw bad('too long');
  const codec = frame[0];
  if (codec === undefined) throw bad('empty');
  const payload = frame.subarray(1);
  if (codec === PLAIN) return new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
  if (codec !== BROTLI) throw bad('codec');
  return decompress(payload, limit);
}

function prefixed(codec: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(bytes.length + 1);
  frame[0] = codec;
  frame.set(bytes, 1);
  return frame;
}

function compress(bytes: Uint8Array): Promise<Uint8Array> {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return new Promise((resolve, reject) => {
    brotliCompress(bytes, { params, chunkSize: CHUNK_BYTES }, (error, result) => {
      if (error) reject(error);
      else resolve(result);
    });
  });
}

function decompress(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const options = { maxOutputLength: limit, chunkSize: Math.min(CHUNK_BYTES, Math.max(64, limit)), info: true };
  return new Promise((resolve, reject) => {
    brotliDecompress(bytes, options, (error: NodeJS.ErrnoException | null, result) => {
      if (error) return reject(bad(error.code === 'ERR_BUFFER_TOO_LARGE' ? 'too long' : 'compression', error));
      // Node's types leave out what `info` asks for: the stream, which knows how much it has read.
      const { buffer, engine } = result as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
      // Else one message would have as many forms as there are tails.
      if (engine.bytesWritten !== bytes.length) return reject(bad('trailing bytes'));
      resolve(new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength));
    });
  });
}

function bad(reason: string, cause?: unknown): NetworkError {
  return new NetworkError('BAD_FRAME', { reason }, { cause });
}
