import { getAbiItem, isAddressEqual, type Log, type PublicClient, toEventSelector } from 'viem';
import type { Field } from '../../protocol/types.ts';
import { rollupAbi } from './abi.ts';
import { rollupCalls } from './calls.ts';
import { BridgeError } from './errors.ts';
import { parseEvent } from './events.ts';
import type { RollupCalls, RollupReader } from './interface.ts';
import { type LogOptions, LogSource } from './logs.ts';
import { readParameters } from './parameters.ts';
import { committedArgs, postedBatch } from './postedBatch.ts';
import { bridgeError } from './revert.ts';
import type {
  Address,
  ChainHead,
  Hex,
  L1Call,
  PostedBatch,
  QueueEntry,
  ReadAt,
  RollupEvent,
  RollupParameters,
  RollupState,
} from './types.ts';

const QUEUED = getAbiItem({ abi: rollupAbi, name: 'Queued' });
const COMMITTED = getAbiItem({ abi: rollupAbi, name: 'BatchCommitted' });
const COMMITTED_TOPIC = toEventSelector(COMMITTED);

export type ReaderOptions = LogOptions;

/** Reads a deployment. Everything that L1 returns is parsed here; the inside trusts the types. */
export class Reader implements RollupReader {
  readonly address: Address;
  readonly calls: RollupCalls;
  protected readonly publicClient: PublicClient;
  readonly #logs: LogSource;
  readonly #parameters: RollupParameters;

  protected constructor(options: ReaderOptions, publicClient: PublicClient, parameters: RollupParameters) {
    this.address = options.address;
    this.publicClient = publicClient;
    this.#logs = new LogSource(options, publicClient);
    this.#parameters = parameters;
    this.calls = rollupCalls(options.address, parameters);
  }

  /** Reads the deployment's constants and returns a reader of it. */
  static async connect(options: ReaderOptions, publicClient: PublicClient): Promise<Reader> {
    return new Reader(options, publicClient, await readParameters(options.address, publicClient));
  }

  async parameters(): Promise<RollupParameters> {
    return this.#parameters;
  }

  async state({ blockNumber }: ReadAt = {}): Promise<RollupState> {
    const at = blockNumber === undefined ? {} : { blockNumber };
    const raw = await this.#ask(() =>
      this.publicClient.readContract({ address: this.address, abi: rollupAbi, functionName: 'state', ...at }),
    );
    const head = (h: typeof raw.committed, root: bigint): ChainHead => ({
      batch: Number(h.batch),
      root: root as Field, // the contract keeps canonical roots only
      queue: h.queue,
      lastBlock: h.lastBlock,
      timestamp: h.timestamp,
    });
    return {
      committed: head(raw.committed, raw.committedRoot),
      proven: head(raw.proven, raw.provenRoot),
      queueTail: BigInt(raw.control.queueTail),
      sequencer: raw.control.sequencer,
      isRotating: raw.isRotating,
      closedUntil: Number(raw.closedUntil),
      sequencerSeenAt: raw.control.seenAt,
      isOpen: raw.isOpen,
      isFrozen: raw.control.frozen,
      l1Timestamp: Number(raw.l1Timestamp),
    };
  }

  async tokenAddress(id: number): Promise<Address> {
    const [erc20] = await this.#ask(() =>
      this.publicClient.readContract({ address: this.address, abi: rollupAbi, functionName: 'tokenInfo', args: [id] }),
    );
    return erc20;
  }

  isEscaped(index: number, { blockNumber }: ReadAt = {}): Promise<boolean> {
    return this.#ask(() =>
      this.publicClient.readContract({
        address: this.address,
        abi: rollupAbi,
        functionName: 'isEscaped',
        args: [BigInt(index)],
        ...(blockNumber === undefined ? {} : { blockNumber }),
      }),
    );
  }

  pendingWithdrawal(token: number, owner: Address, { blockNumber }: ReadAt = {}): Promise<bigint> {
    return this.#ask(() =>
      this.publicClient.readContract({
        address: this.address,
        abi: rollupAbi,
        functionName: 'pendingWithdrawals',
        args: [owner, token],
        ...(blockNumber === undefined ? {} : { blockNumber }),
      }),
    );
  }

  async readQueue(
    from: bigint,
    to: bigint,
    opts: { fromBlock?: bigint; toBlock?: bigint } = {},
  ): Promise<QueueEntry[]> {
    if (from >= to) return [];
    const toBlock = opts.toBlock ?? (await this.#latest());
    let entries: QueueEntry[] = [];
    for await (const logs of this.#logs.backwards(QUEUED, { fromBlock: opts.fromBlock, toBlock })) {
      entries = [
        ...logs.map(parseEvent).flatMap((event) => (event.type === 'queued' ? [event.entry] : [])),
        ...entries,
      ];
      if ((entries[0]?.queueIndex ?? from + 1n) <= from) break;
    }
    const wanted = entries.filter(({ queueIndex }) => queueIndex >= from && queueIndex < to);
    // Items are numbered in log order: a gap can only be the node's fault.
    wanted.forEach(({ queueIndex }, i) => {
      if (queueIndex !== from + BigInt(i))
        throw new BridgeError('UNKNOWN_QUEUE_ITEM', { queueIndex: from + BigInt(i) });
    });
    return wanted;
  }

  async readEvents(fromBlock: bigint, toBlock: bigint): Promise<RollupEvent[]> {
    return (await this.#logs.all(fromBlock, toBlock)).map(parseEvent);
  }

  async readBatches(fromBlock: bigint, toBlock: bigint): Promise<PostedBatch[]> {
    const chain = new Map<number, Log>();
    for (const log of await this.#logs.all(fromBlock, toBlock)) {
      const event = parseEvent(log);
      // A revert drops the unproven tail; the next commit takes its numbers again.
      if (event.type === 'reverted') for (let n = event.first; n <= event.last; n += 1) chain.delete(n);
      if (event.type === 'committed') chain.set(event.number, log);
    }
    const posted: PostedBatch[] = [];
    for (const [number, log] of chain) posted.push(await this.#posted(log, chain.get(number - 1)));
    return posted;
  }

  async readBatch(number: number): Promise<PostedBatch> {
    const l1Block = await this.#latest();
    const { committed } = await this.state({ blockNumber: l1Block });
    const exists = Number.isSafeInteger(number) && number >= 1 && number <= committed.batch;
    const log = exists ? await this.#lastCommit(number, l1Block) : undefined;
    if (log === undefined) throw new BridgeError('UNKNOWN_BATCH', { number });
    return this.#posted(log);
  }

  async readBatchOf(transactionHash: Hex): Promise<PostedBatch> {
    const receipt = await this.#ask(() => this.publicClient.getTransactionReceipt({ hash: transactionHash }));
    const log = receipt.logs.find((l) => isAddressEqual(l.address, this.address) && l.topics[0] === COMMITTED_TOPIC);
    if (log === undefined) throw new BridgeError('NOT_A_COMMIT', { transactionHash });
    return this.#posted(log);
  }

  async simulate(call: L1Call, from: Address): Promise<bigint> {
    return this.#ask(() => this.publicClient.estimateGas({ account: from, ...call }));
  }

  /** Events of this contract in a receipt. */
  protected eventsIn(logs: readonly Log[]): RollupEvent[] {
    return logs.filter((log) => isAddressEqual(log.address, this.address)).map(parseEvent);
  }

  /** The last commit of this number up to a block: while the number is committed, it is the one that counts. */
  async #lastCommit(number: number, toBlock: bigint): Promise<Log | undefined> {
    for await (const logs of this.#logs.backwards(COMMITTED, { toBlock, args: { number: BigInt(number) } })) {
      const last = logs.at(-1);
      if (last !== undefined) return last;
    }
    return undefined;
  }

  /** `before`: the commit of the batch before, if it is at hand. */
  async #posted(log: Log, before?: Log): Promise<PostedBatch> {
    const { transactionHash, blockHash } = log;
    if (transactionHash === null || blockHash === null) throw new BridgeError('BAD_LOG', { reason: 'pending' });
    const [transaction, block, oldRoot] = await this.#ask(() =>
      Promise.all([
        this.publicClient.getTransaction({ hash: transactionHash }),
        this.publicClient.getBlock({ blockHash }),
        this.#rootBefore(log, before),
      ]),
    );
    const { input, from } = transaction;
    return postedBatch(log, { input, from, timestamp: block.timestamp, oldRoot });
  }

  async #rootBefore(log: Log, before?: Log): Promise<Field> {
    const number = Number(committedArgs(log).number);
    if (number === 1) return this.#parameters.genesisRoot;
    const previous = before ?? (await this.#lastCommit(number - 1, log.blockNumber ?? 0n));
    if (previous === undefined) throw new BridgeError('UNKNOWN_BATCH', { number: number - 1 });
    return committedArgs(previous).newRoot as Field; // accepted by L1, so canonical
  }

  #latest(): Promise<bigint> {
    return this.#ask(() => this.publicClient.getBlockNumber({ cacheTime: 0 }));
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw bridgeError(error);
    }
  }
}
