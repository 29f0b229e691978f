/** What the rest of the system may ask of the L1 side. Implemented by `RollupClient` (rollupClient.ts). */
import type { EvmBatch } from '../../protocol/lane/types.ts';
import type { ClosedBatch, Point } from '../../protocol/types.ts';
import type {
  Address,
  EscapeLeaf,
  Hex,
  L1Call,
  L1Receipt,
  PostedBatch,
  Proof,
  ProvenLeaf,
  QueueEntry,
  ReadAt,
  RollupEvent,
  RollupParameters,
  RollupState,
} from './types.ts';

/** Unsigned calls, for a publisher that manages nonce and fees itself. Pure. */
export interface RollupCalls {
  registerToken(erc20: Address): L1Call;
  depositNew(p: { token: number; amount: bigint; key: Point; owner: Address }): L1Call;
  depositTo(p: { index: number; token: number; amount: bigint }): L1Call;
  /** A void deposit is refunded to `refundTo`. */
  depositToFor(p: { index: number; token: number; amount: bigint; refundTo: Address }): L1Call;
  forcedExit(index: number): L1Call;
  /** @throws BridgeError EVM_MISMATCH if `evm` is not what the batch was closed with; so does `submitProvenBatch` */
  commitBatch(closed: ClosedBatch, evm: EvmBatch): L1Call;
  /** `batches` must follow the last proven batch, in order. */
  proveBatches(batches: readonly { posted: PostedBatch; proof: Proof }[]): L1Call;
  submitProvenBatch(closed: ClosedBatch, evm: EvmBatch, proof: Proof): L1Call;
  revertBatches(oldestUnproven: PostedBatch): L1Call;
  withdraw(token: number, owner: Address): L1Call;
  resign(): L1Call;
  freeze(): L1Call;
  /** `controller`: for a CHANNEL the payer's leaf, for an ATTEST account the owner's; a KEY account leaves alone. */
  escape(leaf: EscapeLeaf, proof: Proof, controller?: ProvenLeaf): L1Call;
  refund(entry: QueueEntry): L1Call;
}

/** Reads are at the latest L1 block unless `blockNumber` is given. Block ranges are inclusive. */
export interface RollupReader {
  readonly address: Address;
  readonly calls: RollupCalls;
  parameters(): Promise<RollupParameters>;
  state(at?: ReadAt): Promise<RollupState>;
  tokenAddress(id: number): Promise<Address>;
  /** Whether the account has left a frozen rollup. */
  isEscaped(index: number, at?: ReadAt): Promise<boolean>;
  pendingWithdrawal(token: number, owner: Address, at?: ReadAt): Promise<bigint>;
  /** Queue items with `from ≤ queueIndex < to`, in order; `toBlock` leaves out what is younger. */
  readQueue(from: bigint, to: bigint, opts?: { fromBlock?: bigint; toBlock?: bigint }): Promise<QueueEntry[]>;
  /** All events of the contract in log order. */
  readEvents(fromBlock: bigint, toBlock: bigint): Promise<RollupEvent[]>;
  /**
   * Batches committed in the range that are still on the committed chain at `toBlock` (reverted ones are left out), with
   * header and body decoded from the transaction's calldata.
   */
  readBatches(fromBlock: bigint, toBlock: bigint): Promise<PostedBatch[]>;
  /** The posted batch of this number on the current committed chain. Throws UNKNOWN_BATCH. */
  readBatch(number: number): Promise<PostedBatch>;
  /** The posted batch of one commit or open-path transaction (for publishers that hold the hash). Throws NOT_A_COMMIT. */
  readBatchOf(transactionHash: Hex): Promise<PostedBatch>;
  /** Throws BridgeError with the contract's error name if the call would fail from this sender. Returns a gas estimate. */
  simulate(call: L1Call, from: Address): Promise<bigint>;
}

/** Sends with the wallet given, waits for the receipt, throws BridgeError (contract's error name) on revert. */
export interface RollupWriter extends RollupReader {
  send(call: L1Call): Promise<L1Receipt>;
  registerToken(erc20: Address): Promise<{ id: number; receipt: L1Receipt }>;
  /** Approves the ERC-20 first when its allowance is too small. */
  depositNew(p: { token: number; amount: bigint; key: Point; owner?: Address }): Promise<QueueEntry>;
  depositTo(p: { index: number; token: number; amount: bigint }): Promise<QueueEntry>;
  forcedExit(index: number): Promise<QueueEntry>;
  commitBatch(closed: ClosedBatch, evm: EvmBatch): Promise<PostedBatch>;
  proveBatches(batches: readonly { posted: PostedBatch; proof: Proof }[]): Promise<L1Receipt>;
  submitProvenBatch(closed: ClosedBatch, evm: EvmBatch, proof: Proof): Promise<PostedBatch>;
  revertBatches(): Promise<L1Receipt>;
  withdraw(token: number, owner?: Address): Promise<L1Receipt>;
  resign(): Promise<L1Receipt>;
  freeze(): Promise<L1Receipt>;
  /** `controller` as for `calls.escape`. */
  escape(leaf: EscapeLeaf, proof: Proof, controller?: ProvenLeaf): Promise<L1Receipt>;
  refund(entry: QueueEntry): Promise<L1Receipt>;
}
