/** What the node says about value on its way. All of it is its word: L1 decides about everything but `inBlock`. */
import type { Address, Hex } from 'viem';
import type { Surety } from '../../../../../sdk/explorerTypes.ts';
import { request } from '../../../../../sdk/request.ts';
import type { EngramNodeClient } from '../api.ts';
import * as parse from './parse.ts';
import { QueueSearch } from './queueSearch.ts';

export interface NodeExit {
  readonly account: number;
  readonly token: number;
  readonly amount: bigint;
  readonly transaction?: Hex;
  readonly queueIndex?: bigint;
  readonly block: bigint;
  readonly batch: number;
  /** Seconds. */
  readonly timestamp: number;
}

export interface NodeWithdrawal {
  readonly index: bigint;
  readonly sender: Address;
  readonly recipient: Address;
  readonly token: number;
  readonly amount: bigint;
  readonly account: number;
  readonly block: bigint;
  readonly transactionHash: Hex;
  readonly isClaimable: boolean;
}

/** L1 transactions of a batch, to be looked up there. */
export interface BatchHint {
  readonly commitTx?: Hex;
  readonly proveTx?: Hex;
}

export interface LedgerStatus {
  readonly status: Surety | 'dropped' | 'unknown';
  readonly reason?: string;
  readonly block?: bigint;
  readonly batch?: number;
}

const PAGE = 100;
/** Exits looked at: all that can matter of an address with the fullest batches there are. */
const MAX_EXITS = 1_000;
const MAX_TOKEN = 0xffff;

export class NodeView {
  readonly client: EngramNodeClient;
  readonly queue: QueueSearch;

  constructor(client: EngramNodeClient) {
    this.client = client;
    this.queue = new QueueSearch(client);
  }

  /** Newest first: at least `least` of them, and all after batch `proven`. */
  async exits(owner: Address, { least, proven }: { least: number; proven: number }): Promise<NodeExit[]> {
    const found: NodeExit[] = [];
    let before: string | undefined;
    do {
      const page = parse.members(
        await request(this.client, 'engram_getExits', [
          owner,
          { limit: PAGE, ...(before !== undefined && { before }) },
        ]),
      );
      const items = parse.list(page.items).map((item) => exitOf(item));
      found.push(...items);
      before = items.length === 0 || typeof page.next !== 'string' ? undefined : page.next;
      const isDone = found.length >= least && (found.at(-1)?.batch ?? 0) <= proven;
      if (isDone) break;
    } while (before !== undefined && found.length < MAX_EXITS);
    return found;
  }

  /** Sent by an address or for it, newest first. */
  async withdrawals(owner: Address): Promise<NodeWithdrawal[]> {
    const found = await request(this.client, 'engram_getWithdrawals', [owner, { limit: PAGE }]);
    const own = owner.toLowerCase();
    // whose they are is in the proof, too: somebody else's would be claimed at the owner's cost
    return parse
      .list(found)
      .map((item) => withdrawalOf(item))
      .filter(({ sender, recipient }) => [sender, recipient].some((address) => address.toLowerCase() === own));
  }

  async batch(number: number): Promise<BatchHint | undefined> {
    const found: unknown = await request(this.client, 'engram_getBatch', [number]);
    if (found === null) return undefined;
    const { commitTx, proveTx } = parse.members(found);
    const [commit, prove] = [parse.optional(commitTx, parse.hash), parse.optional(proveTx, parse.hash)];
    return { ...(commit !== undefined && { commitTx: commit }), ...(prove !== undefined && { proveTx: prove }) };
  }

  async status(hash: Hex): Promise<LedgerStatus> {
    const found = parse.members(await request(this.client, 'engram_getTransactionStatus', [hash]));
    const status = parse.oneOf(found.status, ['pending', 'included', 'committed', 'proven', 'dropped', 'unknown']);
    const { code } = found.reason === undefined ? { code: undefined } : parse.members(found.reason);
    const block = parse.optional(found.block, parse.big);
    const batch = parse.optional(found.batch, (value) => parse.count(value));
    return {
      status,
      ...(typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) && { reason: code }),
      ...(block !== undefined && { block }),
      ...(batch !== undefined && { batch }),
    };
  }

  /** Hands in the same bytes again; an answer that it has them is as good. */
  async sendAgain(raw: Hex): Promise<void> {
    await request(this.client, 'engram_sendTransaction', [raw]);
  }
}

function exitOf(value: unknown): NodeExit {
  const exit = parse.members(value);
  const transaction = parse.optional(exit.transaction, parse.hash);
  const queueIndex = parse.optional(exit.queueIndex, parse.big);
  return {
    account: parse.count(exit.account),
    token: parse.count(exit.token, MAX_TOKEN),
    amount: parse.big(exit.amount),
    block: parse.big(exit.block),
    batch: parse.count(exit.batch),
    timestamp: parse.count(exit.timestamp),
    ...(transaction !== undefined && { transaction }),
    ...(queueIndex !== undefined && { queueIndex }),
  };
}

function withdrawalOf(value: unknown): NodeWithdrawal {
  const found = parse.members(value);
  return {
    index: parse.big(found.index),
    sender: parse.address(found.sender),
    recipient: parse.address(found.recipient),
    token: parse.count(found.token, MAX_TOKEN),
    amount: parse.big(found.amount),
    account: parse.count(found.account),
    block: parse.big(found.block),
    transactionHash: parse.hash(found.transactionHash),
    isClaimable: found.status === 'claimable',
  };
}
