/**
 * BAD_MESSAGE: not of the form of docs/ai.md section 5. BAD_SIGNATURE: not the other agent's owner's.
 * WRONG_THREAD, WRONG_PARTY: of another thread, from or to another agent. OUT_OF_TURN: not what comes next.
 * OFFER_MISMATCH: for something else than was requested. PRICE_TOO_HIGH: over the price requested. OFFER_EXPIRED, DEADLINE_PASSED.
 * ESCROW_REFUSED: the channel is not what ACCEPT must bring; `data.reason`. VOUCHER_CHANNEL: a voucher of another channel.
 * COUNT_EXCEEDED: more answers than were agreed on. RECEIPT_MISMATCH: a receipt of another channel, price, input or output.
 * UNKNOWN_AGENT: no agent of the ledger. TOO_MANY: threads of this agent, or of all.
 */
export type DialogueErrorCode =
  | 'BAD_MESSAGE'
  | 'BAD_SIGNATURE'
  | 'WRONG_THREAD'
  | 'WRONG_PARTY'
  | 'OUT_OF_TURN'
  | 'OFFER_MISMATCH'
  | 'PRICE_TOO_HIGH'
  | 'OFFER_EXPIRED'
  | 'DEADLINE_PASSED'
  | 'ESCROW_REFUSED'
  | 'VOUCHER_CHANNEL'
  | 'COUNT_EXCEEDED'
  | 'RECEIPT_MISMATCH'
  | 'UNKNOWN_AGENT'
  | 'TOO_MANY';

export type DialogueErrorData = Readonly<Record<string, string | number | bigint>>;

/** A message or step that the dialogue does not allow; the thread is as it was. */
export class DialogueError extends Error {
  override readonly name = 'DialogueError';
  readonly code: DialogueErrorCode;
  readonly data: DialogueErrorData;

  constructor(code: DialogueErrorCode, message: string, data: DialogueErrorData = {}, options?: ErrorOptions) {
    super(`${code}: ${message}`, options);
    this.code = code;
    this.data = data;
  }
}
