import type { AccountIndex } from '../../protocol/types.ts';
import type {
  BatchFacts,
  BlockSummary,
  EvmHistoryEntry,
  ExitRecord,
  HistoryEntry,
  LedgerTransactionView,
  Page,
  SearchHit,
  StatsBucket,
  StatsQuestion,
} from '../../sdk/explorerTypes.ts';

export interface ParsedPage {
  /** As a page before ended; its form is checked by whoever made it. */
  readonly before: string | undefined;
  readonly limit: number;
}

/**
 * What an explorer asks. What comes from the node's own index throws RpcError INDEX_BEHIND while that is far behind the chain; without an
 * index everything throws EXPLORER_DISABLED.
 */
export interface ExplorerBackend {
  transaction(hash: bigint): Promise<LedgerTransactionView | undefined>;
  /** These lists throw INVALID_PARAMS for a cursor that is none of theirs. */
  blocks(page: ParsedPage): Promise<Page<BlockSummary>>;
  batches(page: ParsedPage): Promise<Page<BatchFacts>>;
  batchFacts(batch: number): Promise<BatchFacts | undefined>;
  history(account: AccountIndex, page: ParsedPage): Promise<Page<HistoryEntry>>;
  exits(recipient: bigint, page: ParsedPage): Promise<Page<ExitRecord>>;
  evmHistory(address: bigint, page: ParsedPage): Promise<Page<EvmHistoryEntry>>;
  stats(question: Required<StatsQuestion>): Promise<readonly StatsBucket[]>;
  search(text: string): Promise<readonly SearchHit[]>;
}
