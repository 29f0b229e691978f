/** TRAINING_FAILED: the models could not be made; `cause` says why. */
export type ModelsErrorCode = 'TRAINING_FAILED';

/** The only error that agents/models throws on purpose. */
export class ModelsError extends Error {
  override readonly name = 'ModelsError';
  readonly code: ModelsErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: ModelsErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.data = data;
  }
}
