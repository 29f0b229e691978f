/** What the engram_* JSON-RPC tells an explorer; conventions as in rpcTypes.ts. Lists are newest first and go on behind `next`. */
import type { ShapeName } from '../protocol/types.ts';
import type { Hex } from './rpcTypes.ts';

/** Where a list goes on; opaque. Absent: at the newest. */
export interface PageOptions {
  readonly before?: string;
  /** 1 … 200, default 25. */
  readonly limit?: number;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent: there is nothing older. */
  readonly next?: string;
}

export type OpcodeName = 'TRANSFER' | 'OPEN' | 'CLAIM' | 'CLOSE' | 'EXIT' | 'ATTEST' | 'REGISTER';
export type L1OpName = 'DEPOSIT_NEW' | 'DEPOSIT_TO' | 'FORCED_EXIT';

/** As sure as its block is; `pending`: in the mempool. */
export type Surety = 'pending' | 'included' | 'committed' | 'proven';

export interface OpView {
  readonly opcode: OpcodeName;
  /** Account indices; what they mean for each op says docs/protocol.md section 2. */
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  readonly fee: bigint;
  /** The op's payload, told apart: `recipient` of an EXIT, `total`, `receiptsRoot` and `royalty` of a CLAIM, `memo` … ; numbers as decimal text, addresses and hashes as hexadecimal. */
  readonly details: Readonly<Record<string, string>>;
}

/** A transaction of the ledger lane. */
export interface LedgerTransactionView {
  readonly hash: Hex;
  readonly status: Surety;
  readonly block?: bigint;
  readonly batch?: number;
  readonly position?: number;
  /** Seconds: of its block. */
  readonly timestamp?: number;
  readonly signer: number;
  readonly nonce: number;
  readonly token: number;
  readonly ops: readonly OpView[];
  /** Accounts it created, in the order of its ops. */
  readonly created: readonly number[];
  /** The wire form. Absent where the node took it from L1's data, which has no signatures. */
  readonly raw?: Hex;
}

/** A block of both lanes. */
export interface BlockSummary {
  readonly number: bigint;
  readonly hash: Hex;
  /** Seconds. */
  readonly timestamp: number;
  readonly batch: number;
  readonly status: Exclude<Surety, 'pending'>;
  readonly l1Ops: number;
  readonly ledgerTxs: number;
  /** System transactions (messages of L1, mirrored changes) not counted. */
  readonly evmTxs: number;
  readonly evmGasUsed: bigint;
}

export interface L1Cost {
  readonly transaction: Hex;
  /** L1 block. */
  readonly block: bigint;
  readonly gasUsed: bigint;
  /** Wei. */
  readonly gasPrice: bigint;
  /** Batches that this transaction was for: one proof transaction may bring several. */
  readonly batches: number;
}

/** What a batch holds, where it stands and what it cost. */
export interface BatchFacts {
  readonly number: number;
  readonly shape: ShapeName;
  readonly status: 'closed' | 'committed' | 'proven';
  /** Seconds. */
  readonly timestamp: number;
  readonly firstBlock: bigint;
  readonly lastBlock: bigint;
  readonly counts: {
    readonly l1Ops: number;
    readonly ledgerTxs: number;
    readonly ops: number;
    readonly exits: number;
    readonly evmTxs: number;
  };
  /** Most ops and L1 operations the shape holds. */
  readonly room: { readonly l1Ops: number; readonly ops: number };
  /** Constraints of the shape's circuit; 0 for a shape whose circuit is not among those counted (circuits/constraints.json). */
  readonly constraints: number;
  readonly oldRoot: bigint;
  readonly newRoot: bigint;
  /** Bytes posted on L1 for the ledger and for the EVM lane. */
  readonly posted: { readonly ledgerBytes: number; readonly evmBytes: number };
  /** Absent until it is there, or if this node cannot tell. */
  readonly commit?: L1Cost;
  readonly prove?: L1Cost;
  /** What this node's prover says of it; absent: somebody else's work. Seconds of wall time. */
  readonly proof?: {
    readonly state: 'pending' | 'proving' | 'proven' | 'failed';
    readonly seconds?: { readonly witness: number; readonly prove: number; readonly verify: number };
    readonly peakMemoryMB?: number;
  };
}

/** One line of an account's history. */
export interface HistoryEntry {
  readonly kind: OpcodeName | L1OpName | 'FEES' | 'ROYALTY';
  /** Absent for an operation of L1 and for fees, which a batch's close credits. */
  readonly transaction?: Hex;
  readonly queueIndex?: bigint;
  readonly block: bigint;
  readonly batch: number;
  readonly timestamp: number;
  readonly status: Exclude<Surety, 'pending'>;
  /** What the account gained or lost by it, fees included; base units. */
  readonly change: bigint;
  /** The other account, if there is one. */
  readonly other?: number;
  /** An operation of L1 that changed nothing. */
  readonly isVoid?: boolean;
}

/** Value on its way from the ledger to L1. */
export interface ExitRecord {
  readonly account: number;
  readonly recipient: Hex;
  readonly token: number;
  readonly amount: bigint;
  /** Absent: a forced exit, of the queue item `queueIndex`. */
  readonly transaction?: Hex;
  readonly queueIndex?: bigint;
  readonly block: bigint;
  readonly batch: number;
  readonly timestamp: number;
  /** `proven`: L1 has credited it to the recipient. */
  readonly status: Exclude<Surety, 'pending'>;
  /** The L1 transaction that credited it. */
  readonly proveTx?: Hex;
}

/** A transaction of the EVM lane that an address sent or got. */
export interface EvmHistoryEntry {
  readonly hash: Hex;
  readonly block: bigint;
  readonly timestamp: number;
  readonly from: Hex;
  /** Absent: it created a contract. */
  readonly to?: Hex;
  readonly value: bigint;
  readonly isSuccess: boolean;
  readonly status: Exclude<Surety, 'pending'>;
}

/** What happened within one interval; sums of blocks whose timestamps are in it. */
export interface StatsBucket {
  /** Seconds: begins here, a multiple of the interval. */
  readonly start: number;
  readonly blocks: number;
  readonly ledgerTxs: number;
  readonly evmTxs: number;
  readonly evmGasUsed: bigint;
  readonly ops: Readonly<Partial<Record<OpcodeName, number>>>;
  readonly l1Ops: number;
  /** Settled inference by token: claims, what consumers paid by them, of it royalties. */
  readonly inference: readonly {
    readonly token: number;
    readonly claims: number;
    readonly paid: bigint;
    readonly royalties: bigint;
  }[];
  /** Fees of the ledger lane by token. */
  readonly fees: readonly { readonly token: number; readonly amount: bigint }[];
  /** Wei: fees of the EVM lane. */
  readonly evmFees: bigint;
  /** Batches closed, and the proofs made by this node: how many, and how long they took in all. */
  readonly batches: number;
  readonly proofs: { readonly count: number; readonly seconds: number };
}

export interface StatsQuestion {
  /** Seconds of an interval: 60, 3600 or 86400. */
  readonly interval: 60 | 3600 | 86400;
  /** How many, the newest last; 1 … 200, default 48. */
  readonly count?: number;
}

/** What a text may mean. */
export type SearchHit =
  | { readonly kind: 'block'; readonly number: bigint }
  | { readonly kind: 'batch'; readonly number: number }
  | { readonly kind: 'ledgerTx'; readonly hash: Hex }
  | { readonly kind: 'evmTx'; readonly hash: Hex }
  | { readonly kind: 'account'; readonly index: number; readonly accountKind: 'KEY' | 'CHANNEL' | 'ATTEST' }
  /** An address of the EVM lane, or the owner of accounts. */
  | { readonly kind: 'address'; readonly address: Hex }
  /** A file's SHA-256 that is attested. */
  | { readonly kind: 'artefact'; readonly sha256: Hex; readonly attestation: number };

export interface ExplorerMethods {
  /** Ledger lane only; the EVM lane has `eth_getTransactionByHash`. Transactions of the mempool too. */
  engram_getTransaction: { params: readonly [hash: Hex]; result: LedgerTransactionView | null };
  engram_getBlocks: { params: readonly [options?: PageOptions]; result: Page<BlockSummary> };
  engram_getBatches: { params: readonly [options?: PageOptions]; result: Page<BatchFacts> };
  engram_getBatchFacts: { params: readonly [batch: number]; result: BatchFacts | null };
  engram_getHistory: { params: readonly [account: number, options?: PageOptions]; result: Page<HistoryEntry> };
  /** By recipient. */
  engram_getExits: { params: readonly [recipient: Hex, options?: PageOptions]; result: Page<ExitRecord> };
  engram_getEvmHistory: { params: readonly [address: Hex, options?: PageOptions]; result: Page<EvmHistoryEntry> };
  engram_getStats: { params: readonly [question: StatsQuestion]; result: readonly StatsBucket[] };
  /** Whatever `text` may name, most likely first; at most 16. */
  engram_search: { params: readonly [text: string]; result: readonly SearchHit[] };
}
