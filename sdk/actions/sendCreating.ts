import type { AccountIndex } from '../../protocol/types.ts';
import { SdkError } from '../errors.ts';
import { type AnyClient, request } from '../request.ts';
import type { Hex } from '../rpcTypes.ts';
import { type Draft, sendAndWait, type WriteAndWaitOptions } from './send.ts';

/** An account that a transaction created; the sequencer chose the index. */
export interface Created {
  readonly hash: Hex;
  readonly index: AccountIndex;
}

/**
 * As `sendAndWait`, for a transaction of one op that creates an account.
 * @throws SdkError BAD_ANSWER: the node included the transaction, but does not say what it created
 */
export async function sendCreating(client: AnyClient, draft: Draft, options: WriteAndWaitOptions): Promise<Created> {
  const hash = await sendAndWait(client, draft, options);
  const { created } = await request(client, 'engram_getTransactionStatus', [hash]);
  const index = created?.[0];
  if (index === undefined) throw new SdkError('BAD_ANSWER', `no account of transaction ${hash}`, { hash });
  return { hash, index: index as AccountIndex }; // an index of the node's own list
}
