import { sha256 } from '@noble/hashes/sha2.js';
import type { Hex } from 'viem';
import { bytesToHex, hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { big, hexBytes, int, type JsonCodec, object, oneOf, optional } from '../../protocol/json.ts';
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
  /** Seconds: answers are committed to before, and shown from then on. 0: without commitments. */
  readonly revealFrom: number;
  readonly callbackGas: number;
  /** SHA-256. */
  readonly inputHash: Uint8Array;
  /** Empty once the task is over. */
  readonly input: Uint8Array;
  readonly state: 'asked' | 'signed' | 'over';
  readonly signed: SignedAnswer | undefined;
  /** Hash of the newest transaction with its commitment, and how many were sent. */
  readonly committed: Hex | undefined;
  readonly commits: number;
  /** Hash of the newest transaction that brings the answer. */
  readonly sent: Hex | undefined;
  readonly attempts: number;
}

const word = hexBytes(32);
const txHash: JsonCodec<Hex> = {
  encode: (hash) => word.encode(hexToBytes(hash)),
  decode: (json) => prefixedHex(word.decode(json)),
};

export const taskJson = object<Task>({
  question: big,
  quorum: int,
  price: big,
  deadline: int,
  revealFrom: int,
  callbackGas: int,
  inputHash: hexBytes(32),
  input: hexBytes(),
  state: oneOf(['asked', 'signed', 'over'] as const),
  signed: optional(object<SignedAnswer>({ receipt: receiptJson, output: hexBytes() })),
  committed: optional(txHash),
  commits: int,
  sent: optional(txHash),
  attempts: int,
});

export function taskOf({ question, quorum, fee, deadline, revealFrom, callbackGas, input }: AskedLog): Task {
  const price = fee / BigInt(quorum);
  const start = {
    state: 'asked',
    signed: undefined,
    committed: undefined,
    commits: 0,
    sent: undefined,
    attempts: 0,
  } as const;
  return { question, quorum, price, deadline, revealFrom, callbackGas, inputHash: sha256(input), input, ...start };
}

/** After a block was given up, a question's number may be another one's. */
export function isSameQuestion(a: Task, b: Task): boolean {
  return (
    a.quorum === b.quorum &&
    a.price === b.price &&
    a.deadline === b.deadline &&
    a.revealFrom === b.revealFrom &&
    a.callbackGas === b.callbackGas &&
    bytesToHex(a.inputHash) === bytesToHex(b.inputHash)
  );
}

/** What is kept of it, so that it is not begun again. */
export function overTask(task: Task): Task {
  return { ...task, state: 'over', input: new Uint8Array(0), signed: undefined, committed: undefined, sent: undefined };
}
