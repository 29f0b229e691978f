import type { EvmBlockRecord, EvmTx, EvmTxLocation } from '../../../chain/evm/types.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import type { BlockOverrides, CallRequest, SimulateRequest, StateOverrides } from './request.ts';
import type { TraceOptions } from './traceOptions.ts';

/** Numbers of blocks: newest, committed on L1, proven and attested. */
export interface EvmHeads {
  readonly latest: bigint;
  readonly safe: bigint;
  readonly finalized: bigint;
}

export interface EvmAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly codeHash: Hex;
  readonly storageRoot: Hex;
}

export interface AccountProof {
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly { readonly key: Hex; readonly value: bigint; readonly proof: readonly Hex[] }[];
}

/** State after a block. Every method throws EthRpcError SERVER if the node no longer has it. */
export interface EvmStateView {
  account(address: Hex): Promise<EvmAccount | undefined>;
  code(address: Hex): Promise<Uint8Array>;
  /** 32 bytes. */
  storage(address: Hex, slot: Hex): Promise<Hex>;
  proof(address: Hex, slots: readonly Hex[]): Promise<AccountProof>;
}

/** A call that did not succeed, with go-ethereum's text. */
export interface CallFailure {
  readonly isRevert: boolean;
  readonly text: string;
}

export interface CallOutcome {
  readonly returnData: Uint8Array;
  readonly failure: CallFailure | undefined;
}

export interface AccessListOutcome {
  readonly accessList: readonly { readonly address: Hex; readonly storageKeys: readonly Hex[] }[];
  readonly gasUsed: bigint;
  readonly failure: CallFailure | undefined;
}

export interface CallPlace {
  /** The block whose state a call starts from. */
  readonly block: EvmBlockRecord;
  readonly overrides: StateOverrides;
  readonly blockOverrides: BlockOverrides;
}

/** Runs code on states; what it does is forgotten. Throws EthRpcError for calls that could not be a transaction. */
export interface EvmRunner {
  call(request: CallRequest, place: CallPlace): Promise<CallOutcome>;
  estimateGas(request: CallRequest, place: CallPlace): Promise<bigint>;
  createAccessList(request: CallRequest, place: CallPlace): Promise<AccessListOutcome>;
  /** JSON of blocks, as eth_simulateV1 gives them. */
  simulate(request: SimulateRequest, block: EvmBlockRecord): Promise<readonly unknown[]>;
  traceCall(request: CallRequest, place: CallPlace, options: TraceOptions): Promise<unknown>;
  /** Traces of the transactions of a block from `from` up to `to` (exclusive). */
  traceBlock(
    block: EvmBlockRecord,
    range: { from: number; to: number },
    options: TraceOptions,
  ): Promise<readonly unknown[]>;
}

export interface PoolContent {
  readonly pending: ReadonlyMap<Hex, readonly EvmTx[]>;
  readonly queued: ReadonlyMap<Hex, readonly EvmTx[]>;
}

export interface EvmPoolView {
  get(hash: Hex): EvmTx | undefined;
  /** The nonce after the pool's consecutive ones of this sender. */
  nextNonce(address: Hex, stateNonce: bigint): bigint;
  content(): PoolContent;
  contentFrom(address: Hex): { readonly pending: readonly EvmTx[]; readonly queued: readonly EvmTx[] };
  status(): { readonly pending: number; readonly queued: number };
}

export interface EvmEvents {
  block: EvmBlockRecord;
  /** Entered the pool. */
  transaction: EvmTx;
}

export interface EvmInfo {
  readonly chainId: bigint;
  readonly clientVersion: string;
  /** Least tip that the pool takes, in wei. */
  readonly minTip: bigint;
}

/** What Ethereum's JSON-RPC asks of the node. Parameters are parsed. Refusals are EthRpcErrors; anything else is hidden. */
export interface EvmBackend {
  readonly info: EvmInfo;
  readonly heads: EvmHeads;
  /** How far a chain that is behind has to go; undefined: it is not behind. */
  syncing(): { readonly current: bigint; readonly highest: bigint } | undefined;
  peerCount(): number;
  /** Block 0 included. */
  block(number: bigint): Promise<EvmBlockRecord | undefined>;
  blockByHash(hash: Hex): Promise<EvmBlockRecord | undefined>;
  /** The bloom of a block's logs, far cheaper than the block; undefined: the block has none. */
  bloom(number: bigint): Promise<Uint8Array | undefined>;
  location(txHash: Hex): Promise<EvmTxLocation | undefined>;
  /** Decodes all transactions of a stored block, those of the system included. */
  transactions(block: EvmBlockRecord): readonly EvmTx[];
  /** Decodes one of them; undefined: there is none at this position. */
  transaction(block: EvmBlockRecord, position: number): EvmTx | undefined;
  state(block: EvmBlockRecord): EvmStateView;
  nextBaseFee(block: EvmBlockRecord): bigint;
  /** Takes a signed transaction into the pool; returns its hash. */
  sendRaw(raw: Uint8Array): Promise<Hex>;
  readonly pool: EvmPoolView;
  readonly run: EvmRunner;
  /** Listeners must not throw. Returns the function that removes the listener. */
  on<E extends keyof EvmEvents>(event: E, listener: (value: EvmEvents[E]) => void): () => void;
}
