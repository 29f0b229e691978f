/** Sends a round of signed transactions to a node and watches the blocks until all of them are in. Runs in the load process. */
import type { Hex } from 'viem';
import { BenchRpc, type RpcAnswer } from './rpc.ts';

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  /** Transactions of one request. */
  readonly batch: number;
}

export interface LoadResult {
  readonly transactions: number;
  /** From the first request until every transaction is in a block and the last one's receipt is there. */
  readonly seconds: number;
  /** Until the node has taken the last one in. */
  readonly intakeSeconds: number;
  readonly blocks: number;
  readonly largestBlock: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly failed: number;
}

interface Signed {
  readonly raw: Hex;
  readonly hash: Hex;
}

const POLL_MS = 20;

export async function runLoad(bySender: readonly (readonly Signed[])[], options: LoadOptions): Promise<LoadResult> {
  const rpc = new BenchRpc(options.url, options.connections);
  const watching = new BenchRpc(options.url, 1);
  try {
    const bodies = requestBodies(bySender, options);
    const first = Number(await watching.call<Hex>('eth_blockNumber', [])) + 1;
    const waiting = new Set(bySender.flat().map(({ hash }) => hash));
    const transactions = waiting.size;
    const refused: Record<string, number> = {};
    const start = performance.now();
    const sending = Promise.all(bodies.map((own) => sendAll(own, { rpc, refused }))).then(
      () => performance.now() - start,
    );
    const blocks = await watch(waiting, { rpc: watching, from: first, refused });
    const seconds = (performance.now() - start) / 1000;
    const intakeSeconds = (await sending) / 1000;
    const failed = await countFailed(blocks, { rpc: watching });
    const counts = blocks.map(({ count }) => count);
    const busy = counts.filter((count) => count > 0).length;
    return { transactions, seconds, intakeSeconds, blocks: busy, largestBlock: Math.max(...counts), refused, failed };
  } finally {
    rpc.close();
    watching.close();
  }
}

/** A connection has senders of its own, so that their nonces arrive in order; it takes from them in turn. */
function requestBodies(bySender: readonly (readonly Signed[])[], { connections, batch }: LoadOptions): string[][] {
  return Array.from({ length: connections }, (_, connection) => {
    const own = bySender.filter((_list, index) => index % connections === connection);
    const longest = Math.max(0, ...own.map((list) => list.length));
    const order = Array.from({ length: longest }, (_, position) => own.flatMap((list) => list[position] ?? [])).flat();
    const bodies: string[] = [];
    for (let from = 0; from < order.length; from += batch) {
      const calls = order
        .slice(from, from + batch)
        .map(({ raw }, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [raw] }));
      bodies.push(JSON.stringify(batch === 1 ? calls[0] : calls));
    }
    return bodies;
  });
}

async function sendAll(
  bodies: readonly string[],
  { rpc, refused }: { rpc: BenchRpc; refused: Record<string, number> },
): Promise<void> {
  for (const body of bodies) {
    const text = await rpc.post(body);
    if (!text.includes('"error"')) continue;
    const answers = JSON.parse(text) as RpcAnswer | RpcAnswer[]; // JSON-RPC
    for (const { error } of [answers].flat()) {
      if (error !== undefined) refused[error.message] = (refused[error.message] ?? 0) + 1;
    }
  }
}

interface Seen {
  readonly number: number;
  readonly count: number;
}

async function watch(
  waiting: Set<Hex>,
  { rpc, from, refused }: { rpc: BenchRpc; from: number; refused: Readonly<Record<string, number>> },
): Promise<Seen[]> {
  const seen: Seen[] = [];
  let next = from;
  let last: Hex | undefined;
  const refusals = () => Object.values(refused).reduce((sum, count) => sum + count, 0);
  while (waiting.size > refusals()) {
    const tag = `0x${next.toString(16)}`;
    const block = await rpc.call<{ transactions: readonly Hex[] } | null>('eth_getBlockByNumber', [tag, false]);
    if (block === null) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    const before = waiting.size;
    for (const hash of block.transactions) if (waiting.delete(hash)) last = hash;
    seen.push({ number: next, count: before - waiting.size });
    next += 1;
  }
  if (last !== undefined && (await rpc.call('eth_getTransactionReceipt', [last])) === null) {
    throw new RangeError(`no receipt of ${last}`);
  }
  return seen;
}

/** After the clock has stopped: every transaction must have succeeded, or the figure means nothing. */
async function countFailed(blocks: readonly Seen[], { rpc }: { rpc: BenchRpc }): Promise<number> {
  let failed = 0;
  for (const { number, count } of blocks) {
    if (count === 0) continue;
    const receipts = await rpc.call<readonly { status: Hex }[]>('eth_getBlockReceipts', [`0x${number.toString(16)}`]);
    failed += receipts.filter(({ status }) => status !== '0x1').length;
  }
  return failed;
}
