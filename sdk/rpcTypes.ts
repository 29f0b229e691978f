/**
 * What the engram_* JSON-RPC speaks about. On the wire every bigint is a decimal string (`Wire<T>`); hashes, addresses and
 * byte strings are 0x-prefixed hexadecimal. Documented for other languages in node/rpc/README.md.
 */
import type { ShapeName } from '../protocol/types.ts';
import type { AnnouncementMethods } from './announcementTypes.ts';
import type { ExplorerMethods } from './explorerTypes.ts';
import type { LaneMethods } from './laneTypes.ts';
import type { MarketMethods } from './marketTypes.ts';
import type { NetworkMethods } from './networkTypes.ts';

export type Hex = `0x${string}`;

/** A value as JSON carries it: bigint becomes a decimal string, branded numbers become numbers. */
export type Wire<T> = T extends bigint
  ? string
  : T extends number
    ? number
    : T extends string | boolean | null | undefined
      ? T
      : { readonly [K in keyof T]: Wire<T[K]> };

/** `latest`: after the newest block; `committed`, `proven`: after the last batch with that status on L1. */
export type StateTag = 'latest' | 'committed' | 'proven';
export const STATE_TAGS = ['latest', 'committed', 'proven'] as const satisfies readonly StateTag[];

export interface AccountView {
  readonly index: number;
  readonly kind: 'KEY' | 'CHANNEL' | 'ATTEST';
  readonly token: number;
  readonly nonce: number;
  readonly balance: bigint;
  readonly claimed: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  /** Owner on L1; KEY accounts only. */
  readonly address?: Hex;
}

/** Coded reason, as in the `data` of a JSON-RPC error. */
export interface Reason {
  readonly code: string;
  readonly details?: Readonly<Record<string, string | number | bigint>>;
}

export interface TransactionStatus {
  readonly hash: Hex;
  /**
   * pending: in the mempool; included: in a block; committed: its batch is on L1; proven: its batch is proven on L1;
   * dropped: it left the mempool without a block (see `reason`); unknown: this node has never seen it, or has forgotten.
   */
  readonly status: 'pending' | 'included' | 'committed' | 'proven' | 'dropped' | 'unknown';
  readonly block?: bigint;
  readonly batch?: number;
  /** From 0 in its block. */
  readonly position?: number;
  /** Accounts it created (the sequencer chose their indices), in the order of its ops; absent if there are none. */
  readonly created?: readonly number[];
  readonly reason?: Reason;
}

export interface L1OpView {
  readonly kind: 'DEPOSIT_NEW' | 'DEPOSIT_TO' | 'FORCED_EXIT';
  readonly isVoid: boolean;
  readonly index: number;
  readonly token: number;
  readonly amount: bigint;
  readonly address: Hex;
}

export interface ExitView {
  readonly recipient: Hex;
  readonly token: number;
  readonly amount: bigint;
}

export interface BlockView {
  readonly number: bigint;
  readonly hash: Hex;
  readonly parentHash: Hex;
  /** Seconds. */
  readonly timestamp: number;
  readonly batch: number;
  readonly ledgerRoot: bigint;
  readonly firstQueueIndex: bigint;
  readonly l1Ops: readonly L1OpView[];
  readonly txs: readonly Hex[];
}

export interface BatchView {
  readonly number: number;
  readonly shape: ShapeName;
  readonly status: 'closed' | 'committed' | 'proven';
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  /** Seconds. */
  readonly timestamp: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly firstQueueIndex: bigint;
  readonly feeAccounts: readonly number[];
  readonly l1Ops: readonly L1OpView[];
  readonly txs: readonly Hex[];
  readonly exits: readonly ExitView[];
  readonly counts: { readonly l1Ops: number; readonly txs: number; readonly ops: number; readonly exits: number };
  /** Public inputs of the proof. */
  readonly publicInputs: { readonly c: bigint; readonly r: bigint; readonly y: bigint };
  readonly dataHash: Hex;
  readonly commitTx?: Hex;
  readonly proveTx?: Hex;
}

export interface AccountProofView {
  readonly state: StateTag;
  /** The batch whose new root the proof is against; absent for `latest`, which is ahead of the last closed batch. */
  readonly batch?: number;
  readonly root: bigint;
  readonly index: number;
  /** The leaf's four words, absent for an empty leaf. */
  readonly leaf?: { readonly state: bigint; readonly a: bigint; readonly b: bigint; readonly c: bigint };
  readonly account?: AccountView;
  /** All eight children on the path, level 0 next to the leaf. */
  readonly children: readonly (readonly bigint[])[];
}

/** A payment channel. `open`: vouchers can be claimed; `expired`: still can, for the time of grace; `over`: only CLOSE. */
export interface ChannelView {
  readonly index: number;
  readonly token: number;
  /** What is left. */
  readonly balance: bigint;
  /** What it has paid out in all; a voucher's total is measured against it. */
  readonly claimed: bigint;
  /** Number of claims so far. */
  readonly claims: number;
  readonly payer: number;
  readonly provider: number;
  /** Attestation that earns of every claim; 0: none. */
  readonly model: number;
  /** The model's share of every claim, in 1/10000; 0 without a model. */
  readonly royaltyBps: number;
  /** Whose vouchers take from it. */
  readonly voucherKey: { readonly x: bigint; readonly y: bigint; readonly packed: Hex };
  /** Seconds. */
  readonly expiry: number;
  /** Seconds: the first batch timestamp at which it is over. */
  readonly claimableUntil: number;
  readonly isOver: boolean;
  readonly state: 'open' | 'expired' | 'over';
  readonly created: Origin;
}

/** The transaction that made an account. */
export interface Origin {
  readonly transaction: Hex;
  readonly block: bigint;
  readonly batch: number;
  /** Seconds: of that block. */
  readonly timestamp: number;
}

export type ArtefactKind = 'model' | 'dataset' | 'training run' | 'agent' | 'service' | 'other';

/** The ledger knows commitments, never the SHA-256 itself. */
export interface AttestationView {
  readonly index: number;
  readonly kind: ArtefactKind;
  readonly subtype: number;
  /** The KEY account that moves its funds. */
  readonly owner: number;
  /** The attestation it was made from; 0: none. */
  readonly parent: number;
  readonly royaltyBps: number;
  /** Commitment to the file's SHA-256 (protocol/attestation.ts). */
  readonly artefact: bigint;
  /** Commitment to the provenance document's SHA-256; 0: none. */
  readonly provenance: bigint;
  readonly token: number;
  /** Royalties earned and not moved yet (and what was paid in). */
  readonly balance: bigint;
  readonly created: Origin;
}

export interface LineageView {
  readonly attestation: AttestationView;
  /** Parent, its parent, and so on. */
  readonly ancestors: readonly AttestationView[];
  /** What was made from it, directly or not: parents before children, earlier before later. */
  readonly descendants: readonly AttestationView[];
  /** There are more than the node lists (1000 each way). */
  readonly isTruncated: boolean;
}

/** One payment out of a channel. */
export interface ClaimView {
  readonly channel: number;
  /** The voucher's cumulative total. */
  readonly total: bigint;
  /** What this claim took: amount + fee + royalty. */
  readonly delta: bigint;
  readonly royalty: bigint;
  readonly fee: bigint;
  readonly receiptsRoot: bigint;
  readonly transaction: Hex;
  readonly block: bigint;
  readonly batch: number;
  /** Seconds: of its block. */
  readonly timestamp: number;
  readonly state: 'included' | 'committed' | 'proven';
}

/** Exactly one of the three accounts. */
export interface ChannelFilter {
  readonly provider?: number;
  readonly payer?: number;
  readonly model?: number;
  /** 1 … 1000, default 100. */
  readonly limit?: number;
}

export interface ReceiptQuestion {
  /** `SignedReceipt` in its JSON form (protocol/receipts). */
  readonly receipt: unknown;
  /** `ReceiptProof` in its JSON form. */
  readonly proof: unknown;
  /** Transaction that claimed the root; default: the channel's claims are searched, newest first. */
  readonly claim?: Hex;
}

/** What a receipt proves; a statement that fails is an error with its code. */
export interface ReceiptVerdict {
  readonly channel: number;
  readonly sequence: number;
  readonly model: number;
  /** Commitment to the model's SHA-256; absent for a channel without a model. */
  readonly artefact?: bigint;
  readonly provider: number;
  readonly payer: number;
  readonly inputHash: Hex;
  readonly outputHash: Hex;
  readonly price: bigint;
  /** Seconds, as the provider wrote it. */
  readonly time: number;
  readonly claim: ClaimView;
  /** The claim's batch is proven on L1. */
  readonly isSettled: boolean;
}

export interface FeeLane {
  readonly token: number;
  readonly account: number;
  /** The least `fee` accepted for each op of a transaction in this token, in its base units. */
  readonly minimumFee: bigint;
}

export interface TokenView {
  readonly id: number;
  /** The zero address for ETH. */
  readonly address: Hex;
}

export interface ChainInfo {
  readonly domain: bigint;
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly rollup: Hex;
  /** The contract that checks attestations on L1, if the node was told of one. */
  readonly attestations?: Hex;
  /** The EVM lane's contract on L1, if the node was told of one. */
  readonly evmLane?: Hex;
  /** The node's clock, seconds: what the next batch's timestamp would be. */
  readonly time: number;
  /** How long after a channel's expiry its provider can still claim. */
  readonly graceSeconds: number;
  readonly shape: {
    readonly name: ShapeName;
    readonly L: number;
    readonly N: number;
    readonly S: number;
    readonly A: number;
    readonly E: number;
  };
  readonly fees: readonly FeeLane[];
  readonly tokens: readonly TokenView[];
  readonly heads: Heads;
}

export interface Heads {
  /** The newest block and the last closed batch. */
  readonly unsafe: { readonly block: bigint; readonly batch: number; readonly root: bigint };
  readonly committed: { readonly batch: number; readonly root: bigint };
  readonly proven: { readonly batch: number; readonly root: bigint };
}

export interface BatchEvent {
  readonly number: number;
  readonly status: BatchView['status'];
  readonly newRoot: bigint;
}

export interface Health {
  readonly live: boolean;
  readonly ready: boolean;
  /** Why it is not ready (or not live); empty when all is well. */
  readonly reasons: readonly string[];
}

/** Parameters and results of every method, before the translation to JSON. */
export interface RpcMethods extends LaneMethods, NetworkMethods, AnnouncementMethods, ExplorerMethods, MarketMethods {
  engram_chainInfo: { params: readonly []; result: ChainInfo };
  engram_getFees: { params: readonly []; result: readonly FeeLane[] };
  engram_sendTransaction: { params: readonly [tx: Hex]; result: Hex };
  engram_getTransactionStatus: { params: readonly [hash: Hex]; result: TransactionStatus };
  engram_getAccount: { params: readonly [index: number]; result: AccountView | null };
  /** By index, at most 1000. */
  engram_getAccountsByKey: {
    params: readonly [x: string, y: string] | readonly [packed: Hex];
    result: readonly AccountView[];
  };
  /** By index, at most 1000. */
  engram_getAccountsByAddress: { params: readonly [address: Hex]; result: readonly AccountView[] };
  engram_getAccountProof: { params: readonly [index: number, state?: StateTag]; result: AccountProofView };
  engram_getBatch: { params: readonly [batch: number | StateTag]; result: BatchView | null };
  /** The closed batch with everything a prover needs (protocol/serialize.ts), for provers outside the node. */
  engram_getClosedBatch: { params: readonly [batch: number]; result: unknown };
  engram_getChannel: { params: readonly [index: number]; result: ChannelView | null };
  /** Newest first. */
  engram_getChannels: { params: readonly [filter: ChannelFilter]; result: readonly ChannelView[] };
  engram_getAttestation: { params: readonly [index: number]; result: AttestationView | null };
  /** Attestations of a file, earliest first, at most 100. */
  engram_findAttestations: { params: readonly [sha256: Hex]; result: readonly AttestationView[] };
  engram_getLineage: { params: readonly [index: number]; result: LineageView | null };
  /** Newest first; `limit` 1 … 1000, default 100. */
  engram_getClaims: {
    params: readonly [channel: number, options?: { readonly limit?: number }];
    result: readonly ClaimView[];
  };
  engram_verifyReceipt: { params: readonly [question: ReceiptQuestion]; result: ReceiptVerdict };
  /** Devnets only: L1's clock and the node's go forward together; the open batch is closed and committed first. */
  engram_devAdvanceTime: { params: readonly [seconds: number]; result: { readonly time: number } };
  engram_getBlock: { params: readonly [block: number | string]; result: BlockView | null };
}

export type RpcMethod = keyof RpcMethods;

/** What can be subscribed to over WebSocket, and what each notification carries. */
export interface RpcTopics {
  blocks: { params: readonly []; event: BlockView };
  batches: { params: readonly []; event: BatchEvent };
  txStatus: { params: readonly [hash: Hex]; event: TransactionStatus };
  account: { params: readonly [index: number]; event: AccountView };
  /** Claims of a channel, as blocks take them in. */
  claims: { params: readonly [channel: number]; event: ClaimView };
}

export type RpcTopic = keyof RpcTopics;
