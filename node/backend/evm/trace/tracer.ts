import type { Applied } from '../applyMessage.ts';
import type { Message } from '../message.ts';

/** Watches one message and says what it saw. */
export interface Tracer {
  /** Before the message. */
  begin(message: Message): void;
  /** After it. */
  result(applied: Applied): unknown;
}
