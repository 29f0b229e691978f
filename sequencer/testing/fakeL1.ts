import type { CrashPoint } from '../../chain/testing/crash.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { TEST_TIME } from '../../protocol/testing/actors.ts';
import type { ClosedBatch, Field, QueueItem } from '../../protocol/types.ts';
import {
  type Hex,
  L1Error,
  type L1Fees,
  type L1Port,
  type L1QueueItem,
  type L1Receipt,
  type L1State,
  type L1TxOptions,
  type PostableBatch,
  type ProvenBatch,
  type SignedL1Tx,
  type UnprovenOnL1,
} from '../l1Port.ts';
import {
  type CallContext,
  EMPTY_ROLLUP,
  execute,
  type FakeCall,
  type FakeCommitted,
  headOf,
  type RollupModel,
} from './fakeRollup.ts';

export { fakeProof } from './fakeRollup.ts';

/** The account of whoever uses the fake itself as its port. */
const MAIN = 'main';

interface FakeTx extends L1TxOptions, FakeCall {
  readonly hash: Hex;
}

interface FakeBlock {
  readonly txs: readonly FakeTx[];
  readonly items: readonly QueueItem[];
  readonly provenByOther?: number;
  readonly timestamp: number;
  readonly leader: string | undefined;
}

interface Executed {
  readonly rollup: RollupModel;
  readonly queue: readonly QueueItem[];
  readonly nonces: ReadonlyMap<string, number>;
  readonly receipts: Map<Hex, L1Receipt>;
}

/**
 * L1 as far as publishers can tell: a pool with one transaction a nonce of each account, blocks that execute the rollup's rules in order,
 * reverts that use up a nonce, and reorgs. State is always recomputed from the blocks, so a reorg forgets nothing and keeps nothing.
 */
export class FakeL1 implements L1Port {
  #blocks: FakeBlock[] = [{ txs: [], items: [], timestamp: 0, leader: undefined }];
  /** By height, as long as the block there is the same. */
  readonly #executed = new Map<number, { readonly last: FakeBlock | undefined; readonly executed: Executed }>();
  #pool = new Map<string, FakeTx>();
  #waitingItems: QueueItem[] = [];
  /** Every transaction ever signed, by its raw form: signing is pure, the bytes say it all. */
  readonly #signed = new Map<Hex, FakeTx>();
  baseFee = 10n;
  /** While set, nothing gets through. */
  isDown = false;
  /** While set, mining takes only transactions that pay at least this. */
  minimumFee = 0n;
  canCommit = true;
  /** The only account that may commit from now on; undefined: any. */
  leader: string | undefined;
  isOpen = false;
  isFrozen = false;
  maxAgeSeconds = Number.POSITIVE_INFINITY;
  proveDeadlineSeconds = Number.POSITIVE_INFINITY;
  /** Seconds. */
  now: () => number = () => TEST_TIME;

  // What users and miners do.

  enqueue(...items: QueueItem[]): void {
    this.#waitingItems.push(...items);
  }

  mine(count = 1): void {
    for (let i = 0; i < count; i += 1) {
      const txs: FakeTx[] = [];
      const { nonces } = this.#execute();
      for (const account of new Set([...this.#pool.values()].map(({ from }) => from))) {
        let nonce = nonces.get(account) ?? 0;
        for (let tx = this.#pool.get(`${account}/${nonce}`); tx !== undefined; ) {
          if (tx.fees.maxFeePerGas < this.minimumFee) break;
          this.#pool.delete(`${account}/${nonce}`);
          txs.push(tx);
          nonce += 1;
          tx = this.#pool.get(`${account}/${nonce}`);
        }
      }
      this.#blocks.push({ txs, items: this.#waitingItems, timestamp: this.now(), leader: this.leader });
      this.#waitingItems = [];
    }
  }

  /** Drops the last blocks. Their queue items wait again; their transactions too, or are forgotten by everyone. */
  reorg(depth: number, options: { areTxsForgotten: boolean; areItemsForgotten?: boolean }): void {
    const dropped = this.#blocks.splice(Math.max(1, this.#blocks.length - depth));
    if (options.areItemsForgotten !== true) {
      this.#waitingItems = [...dropped.flatMap(({ items }) => items), ...this.#waitingItems];
    }
    if (options.areTxsForgotten) this.#pool.clear();
    else for (const tx of dropped.flatMap(({ txs }) => txs)) this.#pool.set(`${tx.from}/${tx.nonce}`, tx);
  }

  /** Someone else proves up to this batch (proving is open to anyone): our account's nonce does not move. */
  proveByOther(batch: number): void {
    const { timestamp = 0, leader } = this.#blocks.at(-1) ?? {};
    this.#blocks.push({ txs: [], items: [], provenByOther: batch, timestamp, leader });
  }

  forgetPool(): void {
    this.#pool.clear();
  }

  /** Queue items that no block took in, which disappear with this. */
  takeWaiting(): QueueItem[] {
    return this.#waitingItems.splice(0);
  }

  get pooled(): readonly { nonce: number; fees: L1Fees; from: string }[] {
    return [...this.#pool.values()];
  }

  get height(): number {
    return this.#blocks.length;
  }

  /** Batches on the canonical chain. */
  get committed(): readonly ClosedBatch[] {
    return this.commits.map(({ closed }) => closed);
  }

  get commits(): readonly FakeCommitted[] {
    return this.#execute().rollup.committed;
  }

  get queue(): readonly QueueItem[] {
    return this.#execute().queue;
  }

  get proven(): number {
    return this.#execute().rollup.proven;
  }

  /** Transactions on the canonical chain that reverted. */
  get reverted(): number {
    return [...this.#execute().receipts.values()].filter(({ isSuccess }) => !isSuccess).length;
  }

  /** L1 as another account sees it. */
  as(account: string): L1Port {
    return {
      state: (options) => this.#stateFor(account, options),
      queueItems: (from, to) => this.queueItems(from, to),
      postedCommitment: (batch) => this.postedCommitment(batch),
      unproven: (batch) => this.#unprovenFor(account, batch),
      nonce: () => this.#nonceOf(account),
      suggestFees: () => this.suggestFees(),
      signCommit: async (commit, options) => this.#sign({ ...options, from: account, commit }),
      signProve: async (items, options) => this.#sign({ ...options, from: account, prove: items }),
      signSubmit: async (item, options) => this.#sign({ ...options, from: account, commit: item, prove: [item] }),
      signRevert: async (oldest, options) => this.#sign({ ...options, from: account, revert: oldest }),
      broadcast: (raw) => this.broadcast(raw),
      receipt: (hash) => this.receipt(hash),
    };
  }

  // L1Port.

  state(options: { confirmations?: number } = {}): Promise<L1State> {
    return this.#stateFor(MAIN, options);
  }

  async queueItems(from: bigint, to: bigint): Promise<L1QueueItem[]> {
    this.#requireUp();
    return this.queue
      .map((item, index) => ({ queueIndex: BigInt(index), item, deadline: 2_000_000_000 }))
      .slice(Number(from), Number(to));
  }

  async postedCommitment(batch: number): Promise<Field> {
    this.#requireUp();
    const posted = this.committed[batch - 1];
    if (posted === undefined) throw new L1Error('UNAVAILABLE', { batch });
    return posted.commitment.c;
  }

  unproven(batch: number): Promise<UnprovenOnL1> {
    return this.#unprovenFor(MAIN, batch);
  }

  nonce(): Promise<number> {
    return this.#nonceOf(MAIN);
  }

  async suggestFees(): Promise<L1Fees> {
    this.#requireUp();
    return { maxFeePerGas: this.baseFee * 2n, maxPriorityFeePerGas: 1n };
  }

  async signCommit(commit: PostableBatch, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, from: MAIN, commit });
  }

  async signProve(items: readonly ProvenBatch[], options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, from: MAIN, prove: items });
  }

  async signSubmit(item: ProvenBatch, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, from: MAIN, commit: item, prove: [item] });
  }

  async signRevert(oldest: number, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, from: MAIN, revert: oldest });
  }

  async broadcast(raw: Hex): Promise<void> {
    this.#requireUp();
    const tx = this.#signed.get(raw);
    if (tx === undefined) throw new L1Error('UNAVAILABLE', { raw });
    const { from, nonce, fees, hash } = tx;
    if (nonce < (this.#execute().nonces.get(from) ?? 0)) throw new L1Error('NONCE_TOO_LOW', { nonce });
    const waiting = this.#pool.get(`${from}/${nonce}`);
    if (waiting?.hash === hash) throw new L1Error('ALREADY_KNOWN');
    if (waiting !== undefined && fees.maxFeePerGas * 10n < waiting.fees.maxFeePerGas * 11n) {
      throw new L1Error('UNDERPRICED');
    }
    this.#pool.set(`${from}/${nonce}`, tx);
  }

  async receipt(hash: Hex): Promise<L1Receipt | undefined> {
    this.#requireUp();
    return this.#execute().receipts.get(hash);
  }

  async #stateFor(account: string, { confirmations = 0 }: { confirmations?: number } = {}): Promise<L1State> {
    this.#requireUp();
    const height = Math.max(1, this.#blocks.length - confirmations);
    const { rollup, queue } = this.#execute(height);
    const isLeader = this.leader === undefined || this.leader === account;
    return {
      blockNumber: BigInt(height - 1),
      l1Timestamp: this.#blocks[height - 1]?.timestamp ?? 0,
      committed: headOf(rollup, rollup.committed.length),
      proven: headOf(rollup, rollup.proven),
      queueTail: BigInt(queue.length),
      seat: '0x00000000000000000000000000000000000000aa',
      sequencerSeenAt: rollup.committed.at(-1)?.at ?? 0,
      canCommit: isLeader && (account !== MAIN || this.canCommit),
      isOpen: this.isOpen,
      isFrozen: this.isFrozen,
    };
  }

  async #unprovenFor(account: string, batch: number): Promise<UnprovenOnL1> {
    this.#requireUp();
    const { committed, proven } = this.#execute().rollup;
    const found = committed[batch - 1];
    if (found === undefined || batch !== proven + 1) throw new L1Error('UNAVAILABLE', { batch });
    return { proveDeadline: found.at + this.proveDeadlineSeconds, isOurs: found.from === account };
  }

  async #nonceOf(account: string): Promise<number> {
    this.#requireUp();
    return this.#execute().nonces.get(account) ?? 0;
  }

  #sign(content: L1TxOptions & FakeCall): SignedL1Tx {
    this.#requireUp();
    const { rollup, queue } = this.#execute();
    const isOpenPath = content.commit !== undefined && content.prove !== undefined;
    const context = this.#context({ timestamp: this.now(), leader: this.leader }, queue);
    const after = isOpenPath && !this.isOpen ? 'PathClosed' : execute(rollup, content, context);
    if (typeof after === 'string') throw new L1Error('REVERTED', { reason: after });
    const { nonce, fees, from, commit, prove = [], revert = 0 } = content;
    const about = [commit, ...prove].map((batch) => batch?.closed.commitment.c.toString());
    const said = `${from}/${nonce}/${fees.maxFeePerGas}/${fees.maxPriorityFeePerGas}/${prove.length}/${revert}/${about.join(',')}`;
    const bytes = new TextEncoder().encode(said);
    const hash: Hex = `0x${keccak256(bytes).toString(16).padStart(64, '0')}`;
    const raw: Hex = `0x${Buffer.from(bytes).toString('hex')}`;
    this.#signed.set(raw, { ...content, hash });
    return { hash, raw };
  }

  #execute(height = this.#blocks.length): Executed {
    const known = this.#executed.get(height);
    if (known !== undefined && known.last === this.#blocks[height - 1]) return known.executed;
    const executed = this.#executeAll(height);
    this.#executed.set(height, { last: this.#blocks[height - 1], executed });
    return executed;
  }

  #executeAll(height: number): Executed {
    let rollup = EMPTY_ROLLUP;
    const queue: QueueItem[] = [];
    const nonces = new Map<string, number>();
    const receipts = new Map<Hex, L1Receipt>();
    this.#blocks.slice(0, height).forEach((block, number) => {
      rollup = { ...rollup, proven: block.provenByOther ?? rollup.proven };
      for (const tx of block.txs) {
        const after = execute(rollup, tx, this.#context(block, queue));
        const isSuccess = typeof after !== 'string';
        // A reverted transaction changes nothing but uses up its nonce.
        receipts.set(tx.hash, { isSuccess, blockNumber: BigInt(number), gasUsed: 21_000n });
        if (isSuccess) rollup = after;
        nonces.set(tx.from, tx.nonce + 1);
      }
      queue.push(...block.items);
    });
    return { rollup, queue, nonces, receipts };
  }

  #context({ timestamp, leader }: Pick<FakeBlock, 'timestamp' | 'leader'>, queue: readonly QueueItem[]): CallContext {
    const { maxAgeSeconds, proveDeadlineSeconds } = this;
    return { queue, timestamp, leader, maxAgeSeconds, proveDeadlineSeconds };
  }

  #requireUp(): void {
    if (this.isDown) throw new L1Error('UNAVAILABLE');
  }
}

/** `l1` as a process sees it that can be killed before and after every call. */
export function crashingL1(l1: L1Port, crash: CrashPoint): L1Port {
  return {
    state: (options) => crash.read(() => l1.state(options)),
    queueItems: (from, to) => crash.read(() => l1.queueItems(from, to)),
    postedCommitment: (batch) => crash.read(() => l1.postedCommitment(batch)),
    unproven: (batch) => crash.read(() => l1.unproven(batch)),
    nonce: () => crash.read(() => l1.nonce()),
    suggestFees: () => crash.read(() => l1.suggestFees()),
    signCommit: (closed, options) => crash.read(() => l1.signCommit(closed, options)),
    signProve: (items, options) => crash.read(() => l1.signProve(items, options)),
    signSubmit: (item, options) => crash.read(() => l1.signSubmit(item, options)),
    signRevert: (oldest, options) => crash.read(() => l1.signRevert(oldest, options)),
    broadcast: (raw) => crash.effect(() => l1.broadcast(raw)),
    receipt: (hash) => crash.read(() => l1.receipt(hash)),
  };
}
