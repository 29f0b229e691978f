import {
  type Address,
  getAbiItem,
  type Hex,
  isAddressEqual,
  type Log,
  numberToHex,
  type PublicClient,
  padHex,
  type TransactionReceipt,
  toEventSelector,
} from 'viem';
import type { WebConfig } from '../../../../../sdk/webConfig.ts';
import { erc20Abi, rollupAbi } from '../../../../client/abi.ts';
import { parseEvent } from '../../../../client/events.ts';
import { evmLaneAbi } from '../../../../client/evmLaneAbi.ts';
import { parseEvmLaneEvent } from '../../../../client/evmLaneEvents.ts';
import { EvmLaneReader } from '../../../../client/evmLaneReader.ts';
import { bridgeError } from '../../../../client/revert.ts';
import { Reader } from '../../../../client/rollupReader.ts';
import type { RollupState } from '../../../../client/types.ts';
import { inGroups } from '../inGroups.ts';
import { TransferError } from '../trouble.ts';
import { OwnerLogs } from './ownerLogs.ts';
import { type CreditCause, creditCauses, type PostedFacts, postedFacts } from './posted.ts';
import { RangedLogs } from './ranges.ts';

const COMMITTED = toEventSelector(getAbiItem({ abi: rollupAbi, name: 'BatchCommitted' }));
const ATTESTED = toEventSelector(getAbiItem({ abi: evmLaneAbi, name: 'BatchAttested' }));
const PARALLEL = 4;
const DEADLINE_MASK = (1n << 40n) - 1n;

/** What EvmLane has accepted last. */
export interface LaneHead {
  readonly batch: number;
  /** Messages of L1 taken in up to there. */
  readonly inboxCount: bigint;
}

/** The deployment on L1 as the engine reads it. What cannot change any more is asked once. */
export class L1Chain {
  readonly client: PublicClient;
  readonly events: OwnerLogs;
  readonly #config: WebConfig;
  readonly #logs: RangedLogs;
  #reader: Promise<Reader> | undefined;
  #lane: Promise<EvmLaneReader> | undefined;
  #laneHead: LaneHead | undefined;
  readonly #times = new Map<Hex, number>();
  readonly #causes = new Map<Hex, ReadonlyMap<number, CreditCause>>();
  readonly #posted = new Map<string, PostedFacts>();
  readonly #final = new Map<number, PostedFacts>();

  constructor(config: WebConfig, client: PublicClient) {
    this.client = client;
    this.#config = config;
    this.#logs = new RangedLogs(client);
    const { rollup, evmLane } = config;
    this.events = new OwnerLogs(
      { rollup, evmLane, deployedAt: BigInt(config.deployedAt) },
      { l1: client, logs: this.#logs },
    );
  }

  get rollup(): Address {
    return this.#config.rollup;
  }

  /** @throws TransferError WRONG_NETWORK; BridgeError NOT_A_ROLLUP, L1_UNREACHABLE */
  reader(): Promise<Reader> {
    const { rollup: address, deployedAt, l1 } = this.#config;
    this.#reader ??= this.ask(() => this.client.getChainId()).then((found) => {
      if (found !== l1.chainId) throw new TransferError('WRONG_NETWORK', { expected: l1.chainId, found });
      return Reader.connect({ address, deployedAt: BigInt(deployedAt) }, this.client);
    });
    this.#reader.catch(() => {
      this.#reader = undefined; // the next call tries again
    });
    return this.#reader;
  }

  /** @throws TransferError NO_EVM_LANE; BridgeError NOT_AN_EVM_LANE, L1_UNREACHABLE */
  lane(): Promise<EvmLaneReader> {
    const { evmLane: address, rollup, deployedAt } = this.#config;
    if (address === undefined) return Promise.reject(new TransferError('NO_EVM_LANE'));
    this.#lane ??= this.reader().then(() =>
      EvmLaneReader.connect({ address, rollup, deployedAt: BigInt(deployedAt) }, this.client),
    );
    this.#lane.catch(() => {
      this.#lane = undefined;
    });
    return this.#lane;
  }

  /** @throws TransferError WRONG_NETWORK, too, if the wallet that is asked has moved to another chain since */
  async state(): Promise<RollupState> {
    try {
      return await (await this.reader()).state();
    } catch (error) {
      const expected = this.#config.l1.chainId;
      const found = await this.client.getChainId().catch(() => expected);
      if (found !== expected) throw new TransferError('WRONG_NETWORK', { expected, found }, { cause: error });
      throw error;
    }
  }

  /** Hash and deadline of a queue item; undefined: none is there, or it was refunded. */
  async queueEntry(queueIndex: bigint): Promise<{ readonly deadline: number } | undefined> {
    const args = [queueIndex] as const;
    const entry = BigInt(
      await this.ask(() =>
        this.client.readContract({ address: this.rollup, abi: rollupAbi, functionName: 'queueEntry', args }),
      ),
    );
    return entry === 0n ? undefined : { deadline: Number(entry & DEADLINE_MASK) };
  }

  /** Seconds. */
  async blockTime(blockHash: Hex): Promise<number> {
    const known = this.#times.get(blockHash);
    if (known !== undefined) return known;
    const { timestamp } = await this.ask(() => this.client.getBlock({ blockHash }));
    this.#times.set(blockHash, Number(timestamp));
    return Number(timestamp);
  }

  /** undefined: not mined. */
  async receipt(hash: Hex): Promise<TransactionReceipt | undefined> {
    try {
      return await this.client.getTransactionReceipt({ hash });
    } catch (error) {
      if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined;
      throw bridgeError(error);
    }
  }

  /** Who sent a transaction that is mined, and with which nonce. */
  async senderOf(hash: Hex): Promise<{ readonly from: Address; readonly nonce: number }> {
    const { from, nonce } = await this.ask(() => this.client.getTransaction({ hash }));
    return { from, nonce };
  }

  /** Of the credits of one transaction, by log index. */
  async causes(transaction: Hex, blockHash: Hex): Promise<ReadonlyMap<number, CreditCause>> {
    const known = this.#causes.get((blockHash + transaction.slice(2)) as Hex);
    if (known !== undefined) return known;
    const receipt = await this.receipt(transaction);
    if (receipt === undefined || receipt.blockHash !== blockHash) return new Map(); // reorganised meanwhile
    const causes = creditCauses(receipt.logs, this.rollup);
    this.#causes.set((blockHash + transaction.slice(2)) as Hex, causes);
    return causes;
  }

  /** Batches that are committed now, by L1's data alone; those that are not (any more) are left out. */
  async posted(numbers: readonly number[], toBlock: bigint): Promise<Map<number, PostedFacts>> {
    const found = new Map<number, PostedFacts>();
    const wanted = new Map<Hex, number>();
    for (const number of numbers) {
      const known = this.#final.get(number);
      if (known === undefined) wanted.set(padHex(numberToHex(number), { size: 32 }), number);
      else found.set(number, known);
    }
    const topics = [...wanted.keys()];
    const logs = await this.#logs.last(
      { address: [this.rollup], topics: [COMMITTED, topics] },
      { fromBlock: BigInt(this.#config.deployedAt), toBlock },
      { wanted: new Set(topics), keyOf: ({ topics: [, number] }) => number },
    );
    await inGroups([...logs], PARALLEL, async ([topic, log]) => {
      const number = wanted.get(topic) ?? 0;
      const facts = await this.#decoded(number, log);
      if (facts !== undefined) found.set(number, facts);
    });
    return found;
  }

  async #decoded(number: number, { transactionHash, blockHash }: Log): Promise<PostedFacts | undefined> {
    if (transactionHash === null || blockHash === null) return undefined;
    const key = blockHash + transactionHash.slice(2);
    const known = this.#posted.get(key);
    if (known !== undefined) return known;
    const [{ input }, committedAt] = await Promise.all([
      this.ask(() => this.client.getTransaction({ hash: transactionHash })),
      this.blockTime(blockHash),
    ]);
    const facts = postedFacts(number, { commitTx: transactionHash, input, committedAt });
    this.#posted.set(key, facts);
    return facts;
  }

  /** A transaction that is said to have committed or proven a batch; undefined: it has not. `at`: seconds. */
  async batchTransaction(
    tx: Hex,
    type: 'committed' | 'proven',
    batch: number,
  ): Promise<{ readonly tx: Hex; readonly at: number } | undefined> {
    const receipt = await this.receipt(tx);
    const isIt = receipt?.logs.some((log) => {
      if (!isAddressEqual(log.address, this.rollup)) return false;
      const event = parseEvent(log);
      return event.type === type && event.number === batch;
    });
    return receipt !== undefined && isIt === true ? { tx, at: await this.blockTime(receipt.blockHash) } : undefined;
  }

  /** A batch that is proven cannot be posted again: it need not be looked for again. */
  keepPosted(facts: PostedFacts): void {
    this.#final.set(facts.number, facts);
  }

  async laneHead(toBlock: bigint): Promise<LaneHead> {
    const batch = await (await this.lane()).attestedBatch();
    if (batch === 0) return { batch, inboxCount: 0n };
    if (this.#laneHead?.batch === batch) return this.#laneHead;
    const { evmLane, deployedAt } = this.#config;
    const topic = padHex(numberToHex(batch), { size: 32 });
    const question = { address: evmLane === undefined ? [] : [evmLane], topics: [ATTESTED, topic] };
    const range = { fromBlock: BigInt(deployedAt), toBlock };
    const keyOf = ({ topics: [, number] }: Log): Hex | undefined => number;
    const log = (await this.#logs.last(question, range, { wanted: new Set([topic]), keyOf })).get(topic);
    const event = log && parseEvmLaneEvent(log);
    if (event?.type !== 'attested') return { batch, inboxCount: this.#laneHead?.inboxCount ?? 0n };
    this.#laneHead = { batch, inboxCount: event.inboxCount };
    return this.#laneHead;
  }

  /** Base units that an address has on L1. */
  balance(owner: Address, token: { readonly id: number; readonly address: Address }): Promise<bigint> {
    return this.ask(() =>
      token.id === 0
        ? this.client.getBalance({ address: owner })
        : this.client.readContract({ address: token.address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] }),
    );
  }

  /** @throws BridgeError */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw bridgeError(error);
    }
  }
}
