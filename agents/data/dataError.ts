export type DataErrorCode =
  /** A file is not what the offer or the manifest says: its length, a root, its hash. `what` names it. */
  | 'FILES_DIFFER'
  /** Nothing to sell: an empty file, or one of more chunks than 32 bits count. */
  | 'BAD_LENGTH'
  /** Not the key that the offer names. */
  | 'WRONG_KEY'
  /** A chunk does not decrypt to what was sold; `index` is the first one. `chunkComplaint` makes the proof. */
  | 'BAD_CHUNK'
  /** A complaint about a chunk that is right, or that is not there. */
  | 'CHUNK_IS_RIGHT'
  /** A file cannot be read or written. */
  | 'FILE';

/** What is refused around sold data; `code` is stable, `data` has what is behind it. */
export class DataError extends Error {
  override readonly name = 'DataError';
  readonly code: DataErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: DataErrorCode, data: Readonly<Record<string, string | number>> = {}, options?: ErrorOptions) {
    const members = Object.entries(data).map(([name, value]) => `${name} ${value}`);
    super([code, ...members].join(' '), options);
    this.code = code;
    this.data = data;
  }
}
