import type { HistoryEntry, LedgerTransactionView, StatsQuestion } from '../../sdk/explorerTypes.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { ExplorerBackend, ParsedPage } from '../rpc/explorerBackend.ts';

export const TRANSACTION: LedgerTransactionView = {
  hash: `0x${'11'.repeat(32)}`,
  status: 'proven',
  block: 2n ** 60n,
  batch: 3,
  position: 0,
  timestamp: 1_800_000_000,
  signer: 5,
  nonce: 1,
  token: 0,
  ops: [{ opcode: 'EXIT', from: 5, to: 0, amount: 2n ** 70n, fee: 1n, details: { recipient: `0x${'ab'.repeat(20)}` } }],
  created: [],
};

export const LINE: HistoryEntry = {
  kind: 'FEES',
  block: 7n,
  batch: 3,
  timestamp: 1_800_000_000,
  status: 'proven',
  change: -5n,
};

/** What it was asked last. */
export const asked: { page?: ParsedPage; stats?: Required<StatsQuestion>; text?: string } = {};

/** One transaction and one line of history; batches are behind. For tests of the RPC layer. */
export const fakeExplorer: ExplorerBackend = {
  transaction: async (hash) => (hash === BigInt(TRANSACTION.hash) ? TRANSACTION : undefined),
  blocks: async (page) => {
    asked.page = page;
    return { items: [], next: `b${'0'.repeat(16)}` };
  },
  batches: async () => {
    throw new RpcError(RpcCode.UNAVAILABLE, 'INDEX_BEHIND', 'behind', { indexed: 1n, head: 2n ** 60n });
  },
  batchFacts: async () => undefined,
  history: async (_, page) => {
    asked.page = page;
    return { items: [LINE] };
  },
  exits: async () => ({ items: [] }),
  evmHistory: async () => ({ items: [] }),
  stats: async (question) => {
    asked.stats = question;
    return [];
  },
  search: async (text) => {
    asked.text = text;
    return [];
  },
};
