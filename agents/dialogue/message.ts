/** The messages of docs/ai.md section 5, from JSON into types and back. */
import { AMOUNT_LIMIT } from '../../protocol/account.ts';
import { bytesToHex, hexToBytes, wordHex } from '../../protocol/bytes.ts';
import { canonicalJson } from '../../protocol/documents/canonicalJson.ts';
import {
  documentDomain,
  type SignedDocument,
  signDocument,
  textHash,
  verifyDocument,
} from '../../protocol/documents/signedDocument.ts';
import {
  big,
  hexBytes,
  index,
  type Json,
  type JsonCodec,
  malformed,
  object,
  oneOf,
  uint,
} from '../../protocol/json.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { decodeReceipt, decodeVoucher, encodeReceipt, encodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import type { AccountIndex, Field, Point, SignedVoucher } from '../../protocol/types.ts';
import { DialogueError } from './dialogueError.ts';

/** What a buyer asks for. */
export interface RequestBody {
  /** Name of a capability of the seller's announcement. */
  readonly capability: string;
  /** Answers wanted. */
  readonly count: number;
  /** Seconds: no work after it. */
  readonly deadline: number;
  /** For one answer, base units. */
  readonly maxPrice: bigint;
}

export interface OfferBody {
  readonly capability: string;
  readonly count: number;
  readonly deadline: number;
  /** Of one answer, base units. */
  readonly price: bigint;
  /** Seconds: the offer can be accepted before it. */
  readonly validUntil: number;
}

export interface Bodies {
  readonly REQUEST: RequestBody;
  readonly OFFER: OfferBody;
  readonly REJECT: { readonly reason: string };
  /** The CHANNEL account that is the escrow. */
  readonly ACCEPT: { readonly channel: AccountIndex };
  readonly WORK: { readonly input: Uint8Array; readonly voucher: SignedVoucher };
  readonly RESULT: { readonly output: Uint8Array; readonly receipt: SignedReceipt };
  readonly SETTLE: { readonly voucher: SignedVoucher };
}

export type MessageKind = keyof Bodies;

export interface Header {
  /** Agents: ATTEST accounts. */
  readonly from: AccountIndex;
  readonly to: AccountIndex;
  /** `messageHash` of the message before; 32 zero bytes for the first. */
  readonly previous: Uint8Array;
  /** From 0, +1 with every message of the thread, whoever wrote it. */
  readonly sequence: number;
  /** 32 random bytes. */
  readonly thread: Uint8Array;
  /** Seconds, the writer's clock. */
  readonly time: number;
}

export type Message = {
  readonly [K in MessageKind]: Header & { readonly kind: K; readonly body: Bodies[K] };
}[MessageKind];

const MAX_TEXT = 128;
const text: JsonCodec<string> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,128}$/u.test(json))
      throw malformed(`text of 1 to ${MAX_TEXT}`);
    return json;
  },
};
const amount: JsonCodec<bigint> = {
  encode: big.encode,
  decode: (json) => {
    const value = big.decode(json);
    if (value >= AMOUNT_LIMIT) throw malformed('amount');
    return value;
  },
};
const base64: JsonCodec<Uint8Array> = {
  encode: (value) => Buffer.from(value).toString('base64'),
  decode: (json) => {
    const bytes = typeof json === 'string' ? Buffer.from(json, 'base64') : undefined;
    if (bytes === undefined || bytes.toString('base64') !== json) throw malformed('base64');
    return new Uint8Array(bytes);
  },
};

/** `hex` of docs/ai.md: lower case, no 0x. */
function bytesAsHex<T>(encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array) => T): JsonCodec<T> {
  return {
    encode: (value) => bytesToHex(encode(value)),
    decode: (json) => {
      if (typeof json !== 'string' || !/^([0-9a-f]{2})*$/.test(json)) throw malformed('hex');
      return decode(hexToBytes(json));
    },
  };
}
const voucher = bytesAsHex(encodeVoucher, decodeVoucher);
const receipt = bytesAsHex(encodeReceipt, decodeReceipt);
const seconds = uint(40);

const bodies: { readonly [K in MessageKind]: JsonCodec<Bodies[K]> } = {
  REQUEST: object<RequestBody>({ capability: text, count: uint(16), deadline: seconds, maxPrice: amount }),
  OFFER: object<OfferBody>({
    capability: text,
    count: uint(16),
    deadline: seconds,
    price: amount,
    validUntil: seconds,
  }),
  REJECT: object<Bodies['REJECT']>({ reason: text }),
  ACCEPT: object<Bodies['ACCEPT']>({ channel: index }),
  WORK: object<Bodies['WORK']>({ input: base64, voucher }),
  RESULT: object<Bodies['RESULT']>({ output: base64, receipt }),
  SETTLE: object<Bodies['SETTLE']>({ voucher }),
};
const KINDS: readonly MessageKind[] = ['REQUEST', 'OFFER', 'REJECT', 'ACCEPT', 'WORK', 'RESULT', 'SETTLE'];

interface Document extends Header {
  readonly body: Json;
  readonly kind: MessageKind;
  readonly version: 1;
}

const raw: JsonCodec<Json> = { encode: (value) => value, decode: (json) => json as Json }; // each kind's own codec checks it
/** Lower case only: one hash has one text. */
const hash: JsonCodec<Uint8Array> = {
  encode: hexBytes(32).encode,
  decode: (json) => {
    if (typeof json !== 'string' || json !== json.toLowerCase()) throw malformed('lower-case hash');
    return hexBytes(32).decode(json);
  },
};
const document = object<Document>({
  body: raw,
  from: index,
  kind: oneOf(KINDS),
  previous: hash,
  sequence: uint(32),
  thread: hash,
  time: seconds,
  to: index,
  version: oneOf<1>([1]),
});

export function messageDocument({ kind, body, ...header }: Message): Json {
  // The cast: TypeScript does not follow that kind and body are of one member of the union.
  const codec = bodies[kind] as JsonCodec<unknown>;
  return document.encode({ ...header, kind, body: codec.encode(body), version: 1 });
}

/** @throws DialogueError BAD_MESSAGE */
export function readMessage(json: unknown): Message {
  try {
    const { version: _, kind, body, ...header } = document.decode(json);
    // The cast: as in `messageDocument`.
    return { ...header, kind, body: bodies[kind].decode(body) } as Message;
  } catch (cause) {
    throw new DialogueError('BAD_MESSAGE', 'not a message of the dialogue', {}, { cause });
  }
}

/** What the next message names as `previous`: `textHash` of the canonical text, as 32 bytes. */
export function messageHash(message: Message): Uint8Array {
  return hexToBytes(wordHex(textHash(canonicalJson(messageDocument(message)))));
}

/** @param domain the deployment's */
export function signMessage(message: Message, seed: Uint8Array, domain: Field): SignedDocument {
  return signDocument(messageDocument(message), seed, documentDomain(domain, 4));
}

/** Form and signature. @throws DialogueError BAD_MESSAGE, BAD_SIGNATURE */
export function verifyMessage(signed: SignedDocument, key: Point, domain: Field): Message {
  const message = readMessage(signed.document);
  if (verifyDocument(signed, key, documentDomain(domain, 4))) return message;
  throw new DialogueError('BAD_SIGNATURE', 'not signed by the agent’s owner', { from: message.from });
}
