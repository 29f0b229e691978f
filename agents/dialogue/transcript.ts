import { bytesToHex } from '../../protocol/bytes.ts';
import { type SignedDocument, signedDocumentJson } from '../../protocol/documents/signedDocument.ts';
import { hexBytes, int, type Json, type JsonCodec, object, optional } from '../../protocol/json.ts';
import type { AccountIndex, Field, Point } from '../../protocol/types.ts';
import { DialogueError } from './dialogueError.ts';
import { type Bodies, type Message, type MessageKind, messageHash, signMessage, verifyMessage } from './message.ts';

/** Who speaks with whom. */
export interface Parties {
  /** Own agent, an ATTEST account, and the seed of its owner's key. */
  readonly agent: AccountIndex;
  readonly seed: Uint8Array;
  /** The other agent and its owner's key. */
  readonly other: AccountIndex;
  readonly otherKey: Point;
  /** The deployment's. */
  readonly domain: Field;
}

export interface TranscriptState {
  readonly thread: Uint8Array;
  /** The number of the next message, whoever writes it. */
  readonly sequence: number;
  /** Hash of the last message. */
  readonly previous: Uint8Array;
  /** The last message of the other side that counted, by its hash. */
  readonly heard: Uint8Array | undefined;
  /** The last own message: to be sent again. */
  readonly sent: SignedDocument | undefined;
}

export const transcriptJson: JsonCodec<TranscriptState> = object<TranscriptState>({
  thread: hexBytes(32),
  sequence: int,
  previous: hexBytes(32),
  heard: optional(hexBytes(32)),
  sent: optional(signedDocumentJson),
});

const NONE = new Uint8Array(32);
const isSame = (a: Uint8Array, b: Uint8Array) => bytesToHex(a) === bytesToHex(b);

/** What came: a new message in its place, the last one once more, or one whose number was used (it is ignored). */
export type Heard =
  | { readonly is: 'new'; readonly message: Message }
  | { readonly is: 'repeated' }
  | { readonly is: 'ignored' };

/** The order of a thread: numbers, hashes and signatures. Which kind may follow which is for buyer and seller to say. */
export class Transcript {
  readonly #parties: Parties;
  #state: TranscriptState;

  constructor(parties: Parties, state: Pick<TranscriptState, 'thread'> & Partial<TranscriptState>) {
    this.#parties = parties;
    this.#state = { sequence: 0, previous: NONE, heard: undefined, sent: undefined, ...state };
  }

  get state(): TranscriptState {
    return this.#state;
  }

  /** The last own message, as it was sent. */
  get sent(): SignedDocument | undefined {
    return this.#state.sent;
  }

  /** Signs the next message. @param time seconds */
  write<K extends MessageKind>(kind: K, body: Bodies[K], time: number): SignedDocument {
    const { agent: from, other: to, seed, domain } = this.#parties;
    const { thread, sequence, previous } = this.#state;
    // The cast: kind and body are of one member of the union by the type of this function.
    const message = { from, to, previous, sequence, thread, time, kind, body } as unknown as Message;
    const sent = signMessage(message, seed, domain);
    this.#state = { ...this.#state, sequence: sequence + 1, previous: messageHash(message), sent };
    return sent;
  }

  /**
   * Looks at a message; nothing changes until `commit`.
   * @throws DialogueError BAD_MESSAGE, BAD_SIGNATURE, WRONG_THREAD, WRONG_PARTY, OUT_OF_TURN
   */
  read(signed: SignedDocument): Heard {
    const { agent, other, otherKey, domain } = this.#parties;
    const { thread, sequence, previous, heard } = this.#state;
    const message = verifyMessage(signed, otherKey, domain);
    if (!isSame(message.thread, thread)) throw new DialogueError('WRONG_THREAD', 'of another thread');
    if (message.from !== other || message.to !== agent) {
      throw new DialogueError('WRONG_PARTY', 'between other agents', { from: message.from, to: message.to });
    }
    if (message.sequence < sequence) {
      return { is: heard !== undefined && isSame(messageHash(message), heard) ? 'repeated' : 'ignored' };
    }
    if (message.sequence !== sequence || !isSame(message.previous, previous)) {
      throw new DialogueError('OUT_OF_TURN', `message ${sequence} comes next`, { sequence: message.sequence });
    }
    return { is: 'new', message };
  }

  commit(message: Message): void {
    const hash = messageHash(message);
    this.#state = { ...this.#state, sequence: message.sequence + 1, previous: hash, heard: hash };
  }

  toJson(): Json {
    return transcriptJson.encode(this.#state);
  }
}

export function outOfTurn(step: string, state: string): DialogueError {
  return new DialogueError('OUT_OF_TURN', `${step} does not follow: the thread is ${state}`, { step, state });
}
