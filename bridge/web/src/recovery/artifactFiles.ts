import { RecoveryError, throwIfAborted } from './errors.ts';

/** Addresses of the files. */
export interface ArtifactUrls {
  readonly wasm: string;
  readonly zkey: string;
  readonly vkey: string;
}

/** snarkjs's JSON of a verifying key. */
export type VerifyingKey = Readonly<Record<string, unknown>>;

export interface Artifacts {
  /** The witness generator. */
  readonly wasm: Uint8Array;
  readonly zkey: Uint8Array;
  readonly vkey: VerifyingKey;
}

interface DownloadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes; `of` is absent where a server does not say, or compresses. */
  onProgress?(progress: { done: number; of?: number }): void;
}

/** root, index, state, a, b, c (circuits/accountProof.circom). */
const PUBLIC_SIGNALS = 6;
/** The account circuit's largest file has 5 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Downloads what makes account proofs, and looks whether each file is whole and of its kind. That they fit together, and the
 * contract, only a proof shows.
 * @throws RecoveryError ARTIFACT_UNREACHABLE, ARTIFACT_INVALID, ABORTED
 */
export async function downloadArtifacts(
  urls: ArtifactUrls,
  { signal, onProgress }: DownloadOptions,
): Promise<Artifacts> {
  const names = ['wasm', 'zkey', 'vkey'] as const;
  const state = names.map(() => ({ done: 0, of: undefined as number | undefined }));
  const report = (): void => {
    const done = state.reduce((sum, file) => sum + file.done, 0);
    const sizes = state.map(({ of }) => of);
    const isKnown = sizes.every((size) => size !== undefined);
    onProgress?.({ done, ...(isKnown && { of: sizes.reduce((sum, size) => sum + size, 0) }) });
  };
  const cancel = new AbortController();
  const either = signal === undefined ? cancel.signal : AbortSignal.any([signal, cancel.signal]);
  try {
    const [wasm, zkey, vkey] = await Promise.all(
      names.map((file, i) =>
        download(file, urls[file], either, (progress) => {
          state[i] = progress;
          report();
        }),
      ),
    );
    if (wasm === undefined || zkey === undefined || vkey === undefined) throw new RecoveryError('INTERNAL');
    if (!WebAssembly.validate(wasm)) throw new RecoveryError('ARTIFACT_INVALID', { file: 'wasm' });
    if (!isWholeZkey(zkey)) throw new RecoveryError('ARTIFACT_INVALID', { file: 'zkey' });
    return { wasm, zkey, vkey: parseVerifyingKey(vkey) };
  } catch (error) {
    cancel.abort(); // the other files are not needed any more
    throw error;
  }
}

async function download(
  file: string,
  url: string,
  signal: AbortSignal,
  onProgress: (progress: { done: number; of: number | undefined }) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) {
      throw new RecoveryError('ARTIFACT_UNREACHABLE', { file, status: response.status });
    }
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const of = Number.isSafeInteger(length) && !response.headers.has('content-encoding') ? length : undefined;
    const pieces: Uint8Array[] = [];
    let done = 0;
    onProgress({ done, of });
    for (const reader = response.body.getReader(); ; ) {
      const piece = await reader.read();
      if (piece.done) break;
      pieces.push(piece.value);
      done += piece.value.length;
      if (done > MOST_BYTES) throw new RecoveryError('ARTIFACT_INVALID', { file, bytes: done });
      onProgress({ done, of });
    }
    if (of !== undefined && done !== of)
      throw new RecoveryError('ARTIFACT_INVALID', { file, bytes: done, expected: of });
    return joined(pieces, done);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof RecoveryError) throw error;
    throw new RecoveryError('ARTIFACT_UNREACHABLE', { file }, { cause: error });
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** The file is a row of sections, each with its length (little-endian): 'zkey', version, count, then type, length, bytes. */
function isWholeZkey(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || new TextDecoder().decode(bytes.subarray(0, 4)) !== 'zkey') return false;
  const sections = view.getUint32(8, true);
  let at = 12;
  for (let i = 0; i < sections; i += 1) {
    if (at + 12 > bytes.length) return false;
    at += 12 + Number(view.getBigUint64(at + 4, true));
  }
  return at === bytes.length;
}

function parseVerifyingKey(bytes: Uint8Array): VerifyingKey {
  const invalid = new RecoveryError('ARTIFACT_INVALID', { file: 'vkey' });
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw invalid;
  }
  if (typeof json !== 'object' || json === null) throw invalid;
  const key = json as VerifyingKey; // an object: may be asked for anything
  const isOurs = key.protocol === 'groth16' && key.curve === 'bn128' && key.nPublic === PUBLIC_SIGNALS;
  if (!isOurs || !Array.isArray(key.IC) || key.IC.length !== PUBLIC_SIGNALS + 1) throw invalid;
  return key;
}
