import { type Hex, numberToHex } from 'viem';
import { getBlockNumber, getContractEvents } from 'viem/actions';
import { INBOX_ABI } from '../../genesis/predeploys/abi.ts';
import { INBOX } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { type AnyClient, engramError, request } from '../request.ts';
import type { WaitOptions } from '../wait.ts';
import { watch } from '../watch.ts';

/** What became of a message of L1. */
export interface MessageOutcome {
  readonly index: bigint;
  readonly block: bigint;
  readonly transactionHash: Hex;
  /** false: the recipient refused it; what it brought waits in Inbox for its `refundTo` (`Inbox.claimPending`). */
  readonly isDelivered: boolean;
}

/** Blocks that a node searches at once. */
const WINDOW = 50_000n;
const DEPOSIT = 1;

/**
 * Resolves once a block of the EVM lane has taken in deposit `index` of `EvmLane` (`depositToLane` returns it).
 * @throws WaitTimeoutError, the signal's reason, NodeUnavailableError
 */
export async function waitForMessage(
  client: AnyClient,
  index: bigint,
  options: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'awayMs'> = {},
): Promise<MessageOutcome> {
  return watch(
    client,
    { what: `message ${index} of L1`, ...options },
    {
      ask: async (signal) => {
        const { inboxCount } = await request(client, 'engram_getLane', [], { signal });
        return BigInt(inboxCount) > index ? find(client, index) : undefined;
      },
    },
  );
}

async function find(client: AnyClient, index: bigint): Promise<MessageOutcome> {
  try {
    let toBlock = await getBlockNumber(client, { cacheTime: 0 });
    for (;;) {
      const fromBlock = toBlock < WINDOW ? 0n : toBlock - WINDOW + 1n;
      const [log] = await getContractEvents(client, {
        address: INBOX,
        abi: INBOX_ABI,
        eventName: 'MessageDelivered',
        args: { kind: DEPOSIT, index },
        fromBlock,
        toBlock,
        strict: true,
      });
      if (log !== undefined) {
        const { blockNumber, transactionHash, args } = log;
        return { index, block: blockNumber, transactionHash, isDelivered: args.success };
      }
      if (fromBlock === 0n) break;
      toBlock = fromBlock - 1n;
    }
  } catch (error) {
    throw engramError(error);
  }
  throw new SdkError('BAD_ANSWER', `no block has message ${index}, which was taken in`, { index: numberToHex(index) });
}
