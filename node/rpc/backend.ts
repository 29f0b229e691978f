import type { SignedAnnouncement } from '../../protocol/announcements/announcement.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { ReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import type { AccountIndex, ClosedBatch, Field, Point } from '../../protocol/types.ts';
import type { NetworkView } from '../../sdk/networkTypes.ts';
import type {
  AccountProofView,
  AccountView,
  AttestationView,
  BatchEvent,
  BatchView,
  BlockView,
  ChainInfo,
  ChannelView,
  ClaimView,
  FeeLane,
  Health,
  LineageView,
  ReceiptVerdict,
  StateTag,
  TransactionStatus,
} from '../../sdk/rpcTypes.ts';
import type { ExplorerBackend } from './explorerBackend.ts';
import type { LaneBackend } from './laneBackend.ts';
import type { MarketBackend } from './marketBackend.ts';

export interface BackendEvents {
  block: BlockView;
  batch: BatchEvent;
  transaction: TransactionStatus;
  account: AccountView;
  claim: ClaimView;
}

export interface ParsedReceiptQuestion {
  readonly receipt: SignedReceipt;
  readonly proof: ReceiptProof;
  /** Hash of the transaction that claimed it. */
  readonly claim: Field | undefined;
}

/** Channels, attestations, claims and receipts, as of the newest block. Undefined: no account there; WRONG_KIND: another one. */
export interface AiBackend {
  channel(index: AccountIndex): Promise<ChannelView | undefined>;
  /** Newest first. */
  channels(role: 'provider' | 'payer' | 'model', of: AccountIndex, limit: number): Promise<readonly ChannelView[]>;
  attestation(index: AccountIndex): Promise<AttestationView | undefined>;
  /** Earliest first. */
  attestationsOf(sha256: Uint8Array): Promise<readonly AttestationView[]>;
  lineage(index: AccountIndex): Promise<LineageView | undefined>;
  /** Newest first. */
  claims(channel: AccountIndex, limit: number): Promise<readonly ClaimView[]>;
  verifyReceipt(question: ParsedReceiptQuestion): Promise<ReceiptVerdict>;
}

export interface AnnouncementBackend {
  /** Throws ProtocolError or AnnouncementError. */
  announce(signed: unknown): Promise<{ readonly sequence: number }>;
  /** Those that count now, by agent. */
  list(query: {
    readonly agent?: AccountIndex | undefined;
    readonly service?: AccountIndex | undefined;
    readonly model?: AccountIndex | undefined;
    readonly after?: AccountIndex | undefined;
    readonly limit: number;
  }): Promise<readonly SignedAnnouncement[]>;
}

export interface NetworkBackend {
  view(): NetworkView;
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
  readonly ai: AiBackend;
  readonly lane: LaneBackend;
  readonly network: NetworkBackend;
  readonly announcements: AnnouncementBackend;
  readonly market: MarketBackend;
  readonly explorer: ExplorerBackend;
  /** Seconds forward, L1 included; returns the new time. Throws DEVNET_ONLY on any node but a devnet's. */
  advanceTime(seconds: number): Promise<number>;
  /** Listeners must not throw. Returns the function that removes the listener. */
  on<E extends keyof BackendEvents>(event: E, listener: (value: BackendEvents[E]) => void): () => void;
}
