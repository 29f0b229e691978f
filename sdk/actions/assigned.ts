import type { AccountIndex } from '../../protocol/types.ts';
import { SdkError } from '../errors.ts';
import type { Hex } from '../rpcTypes.ts';

/** An account that a transaction created; the sequencer chose the index. */
export interface Created {
  readonly hash: Hex;
  readonly index: AccountIndex;
}

/** @throws SdkError BAD_ANSWER: the node included the transaction, but does not know what it created */
export function assigned(index: number | undefined, hash: Hex): AccountIndex {
  if (index === undefined) throw new SdkError('BAD_ANSWER', `no account of transaction ${hash}`, { hash });
  return index as AccountIndex; // an index of the node's own list
}
