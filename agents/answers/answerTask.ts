import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '../../protocol/bytes.ts';
import { big, hexBytes, int, object, oneOf, optional } from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { receiptJson } from '../../protocol/receipts/receiptCodec.ts';
import type { AskedLog } from './oraclePort.ts';

/** What was signed for a question: whatever happens, nothing else is. */
export interface SignedAnswer {
  readonly receipt: SignedReceipt;
  readonly output: Uint8Array;
}

/** A question to this provider, and how far it is. */
export interface Task {
  readonly question: bigint;
  readonly quorum: number;
  /** Wei for each of the quorum. */
  readonly price: bigint;
  /** Seconds. */
  readonly deadline: number;
  readonly callbackGas: number;
  /** SHA-256. */
  readonly inputHash: Uint8Array;
  /** Empty once the task is over. */
  readonly input: Uint8Array;
  readonly state: 'asked' | 'signed' | 'over';
  readonly signed: SignedAnswer | undefined;
  /** Hash of the newest transaction that brings the answer. */
  readonly sent: Uint8Array | undefined;
  readonly attempts: number;
}

export const taskJson = object<Task>({
  question: big,
  quorum: int,
  price: big,
  deadline: int,
  callbackGas: int,
  inputHash: hexBytes(32),
  input: hexBytes(),
  state: oneOf(['asked', 'signed', 'over'] as const),
  signed: optional(object<SignedAnswer>({ receipt: receiptJson, output: hexBytes() })),
  sent: optional(hexBytes(32)),
  attempts: int,
});

export function taskOf({ question, quorum, fee, deadline, callbackGas, input }: AskedLog): Task {
  const price = fee / BigInt(quorum);
  const start = { state: 'asked', signed: undefined, sent: undefined, attempts: 0 } as const;
  return { question, quorum, price, deadline, callbackGas, inputHash: sha256(input), input, ...start };
}

/** After a block was given up, a question's number may be another one's. */
export function isSameQuestion(a: Task, b: Task): boolean {
  return (
    a.quorum === b.quorum &&
    a.price === b.price &&
    a.deadline === b.deadline &&
    a.callbackGas === b.callbackGas &&
    bytesToHex(a.inputHash) === bytesToHex(b.inputHash)
  );
}

/** What is kept of it, so that it is not begun again. */
export function overTask(task: Task): Task {
  return { ...task, state: 'over', input: new Uint8Array(0), signed: undefined, sent: undefined };
}
