import { accountIndex } from '../../protocol/ids.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { SdkError } from '../errors.ts';
import { type AnyClient, request } from '../request.ts';
import type { BlockView, Hex, Wire } from '../rpcTypes.ts';
import type { WaitOptions } from '../wait.ts';
import { watch } from '../watch.ts';

/** What became of an entry of the bridge's queue. */
export interface DepositOutcome {
  /** The account: made by the deposit, or the one it names. */
  readonly index: AccountIndex;
  readonly token: number;
  /** Base units. */
  readonly amount: bigint;
  /** It had no effect on the ledger (no such account, another token, not the owner); L1 gives a deposit back when the batch is proven. */
  readonly isVoid: boolean;
  readonly address: Hex;
  readonly block: bigint;
}

/**
 * Resolves once a block has taken in entry `queueIndex` of the bridge's queue (`depositNew`, `depositTo`, `forcedExit` return it).
 * @throws WaitTimeoutError, the signal's reason, NodeUnavailableError
 */
export async function waitForDeposit(
  client: AnyClient,
  queueIndex: bigint,
  options: Omit<WaitOptions, 'onStatus' | 'isAccepted'> = {},
): Promise<DepositOutcome> {
  return watch(
    client,
    { what: `entry ${queueIndex} of the queue`, ...options },
    {
      ask: (signal) => find(client, queueIndex, signal),
      subscribe: async (subscriptions, push, onEnd) => {
        const subscription = await subscriptions.subscribe('blocks', [], { onEvent: () => push(), onEnd });
        push(); // it may be in a block already
        return subscription;
      },
    },
  );
}

async function find(client: AnyClient, queueIndex: bigint, signal: AbortSignal): Promise<DepositOutcome | undefined> {
  const latest = await request(client, 'engram_getBlock', ['latest'], { signal });
  if (latest === null || afterBlock(latest) <= queueIndex) return undefined;
  // the block that took it in is the last one that does not begin behind it
  let [low, high] = [1n, BigInt(latest.number)];
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    const block = await blockAt(client, middle, signal);
    if (BigInt(block.firstQueueIndex) <= queueIndex) low = middle;
    else high = middle - 1n;
  }
  const block = await blockAt(client, low, signal);
  const op = block.l1Ops[Number(queueIndex - BigInt(block.firstQueueIndex))];
  if (op === undefined) throw new SdkError('BAD_ANSWER', `block ${low} lacks entry ${queueIndex} of the queue`);
  const { index, token, amount, isVoid, address } = op;
  return { index: accountIndex(index), token, amount: BigInt(amount), isVoid, address, block: low };
}

/** First entry of the queue that no block up to this one has taken in. */
function afterBlock(block: Wire<BlockView>): bigint {
  return BigInt(block.firstQueueIndex) + BigInt(block.l1Ops.length);
}

async function blockAt(client: AnyClient, number: bigint, signal: AbortSignal): Promise<Wire<BlockView>> {
  const block = await request(client, 'engram_getBlock', [number.toString()], { signal });
  if (block === null) throw new SdkError('BAD_ANSWER', `the node does not give out block ${number}`);
  return block;
}
