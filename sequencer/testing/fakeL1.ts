import type { CrashPoint } from '../../chain/testing/crash.ts';
import { queueItemOf } from '../../protocol/applyBatch.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
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
} from '../l1Port.ts';

interface FakeTx extends L1TxOptions {
  readonly hash: Hex;
  readonly commit: ClosedBatch | undefined;
  readonly prove: readonly ProvenBatch[];
}

interface FakeBlock {
  readonly txs: readonly FakeTx[];
  readonly items: readonly QueueItem[];
  readonly provenByOther?: number;
}

interface RollupModel {
  readonly committed: readonly ClosedBatch[];
  readonly proven: number;
}

interface Executed extends RollupModel {
  readonly queue: readonly QueueItem[];
  readonly nonce: number;
  readonly receipts: Map<Hex, L1Receipt>;
}

/**
 * L1 as far as a publisher can tell: a pool with one transaction a nonce, blocks that execute the rollup's rules in order,
 * reverts that use up a nonce, and reorgs. State is always recomputed from the blocks, so a reorg forgets nothing and keeps nothing.
 */
export class FakeL1 implements L1Port {
  #blocks: FakeBlock[] = [{ txs: [], items: [] }];
  #pool = new Map<number, FakeTx>();
  #waitingItems: QueueItem[] = [];
  /** Every transaction ever signed, by its raw form: signing is pure, the bytes say it all. */
  readonly #signed = new Map<Hex, FakeTx>();
  baseFee = 10n;
  /** While set, nothing gets through. */
  isDown = false;
  /** While set, mining takes only transactions that pay at least this. */
  minimumFee = 0n;
  canCommit = true;
  isOpen = false;
  isFrozen = false;

  // What users and miners do.

  enqueue(...items: QueueItem[]): void {
    this.#waitingItems.push(...items);
  }

  mine(count = 1): void {
    for (let i = 0; i < count; i += 1) {
      const txs: FakeTx[] = [];
      let { nonce } = this.#execute();
      for (let tx = this.#pool.get(nonce); tx !== undefined; tx = this.#pool.get(nonce)) {
        if (tx.fees.maxFeePerGas < this.minimumFee) break;
        this.#pool.delete(nonce);
        txs.push(tx);
        nonce += 1;
      }
      this.#blocks.push({ txs, items: this.#waitingItems });
      this.#waitingItems = [];
    }
  }

  /** Drops the last blocks. Their queue items wait again; their transactions too, or are forgotten by everyone. */
  reorg(depth: number, options: { areTxsForgotten: boolean }): void {
    const dropped = this.#blocks.splice(-depth);
    this.#waitingItems = [...dropped.flatMap(({ items }) => items), ...this.#waitingItems];
    if (options.areTxsForgotten) this.#pool.clear();
    else for (const tx of dropped.flatMap(({ txs }) => txs)) this.#pool.set(tx.nonce, tx);
  }

  /** Someone else proves up to this batch (proving is open to anyone): our account's nonce does not move. */
  proveByOther(batch: number): void {
    this.#blocks.push({ txs: [], items: [], provenByOther: batch });
  }

  forgetPool(): void {
    this.#pool.clear();
  }

  /** Queue items that no block took in, which disappear with this. */
  takeWaiting(): QueueItem[] {
    return this.#waitingItems.splice(0);
  }

  get pooled(): readonly { nonce: number; fees: L1Fees }[] {
    return [...this.#pool.values()];
  }

  /** Batches on the canonical chain. */
  get committed(): readonly ClosedBatch[] {
    return this.#execute().committed;
  }

  get proven(): number {
    return this.#execute().proven;
  }

  /** Transactions on the canonical chain that reverted. */
  get reverted(): number {
    return [...this.#execute().receipts.values()].filter(({ isSuccess }) => !isSuccess).length;
  }

  // L1Port.

  async state(options: { confirmations?: number } = {}): Promise<L1State> {
    this.#requireUp();
    const height = Math.max(1, this.#blocks.length - (options.confirmations ?? 0));
    const { committed, proven, queue } = this.#execute(height);
    const head = (count: number) => ({
      batch: count,
      root: (committed[count - 1]?.batch.newRoot ?? EMPTY_ROOT) as Field,
      queue: BigInt(committed.slice(0, count).reduce((sum, { batch }) => sum + batch.l1Ops.length, 0)),
    });
    return {
      blockNumber: BigInt(height - 1),
      committed: head(committed.length),
      proven: head(proven),
      queueTail: BigInt(queue.length),
      canCommit: this.canCommit,
      isOpen: this.isOpen,
      isFrozen: this.isFrozen,
    };
  }

  async queueItems(from: bigint, to: bigint): Promise<L1QueueItem[]> {
    this.#requireUp();
    return this.#execute()
      .queue.map((item, index) => ({ queueIndex: BigInt(index), item, deadline: 2_000_000_000 }))
      .slice(Number(from), Number(to));
  }

  async postedCommitment(batch: number): Promise<Field> {
    this.#requireUp();
    const posted = this.#execute().committed[batch - 1];
    if (posted === undefined) throw new L1Error('UNAVAILABLE', { batch });
    return posted.commitment.c;
  }

  async nonce(): Promise<number> {
    this.#requireUp();
    return this.#execute().nonce;
  }

  async suggestFees(): Promise<L1Fees> {
    this.#requireUp();
    return { maxFeePerGas: this.baseFee * 2n, maxPriorityFeePerGas: 1n };
  }

  async signCommit({ closed }: PostableBatch, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, commit: closed, prove: [] });
  }

  async signProve(items: readonly ProvenBatch[], options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, commit: undefined, prove: items });
  }

  async signSubmit(item: ProvenBatch, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign({ ...options, commit: item.closed, prove: [item] });
  }

  async broadcast(raw: Hex): Promise<void> {
    this.#requireUp();
    const tx = this.#signed.get(raw);
    if (tx === undefined) throw new L1Error('UNAVAILABLE', { raw });
    if (tx.nonce < this.#execute().nonce) throw new L1Error('NONCE_TOO_LOW', { nonce: tx.nonce });
    const waiting = this.#pool.get(tx.nonce);
    if (waiting?.hash === tx.hash) throw new L1Error('ALREADY_KNOWN');
    if (waiting !== undefined && tx.fees.maxFeePerGas * 10n < waiting.fees.maxFeePerGas * 11n) {
      throw new L1Error('UNDERPRICED');
    }
    this.#pool.set(tx.nonce, tx);
  }

  async receipt(hash: Hex): Promise<L1Receipt | undefined> {
    this.#requireUp();
    return this.#execute().receipts.get(hash);
  }

  #sign(content: Omit<FakeTx, 'hash'>): SignedL1Tx {
    this.#requireUp();
    const { nonce, fees, commit, prove } = content;
    const now = this.#execute();
    if (execute(now, content, now.queue) === undefined) throw new L1Error('REVERTED');
    const about = [commit, ...prove.map(({ closed }) => closed)].map((closed) => closed?.commitment.c.toString());
    const said = `${nonce}/${fees.maxFeePerGas}/${fees.maxPriorityFeePerGas}/${prove.length}/${about.join(',')}`;
    const bytes = new TextEncoder().encode(said);
    const hash: Hex = `0x${keccak256(bytes).toString(16).padStart(64, '0')}`;
    const raw: Hex = `0x${Buffer.from(bytes).toString('hex')}`;
    this.#signed.set(raw, { ...content, hash });
    return { hash, raw };
  }

  #execute(height = this.#blocks.length): Executed {
    let state: RollupModel = { committed: [], proven: 0 };
    const queue: QueueItem[] = [];
    let nonce = 0;
    const receipts = new Map<Hex, L1Receipt>();
    this.#blocks.slice(0, height).forEach(({ txs, items, provenByOther }, number) => {
      state = { ...state, proven: provenByOther ?? state.proven };
      for (const tx of txs) {
        const after = execute(state, tx, queue);
        // A reverted transaction changes nothing but uses up its nonce.
        receipts.set(tx.hash, { isSuccess: after !== undefined, blockNumber: BigInt(number), gasUsed: 21_000n });
        state = after ?? state;
        nonce = tx.nonce + 1;
      }
      queue.push(...items);
    });
    return { ...state, queue, nonce, receipts };
  }

  #requireUp(): void {
    if (this.isDown) throw new L1Error('UNAVAILABLE');
  }
}

/** What a transaction does to the rollup; undefined: it reverts. */
function execute(
  state: RollupModel,
  { commit, prove }: Pick<FakeTx, 'commit' | 'prove'>,
  queue: readonly QueueItem[],
): RollupModel | undefined {
  let after: RollupModel | undefined = state;
  if (commit !== undefined) after = committing(after, commit, queue);
  for (const item of prove) after = after && proving(after, item);
  return after;
}

/** Order, state and queue, as Batches.sol checks them; undefined: reverted. */
function committing(state: RollupModel, closed: ClosedBatch, queue: readonly QueueItem[]): RollupModel | undefined {
  const { batch } = closed;
  const last = state.committed.at(-1)?.batch;
  const taken = state.committed.reduce((sum, { batch: { l1Ops } }) => sum + l1Ops.length, 0);
  const isNext =
    batch.number === state.committed.length + 1 &&
    batch.oldRoot === (last?.newRoot ?? EMPTY_ROOT) &&
    batch.firstBlock === (last?.lastBlock ?? 0n) + 1n &&
    batch.timestamp >= (last?.timestamp ?? 0) &&
    batch.l1Ops.every((op, i) => {
      const queued = queue[taken + i];
      return queued !== undefined && asText(queueItemOf(op)) === asText(queued);
    });
  return isNext ? { ...state, committed: [...state.committed, closed] } : undefined;
}

function proving(state: RollupModel, { closed, proof }: ProvenBatch): RollupModel | undefined {
  const expected = state.committed[state.proven];
  const isNext = expected?.commitment.c === closed.commitment.c && isFakeProof(closed, proof);
  return isNext ? { ...state, proven: state.proven + 1 } : undefined;
}

/** A stand-in for a proof: it names the batch's commitment. */
export function fakeProof(closed: ClosedBatch): ProvenBatch['proof'] {
  const { c } = closed.commitment;
  return {
    a: [c, 1n],
    b: [
      [1n, 2n],
      [3n, 4n],
    ],
    c: [5n, 6n],
  };
}

function isFakeProof(closed: ClosedBatch, proof: ProvenBatch['proof']): boolean {
  return proof.a[0] === closed.commitment.c;
}

function asText(item: QueueItem): string {
  return Object.entries(item)
    .map(([name, value]) => `${name}=${String(value)}`)
    .sort()
    .join();
}

/** `l1` as a process sees it that can be killed before and after every call. */
export function crashingL1(l1: L1Port, crash: CrashPoint): L1Port {
  return {
    state: (options) => crash.read(() => l1.state(options)),
    queueItems: (from, to) => crash.read(() => l1.queueItems(from, to)),
    postedCommitment: (batch) => crash.read(() => l1.postedCommitment(batch)),
    nonce: () => crash.read(() => l1.nonce()),
    suggestFees: () => crash.read(() => l1.suggestFees()),
    signCommit: (closed, options) => crash.read(() => l1.signCommit(closed, options)),
    signProve: (items, options) => crash.read(() => l1.signProve(items, options)),
    signSubmit: (item, options) => crash.read(() => l1.signSubmit(item, options)),
    broadcast: (raw) => crash.effect(() => l1.broadcast(raw)),
    receipt: (hash) => crash.read(() => l1.receipt(hash)),
  };
}
