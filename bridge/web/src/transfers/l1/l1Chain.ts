import {
  type Address,
  getAbiItem,
  type Hex,
  isAddressEqual,
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
import { TransferError } from '../trouble.ts';
import { OwnerLogs } from './ownerLogs.ts';
import { type CreditCause, creditCauses, type PostedFacts, postedFacts } from './posted.ts';
import { RangedLogs } from './ranges.ts';

const COMMITTED = toEventSelector(getAbiItem({ abi: rollupAbi, name: 'BatchCommitted' }));
const ATTESTED = toEventSelector(getAbiItem({ abi: evmLaneAbi, name: 'BatchAttested' }));
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
  readonly #posted = new Map<Hex, PostedFacts>();

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

  async state(): Promise<RollupState> {
    return (await this.reader()).state();
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

  /** A batch that is committed now, by L1's data alone; undefined: there is none (any more). */
  async posted(number: number, toBlock: bigint): Promise<PostedFacts | undefined> {
    const topic = padHex(numberToHex(number), { size: 32 });
    const question = { address: [this.rollup], topics: [COMMITTED, topic] } as const;
    const known = this.#posted.get(topic);
    if (known !== undefined) return known;
    const log = await this.#logs.last(question, BigInt(this.#config.deployedAt), toBlock);
    const { transactionHash, blockHash } = log ?? {};
    if (!transactionHash || !blockHash) return undefined;
    const key = (blockHash + transactionHash.slice(2)) as Hex;
    const again = this.#posted.get(key);
    if (again !== undefined) return again;
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
    this.#posted.set(padHex(numberToHex(facts.number), { size: 32 }), facts);
  }

  async laneHead(toBlock: bigint): Promise<LaneHead> {
    const batch = await (await this.lane()).attestedBatch();
    if (batch === 0) return { batch, inboxCount: 0n };
    if (this.#laneHead?.batch === batch) return this.#laneHead;
    const { evmLane, deployedAt } = this.#config;
    const question = {
      address: evmLane === undefined ? [] : [evmLane],
      topics: [ATTESTED, padHex(numberToHex(batch), { size: 32 })],
    };
    const log = await this.#logs.last(question, BigInt(deployedAt), toBlock);
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
