import { EventEmitter } from 'node:events';
import { claimsOf, createdBy } from '../../chain/aiRecords.ts';
import type { Block } from '../../chain/block.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { BatchSummary } from '../../chain/types.ts';
import { GRACE_SECONDS, packState, unpackChannel } from '../../protocol/account.ts';
import { decodeTx } from '../../protocol/codec/tx.ts';
import { field } from '../../protocol/field.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import { txHash } from '../../protocol/tx.ts';
import { type AccountIndex, type ClosedBatch, type Field, Opcode, type Point } from '../../protocol/types.ts';
import type {
  AccountProofView,
  AccountView,
  BatchView,
  BlockView,
  ChainInfo,
  FeeLane,
  Heads,
  Health,
  Hex,
  StateTag,
  TransactionStatus,
} from '../../sdk/rpcTypes.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { AiBackend, AnnouncementBackend, BackendEvents, NetworkBackend, NodeBackend } from '../rpc/backend.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { ExplorerBackend } from '../rpc/explorerBackend.ts';
import type { LaneBackend } from '../rpc/laneBackend.ts';
import type { MarketBackend } from '../rpc/marketBackend.ts';
import type { AiIndex } from './aiIndex.ts';
import { AiQueries } from './aiQueries.ts';
import { claimView } from './aiViews.ts';
import { StateHistory } from './stateHistory.ts';
import { accountView, batchView, blockView, transactionStatus } from './views.ts';

/** Anybody can create accounts for any key and address: lists of them end somewhere. */
const LISTED = { limit: 1000 } as const;

export interface BackendOptions {
  readonly l1ChainId: bigint;
  readonly l2ChainId: bigint;
  readonly rollup: Hex;
  /** The contract that checks attestations on L1. */
  readonly attestations?: Hex;
  /** The EVM lane's contract on L1. */
  readonly evmLane?: Hex;
}

export interface BackendDependencies {
  readonly store: ChainStore;
  readonly sequencer: Sequencer;
  /** Tokens registered on L1. */
  readonly tokens: () => readonly { readonly id: number; readonly address: Hex }[];
  /** Where fees of a token go, and the least fee of an op; the tokens are those a fee account exists for. */
  readonly fees: () => readonly FeeLane[];
  readonly health: () => Health;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly index: AiIndex;
  readonly lane: LaneBackend;
  readonly network: NetworkBackend;
  readonly announcements: AnnouncementBackend;
  readonly market: MarketBackend;
  readonly explorer: ExplorerBackend;
  /** Told of every transaction that a user of this node submitted. */
  readonly onSubmitted?: ((bytes: Uint8Array) => void) | undefined;
  /** Present on a devnet only. */
  readonly advanceTime?: ((seconds: number) => Promise<void>) | undefined;
  readonly logger: Logger;
}

/** The node behind the RPC: the sequencer's state and the chain store. */
export class SequencerBackend implements NodeBackend {
  readonly #options: BackendOptions;
  readonly #deps: BackendDependencies;
  readonly #events = new EventEmitter();
  readonly ai: AiBackend;
  readonly lane: LaneBackend;
  readonly network: NetworkBackend;
  readonly announcements: AnnouncementBackend;
  readonly market: MarketBackend;
  readonly explorer: ExplorerBackend;
  readonly #histories: Readonly<Record<'committed' | 'proven', StateHistory>>;
  /** Events of batches need the store; they go out one after another, in order. */
  #outbox: Promise<void> = Promise.resolve();

  constructor(options: BackendOptions, deps: BackendDependencies) {
    this.#options = options;
    this.#deps = deps;
    this.#events.setMaxListeners(0);
    const { store, sequencer } = deps;
    const ledger = () => sequencer.ledger;
    const { index, clock } = deps;
    const account = (of: AccountIndex) => sequencer.account(of);
    this.lane = deps.lane;
    this.network = deps.network;
    this.announcements = deps.announcements;
    this.market = deps.market;
    this.explorer = deps.explorer;
    this.ai = new AiQueries({ store, index, account, now: () => seconds(clock) });
    this.#histories = { committed: new StateHistory({ store, ledger }), proven: new StateHistory({ store, ledger }) };
    sequencer.events.on('block', (block) => this.#onBlock(block));
    sequencer.events.on('txDropped', ({ hash, code }) =>
      this.#emit('transaction', transactionStatus(hash, { status: 'dropped', code })),
    );
    for (const name of ['batchClosed', 'batchCommitted', 'batchProven', 'batchReorged'] as const) {
      sequencer.events.on(name, (summary) => this.#onBatch(summary));
    }
    sequencer.events.on('rolledBack', () => this.#onRollback());
  }

  async sendTransaction(bytes: Uint8Array): Promise<bigint> {
    const tx = decodeTx(bytes);
    const { hash } = await this.#deps.sequencer.submit(tx);
    this.#deps.onSubmitted?.(bytes);
    this.#emit('transaction', transactionStatus(hash, { status: 'pending' }));
    return hash;
  }

  async transactionStatus(hash: bigint): Promise<TransactionStatus> {
    return transactionStatus(hash, await this.#deps.sequencer.status(field(hash)));
  }

  async account(index: AccountIndex): Promise<AccountView | undefined> {
    const account = this.#deps.sequencer.account(index);
    return account === undefined ? undefined : accountView(index, account);
  }

  async accountsByKey(key: Point): Promise<readonly AccountView[]> {
    return this.#accounts(await this.#deps.store.accountsByKey(key, LISTED));
  }

  async accountsByAddress(address: bigint): Promise<readonly AccountView[]> {
    return this.#accounts(await this.#deps.store.accountsByAddress(address, LISTED));
  }

  async accountProof(index: AccountIndex, state: StateTag): Promise<AccountProofView> {
    const { sequencer, store } = this.#deps;
    const batch = this.#batchNumber(state);
    const { root, account, children } =
      state === 'latest' ? sequencer.ledger.closedTree.proof(index) : await this.#histories[state].proof(index, batch);
    if (state === 'latest' && root !== store.head.closedRoot) {
      // a batch is being closed at this moment: the tree is ahead of the store
      throw new RpcError(RpcCode.UNAVAILABLE, 'STATE_MOVED', 'the state moved on while the proof was made; try again');
    }
    return {
      state,
      batch,
      root,
      index,
      children,
      ...(account !== undefined && {
        leaf: { state: packState(account), a: account.a, b: account.b, c: account.c },
        account: accountView(index, account),
      }),
    };
  }

  async batch(which: number | StateTag): Promise<BatchView | undefined> {
    const { store } = this.#deps;
    const number = typeof which === 'number' ? which : this.#batchNumber(which);
    const [closed, summary] = await Promise.all([store.batch(number), store.summary(number)]);
    return closed === undefined || summary === undefined ? undefined : batchView(closed, summary);
  }

  closedBatch(number: number): Promise<ClosedBatch | undefined> {
    return this.#deps.store.batch(number);
  }

  async block(which: bigint | 'latest'): Promise<BlockView | undefined> {
    const { store } = this.#deps;
    const block = await store.block(which === 'latest' ? store.head.block : which);
    return block === undefined ? undefined : blockView(block, store.domain);
  }

  async chainInfo(): Promise<ChainInfo> {
    const { store, sequencer, tokens } = this.#deps;
    const { name, L, N, S, A, E } = SHAPES[sequencer.ledger.largestShape];
    return {
      domain: store.domain,
      ...this.#options,
      time: seconds(this.#deps.clock),
      graceSeconds: GRACE_SECONDS,
      shape: { name, L, N, S, A, E },
      fees: this.#deps.fees(),
      tokens: tokens(),
      heads: await this.#heads(),
    };
  }

  async fees(): Promise<readonly FeeLane[]> {
    return this.#deps.fees();
  }

  async health(): Promise<Health> {
    return this.#deps.health();
  }

  async advanceTime(by: number): Promise<number> {
    const { advanceTime, clock } = this.#deps;
    if (advanceTime === undefined) {
      throw new RpcError(RpcCode.UNAVAILABLE, 'DEVNET_ONLY', 'time passes by itself on this network');
    }
    await advanceTime(by);
    return seconds(clock);
  }

  on<E extends keyof BackendEvents>(event: E, listener: (value: BackendEvents[E]) => void): () => void {
    this.#events.on(event, listener);
    return () => this.#events.off(event, listener);
  }

  /** Resolves when all events of what has happened are out. */
  async flush(): Promise<void> {
    await this.#outbox;
  }

  #emit<E extends keyof BackendEvents>(event: E, value: BackendEvents[E]): void {
    this.#events.emit(event, value);
  }

  #accounts(indices: readonly AccountIndex[]): AccountView[] {
    return indices.flatMap((index) => {
      const account = this.#deps.sequencer.account(index);
      return account === undefined ? [] : [accountView(index, account)];
    });
  }

  #batchNumber(state: StateTag): number {
    const { store, sequencer } = this.#deps;
    if (state === 'latest') return store.head.closedBatch;
    return sequencer.publisher.state[state];
  }

  async #heads(): Promise<Heads> {
    const { head } = this.#deps.store;
    const { committed, proven } = this.#deps.sequencer.publisher.state;
    const rootOf = async (batch: number): Promise<Field> =>
      (await this.#deps.store.summary(batch))?.newRoot ?? EMPTY_ROOT;
    return {
      unsafe: { block: head.block, batch: head.closedBatch, root: head.closedRoot },
      committed: { batch: committed, root: await rootOf(committed) },
      proven: { batch: proven, root: await rootOf(proven) },
    };
  }

  #onBlock(block: Block): void {
    const { domain } = this.#deps.store;
    this.#deps.index.onBlock(block);
    this.#emit('block', blockView(block, domain));
    const { number, batch, timestamp } = block;
    const touched = new Set<AccountIndex>(block.l1.ops.map(({ index }) => index));
    block.txs.forEach((tx, position) => {
      touched.add(tx.signer);
      for (const { from, to } of tx.ops) touched.add(from).add(to);
      const location = { block: number, batch, position };
      const hash = txHash(tx, domain);
      this.#emit('transaction', transactionStatus(hash, { status: 'included', ...location, created: createdBy(tx) }));
      for (const { channel, claim } of claimsOf(tx, { ...location, txHash: hash, timestamp })) {
        this.#emit('claim', claimView(channel, claim, undefined));
      }
    });
    this.#emitAccounts(touched);
  }

  #onBatch(summary: BatchSummary): void {
    const { number, status, newRoot } = summary;
    this.#emit('batch', { number, status, newRoot });
    this.#outbox = this.#outbox
      .then(async () => {
        const { store, sequencer } = this.#deps;
        const closed = await store.batch(number);
        if (closed === undefined) return;
        // fees and royalties are credited when a batch closes
        if (status === 'closed') this.#emitAccounts(new Set([...closed.batch.feeAccounts, ...this.#earners(closed)]));
        else {
          for (const tx of closed.batch.txs) {
            const hash = txHash(tx, store.domain);
            this.#emit('transaction', transactionStatus(hash, await sequencer.status(hash)));
          }
        }
      })
      .catch((err: unknown) => this.#deps.logger.error({ err, batch: number }, 'events of a batch are lost'));
  }

  /** What was derived from blocks that are gone is made anew. */
  #onRollback(): void {
    for (const history of Object.values(this.#histories)) history.forget();
    this.#outbox = this.#outbox
      .then(() => this.#deps.index.reload())
      .catch((err: unknown) => this.#deps.logger.error({ err }, 'channels and attestations could not be listed anew'));
  }

  /** The models that a batch's claims owed royalties to. */
  #earners({ batch }: ClosedBatch): AccountIndex[] {
    return batch.txs
      .flatMap(({ ops }) => ops)
      .flatMap(({ opcode, from }) => {
        const channel = opcode === Opcode.CLAIM ? this.#deps.sequencer.account(from) : undefined;
        return channel === undefined ? [] : [unpackChannel(channel.c).model];
      });
  }

  #emitAccounts(indices: Iterable<AccountIndex>): void {
    for (const view of this.#accounts([...indices])) this.#emit('account', view);
  }
}

function seconds(clock: Pick<Clock, 'nowMs'>): number {
  return Math.floor(clock.nowMs() / 1000);
}
