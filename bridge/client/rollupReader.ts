import {
  ContractFunctionExecutionError,
  decodeFunctionData,
  HttpRequestError,
  hexToBytes,
  keccak256,
  type Log,
  type PublicClient,
  parseEventLogs,
  TimeoutError,
  toEventSelector,
} from 'viem';
import { batchNumber } from '../../protocol/ids.ts';
import type { Field } from '../../protocol/types.ts';
import { rollupAbi } from './abi.ts';
import { rollupCalls } from './calls.ts';
import { BridgeError } from './errors.ts';
import { parseEvent, positionOf } from './events.ts';
import type { RollupCalls, RollupReader } from './interface.ts';
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
  StoredBatch,
} from './types.ts';
import { type BatchInput, hashOfStored, postedHeader, shapeNameOf, xBody } from './units.ts';

const COMMITTED = rollupAbi.find((entry) => entry.type === 'event' && entry.name === 'BatchCommitted');
const COMMITTED_TOPIC = toEventSelector('BatchCommitted(uint64,uint256,bytes32,uint256,uint256)');

export interface ReaderOptions {
  readonly address: Address;
  /** L1 block of the deployment: no log is older. */
  readonly deployedAt: bigint;
  /** Blocks asked for in one `eth_getLogs`; public endpoints limit it. */
  readonly logRange?: bigint;
}

/** Reads a deployment. Everything that L1 returns is parsed here; the inside trusts the types. */
export class Reader implements RollupReader {
  readonly address: Address;
  readonly calls: RollupCalls;
  protected readonly publicClient: PublicClient;
  readonly #deployedAt: bigint;
  readonly #logRange: bigint;
  readonly #parameters: RollupParameters;

  protected constructor(options: ReaderOptions, publicClient: PublicClient, parameters: RollupParameters) {
    this.address = options.address;
    this.publicClient = publicClient;
    this.#deployedAt = options.deployedAt;
    this.#logRange = options.logRange ?? 10_000n;
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
    const events = await this.readEvents(opts.fromBlock ?? this.#deployedAt, opts.toBlock ?? (await this.#latest()));
    const entries = events
      .flatMap((event) => (event.type === 'queued' ? [event.entry] : []))
      .filter(({ queueIndex }) => queueIndex >= from && queueIndex < to);
    entries.forEach(({ queueIndex }, i) => {
      if (queueIndex !== from + BigInt(i))
        throw new BridgeError('UNKNOWN_QUEUE_ITEM', { queueIndex: from + BigInt(i) });
    });
    return entries;
  }

  async readEvents(fromBlock: bigint, toBlock: bigint): Promise<RollupEvent[]> {
    return (await this.#logs(fromBlock, toBlock)).map(parseEvent);
  }

  async readBatches(fromBlock: bigint, toBlock: bigint): Promise<PostedBatch[]> {
    const logs = await this.#logs(this.#deployedAt, toBlock);
    const chain: Log[] = [];
    for (const log of logs) {
      const event = parseEvent(log);
      // A revert drops the unproven tail; the next commit takes its numbers again.
      if (event.type === 'reverted') chain.length = event.first - 1;
      if (event.type === 'committed') chain[event.number - 1] = log;
    }
    const posted: PostedBatch[] = [];
    for (const [i, log] of chain.entries()) {
      if ((log.blockNumber ?? 0n) < fromBlock) continue;
      posted.push(await this.#posted(log, chain[i - 1]));
    }
    return posted;
  }

  async readBatch(number: number): Promise<PostedBatch> {
    const { committed, l1Block } = await this.#committedNow();
    if (!Number.isSafeInteger(number) || number < 1 || number > committed)
      throw new BridgeError('UNKNOWN_BATCH', { number });
    const [log, before] = [await this.#lastCommit(number, l1Block), await this.#lastCommit(number - 1, l1Block)];
    if (log === undefined) throw new BridgeError('UNKNOWN_BATCH', { number });
    return this.#posted(log, before);
  }

  async readBatchOf(transactionHash: Hex): Promise<PostedBatch> {
    const receipt = await this.#ask(() => this.publicClient.getTransactionReceipt({ hash: transactionHash }));
    const log = receipt.logs.find(
      (l) => l.address.toLowerCase() === this.address.toLowerCase() && l.topics[0] === COMMITTED_TOPIC,
    );
    if (log === undefined) throw new BridgeError('NOT_A_COMMIT', { transactionHash });
    const event = parseEvent(log);
    if (event.type !== 'committed') throw new BridgeError('NOT_A_COMMIT', { transactionHash });
    return this.#posted(log, await this.#lastCommit(event.number - 1, receipt.blockNumber));
  }

  async simulate(call: L1Call, from: Address): Promise<bigint> {
    return this.#ask(() => this.publicClient.estimateGas({ account: from, ...call }));
  }

  /** Events of this contract in a receipt. */
  protected eventsIn(logs: readonly Log[]): RollupEvent[] {
    return logs.filter((log) => log.address.toLowerCase() === this.address.toLowerCase()).map(parseEvent);
  }

  async #committedNow(): Promise<{ committed: number; l1Block: bigint }> {
    const l1Block = await this.#latest();
    return { committed: (await this.state({ blockNumber: l1Block })).committed.batch, l1Block };
  }

  /** The last commit of this number up to a block: on the chain, it is the one that counts. Undefined for number 0. */
  async #lastCommit(number: number, toBlock: bigint): Promise<Log | undefined> {
    if (number === 0 || COMMITTED?.type !== 'event') return undefined;
    const logs: Log[] = [];
    for (const [from, to] of this.#ranges(this.#deployedAt, toBlock)) {
      const found = await this.#ask(() =>
        this.publicClient.getLogs({
          address: this.address,
          event: COMMITTED as Extract<typeof COMMITTED, { name: 'BatchCommitted' }>, // found by that name
          args: { number: BigInt(number) },
          fromBlock: from,
          toBlock: to,
        }),
      );
      logs.push(...found);
    }
    return logs.at(-1);
  }

  /** Rebuilds a posted batch from its log and calldata, and checks it against the hash L1 keeps. */
  async #posted(log: Log, before: Log | undefined): Promise<PostedBatch> {
    const l1 = positionOf(log);
    const [event] = parseEventLogs({ abi: rollupAbi, logs: [log], eventName: 'BatchCommitted' });
    if (event === undefined) throw new BridgeError('BAD_LOG', { topics: log.topics });
    const { number, storedHash, r, y } = event.args;
    const [transaction, block] = await this.#ask(() =>
      Promise.all([
        this.publicClient.getTransaction({ hash: l1.transactionHash }),
        this.publicClient.getBlock({ blockHash: l1.blockHash }),
      ]),
    );
    const { input, body, isOpenPath } = decodeCommit(transaction.input);
    const header = postedHeader(input);
    const stored: StoredBatch = {
      number,
      shapeId: header.shapeId,
      l1Count: header.l1Count,
      exitCount: header.exitCount,
      timestamp: header.timestamp,
      committedAt: Number(block.timestamp),
      lastBlock: header.lastBlock,
      committer: transaction.from,
      oldRoot: this.#rootAfter(before),
      newRoot: header.newRoot,
      xHash: keccak256(xBody(body, header)),
      c: header.c,
      r: r as Field, // 248 bits
      y: y as Field, // reduced by the contract
    };
    if (hashOfStored(stored) !== storedHash) throw new BridgeError('BAD_LOG', { number, reason: 'stored hash' });
    const shape = shapeNameOf(header.shapeId);
    return {
      number: batchNumber(Number(number)),
      shape,
      header,
      oldRoot: stored.oldRoot,
      body,
      stored,
      isOpenPath,
      l1,
    };
  }

  #rootAfter(log: Log | undefined): Field {
    if (log === undefined) return this.#parameters.genesisRoot;
    const event = parseEvent(log);
    if (event.type !== 'committed') throw new BridgeError('BAD_LOG', { topics: log.topics });
    return event.newRoot;
  }

  async #logs(fromBlock: bigint, toBlock: bigint): Promise<Log[]> {
    const logs: Log[] = [];
    for (const [from, to] of this.#ranges(fromBlock, toBlock)) {
      logs.push(
        ...(await this.#ask(() => this.publicClient.getLogs({ address: this.address, fromBlock: from, toBlock: to }))),
      );
    }
    return logs;
  }

  *#ranges(fromBlock: bigint, toBlock: bigint): Generator<[bigint, bigint]> {
    for (let from = fromBlock; from <= toBlock; from += this.#logRange) {
      const to = from + this.#logRange - 1n;
      yield [from, to < toBlock ? to : toBlock];
    }
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

/** The arguments of a commit or open-path submission. @throws BridgeError NOT_A_COMMIT */
export function decodeCommit(data: Hex): { input: BatchInput; body: Uint8Array; isOpenPath: boolean } {
  try {
    const { functionName, args } = decodeFunctionData({ abi: rollupAbi, data });
    if (functionName === 'commitBatch' || functionName === 'submitProvenBatch') {
      return { input: args[0], body: hexToBytes(args[1]), isOpenPath: functionName === 'submitProvenBatch' };
    }
  } catch (cause) {
    throw new BridgeError('NOT_A_COMMIT', {}, { cause });
  }
  throw new BridgeError('NOT_A_COMMIT');
}

export async function readParameters(address: Address, publicClient: PublicClient): Promise<RollupParameters> {
  try {
    const [l1ChainId, [domain, p, shapes]] = await Promise.all([
      publicClient.getChainId(),
      publicClient.readContract({ address, abi: rollupAbi, functionName: 'parameters' }),
    ]);
    return {
      domain: domain as Field, // 248 bits
      l1ChainId: BigInt(l1ChainId),
      l2ChainId: p.l2ChainId,
      genesisRoot: p.genesisRoot as Field, // checked by the constructor
      initialSequencer: p.sequencer,
      graceSeconds: p.graceSeconds,
      proveDeadlineSeconds: p.proveDeadlineSeconds,
      queueDeadlineSeconds: p.queueDeadlineSeconds,
      maxDriftSeconds: p.maxDriftSeconds,
      maxAgeSeconds: p.maxAgeSeconds,
      bond: p.bond,
      queueFee: p.queueFee,
      registrationFee: p.registrationFee,
      shapes: shapes
        .map(({ verifier, l1Slots, opSlots, exitSlots }, id) => ({
          id,
          verifier,
          L: l1Slots,
          N: opSlots,
          E: exitSlots,
        }))
        .filter(({ verifier }) => BigInt(verifier) !== 0n),
    };
  } catch (error) {
    // No code there, or another contract's answer.
    const isAnswer = error instanceof ContractFunctionExecutionError;
    const isElsewhere =
      isAnswer && error.walk((e) => e instanceof HttpRequestError || e instanceof TimeoutError) === null;
    throw isElsewhere ? new BridgeError('NOT_A_ROLLUP', { address }, { cause: error }) : bridgeError(error);
  }
}
