import { getBlock } from 'viem/actions';
import type { AnyClient } from '../request.ts';
import { engramError } from '../request.ts';
import type { WaitOptions } from '../wait.ts';
import { watch } from '../watch.ts';
import { getQuestion } from './question.ts';

/**
 * Resolves once answers to a question may be shown: when a block says so, not a clock, because no block after it has an earlier time, so
 * nobody commits to what is shown then. A lane without traffic makes no blocks; any transaction makes one.
 * @param finality `safe`: when such a block is committed on L1, so that not even who builds blocks can put a commitment before it
 * @throws SdkError NOT_FOUND; WaitTimeoutError, the signal's reason, NodeUnavailableError
 */
export async function waitForReveal(
  client: AnyClient,
  question: bigint,
  {
    finality = 'latest',
    ...options
  }: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'awayMs'> & { readonly finality?: 'latest' | 'safe' } = {},
): Promise<void> {
  const { revealFrom } = await getQuestion(client, question);
  await watch(
    client,
    { what: `time to show answers to question ${question}`, ...options },
    {
      ask: async () => {
        const { timestamp } = await getBlock(client, { blockTag: finality }).catch((error: unknown) => {
          throw engramError(error);
        });
        return Number(timestamp) >= revealFrom ? true : undefined;
      },
    },
  );
}
