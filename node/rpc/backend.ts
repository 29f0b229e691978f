import type { AccountIndex, ClosedBatch, Point } from '../../protocol/types.ts';
import type {
  AccountProofView,
  AccountView,
  BatchEvent,
  BatchView,
  BlockView,
  ChainInfo,
  FeeLane,
  Health,
  StateTag,
  TransactionStatus,
} from '../../sdk/rpcTypes.ts';

export interface BackendEvents {
  block: BlockView;
  batch: BatchEvent;
  transaction: TransactionStatus;
  account: AccountView;
}

/**
 * What the RPC server asks of the node. Parameters are parsed and in range. Refusals are thrown as errors with a string
 * `code` (ProtocolError, MempoolError …, see node/rpc/errors.ts); anything else is an internal error and is not shown.
 */
export interface NodeBackend {
  /** Takes the wire form of a signed transaction into the mempool; returns its hash. */
  sendTransaction(bytes: Uint8Array): Promise<bigint>;
  transactionStatus(hash: bigint): Promise<TransactionStatus>;
  /** As of the newest block. */
  account(index: AccountIndex): Promise<AccountView | undefined>;
  accountsByKey(key: Point): Promise<readonly AccountView[]>;
  accountsByAddress(address: bigint): Promise<readonly AccountView[]>;
  accountProof(index: AccountIndex, state: StateTag): Promise<AccountProofView>;
  batch(which: number | StateTag): Promise<BatchView | undefined>;
  closedBatch(number: number): Promise<ClosedBatch | undefined>;
  block(which: bigint | 'latest'): Promise<BlockView | undefined>;
  chainInfo(): Promise<ChainInfo>;
  fees(): Promise<readonly FeeLane[]>;
  health(): Promise<Health>;
  /** Listeners must not throw. Returns the function that removes the listener. */
  on<E extends keyof BackendEvents>(event: E, listener: (value: BackendEvents[E]) => void): () => void;
}
