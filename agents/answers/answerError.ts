/** Why an answerer does not start. What goes wrong with a question is logged and counted, and costs that question only. */
export type AnswerErrorCode =
  /** The file is not the one that the attestation commits to. */
  | 'MODEL_MISMATCH'
  /** There is no attestation of that index. */
  | 'NOT_A_MODEL'
  /** The account is no KEY account of this key. */
  | 'NO_KEY_ACCOUNT'
  /** The store holds the answers of another provider, model or deployment. */
  | 'STORE_MISMATCH'
  | 'BAD_OPTIONS';

export type AnswerErrorData = Readonly<Record<string, string | number | bigint>>;

export class AnswerError extends Error {
  override readonly name = 'AnswerError';
  readonly code: AnswerErrorCode;
  readonly data: AnswerErrorData;

  constructor(code: AnswerErrorCode, message: string, data: AnswerErrorData = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.data = data;
  }
}
