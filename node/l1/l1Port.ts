import { keccak256, type PublicClient, type TransactionReceipt } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { gasLimitOf } from '../../bridge/client/gasLimit.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { ChainHead, L1Call, PostedBatch, RollupState } from '../../bridge/client/types.ts';
import { type Clock, systemClock } from '../../chain/clock.ts';
import type { Field } from '../../protocol/types.ts';
import {
  type Hex,
  L1Error,
  type L1Fees,
  type L1Head,
  type L1Port,
  type L1QueueItem,
  type L1Receipt,
  type L1State,
  type L1TxOptions,
  type PostableBatch,
  type ProvenBatch,
  type SignedL1Tx,
  type UnprovenOnL1,
} from '../../sequencer/l1Port.ts';
import { broadcastError, isNotFound, l1Error } from './errors.ts';

export interface ViemL1PortOptions {
  /** L1 block of the contract's deployment: there is no state before it. */
  readonly deployedAt: bigint;
}

export interface ViemL1PortDependencies {
  readonly publicClient: PublicClient;
  readonly reader: RollupReader;
  /** Absent on a node that only follows. */
  readonly account: PrivateKeyAccount | undefined;
  /** Default: the system's. */
  readonly clock?: Pick<Clock, 'nowMs'>;
  /** Whether the account leads at a time of L1's clock (seconds); asked only while the seat rotates. */
  readonly leadsAt?: (timestamp: number) => boolean;
  /** Told once of every transaction of ours that was mined. */
  readonly onMined?: (call: string, gasUsed: bigint) => void;
}

/** At least this long before the end of a slot, nothing is committed any more. */
const MINING_SECONDS = 2;

/** The sequencer's view of L1, by viem and the bridge's client. */
export class ViemL1Port implements L1Port {
  readonly #deployedAt: bigint;
  readonly #deps: ViemL1PortDependencies;
  /** What we signed, until its receipt was seen. */
  readonly #calls = new Map<Hex, string>();
  #chainId: number | undefined;
  #answeredAtMs = 0;

  constructor({ deployedAt }: ViemL1PortOptions, deps: ViemL1PortDependencies) {
    this.#deployedAt = deployedAt;
    this.#deps = deps;
  }

  /** When L1 last answered, in milliseconds since 1970; 0: never. */
  get answeredAtMs(): number {
    return this.#answeredAtMs;
  }

  async state({ confirmations = 0 }: { confirmations?: number } = {}): Promise<L1State> {
    return this.#ask(async () => {
      const latest = await this.#deps.publicClient.getBlockNumber({ cacheTime: 0 });
      const wanted = latest - BigInt(confirmations);
      const blockNumber = wanted < this.#deployedAt ? this.#deployedAt : wanted;
      const state = await this.#deps.reader.state({ blockNumber });
      return {
        blockNumber,
        l1Timestamp: state.l1Timestamp,
        committed: head(state.committed),
        proven: head(state.proven),
        queueTail: state.queueTail,
        // an address of 20 bytes stays one
        seat: state.sequencer.toLowerCase() as Hex,
        sequencerSeenAt: state.sequencerSeenAt,
        canCommit: this.#canCommit(state),
        isOpen: state.isOpen,
        isFrozen: state.isFrozen,
      };
    });
  }

  async queueItems(from: bigint, to: bigint): Promise<readonly L1QueueItem[]> {
    return this.#ask(async () => {
      const { queueTail } = await this.#deps.reader.state();
      return this.#deps.reader.readQueue(from, to < queueTail ? to : queueTail);
    });
  }

  async postedCommitment(batch: number): Promise<Field> {
    const { stored } = await this.#ask(() => this.#deps.reader.readBatch(batch));
    return stored.c;
  }

  async unproven(batch: number): Promise<UnprovenOnL1> {
    return this.#ask(async () => {
      const { reader, account } = this.#deps;
      const [{ stored }, { proveDeadlineSeconds }] = await Promise.all([reader.readBatch(batch), reader.parameters()]);
      const isOurs = stored.committer.toLowerCase() === account?.address.toLowerCase();
      return { proveDeadline: stored.committedAt + proveDeadlineSeconds, isOurs };
    });
  }

  async nonce(): Promise<number> {
    const { address } = this.#account();
    return this.#ask(() => this.#deps.publicClient.getTransactionCount({ address, blockTag: 'latest' }));
  }

  async suggestFees(): Promise<L1Fees> {
    return this.#ask(async () => {
      const { maxFeePerGas, maxPriorityFeePerGas } = await this.#deps.publicClient.estimateFeesPerGas();
      return { maxFeePerGas, maxPriorityFeePerGas };
    });
  }

  async signCommit({ closed, evm }: PostableBatch, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign('commit', this.#deps.reader.calls.commitBatch(closed, evm), options);
  }

  async signProve(items: readonly ProvenBatch[], options: L1TxOptions): Promise<SignedL1Tx> {
    const batches: { posted: PostedBatch; proof: ProvenBatch['proof'] }[] = [];
    for (const { closed, proof } of items) {
      const { number } = closed.batch;
      const posted = await this.#ask(() => this.#deps.reader.readBatch(number));
      if (posted.stored.c !== closed.commitment.c || posted.stored.newRoot !== closed.batch.newRoot) {
        throw new L1Error('DIFFERENT_BATCH', { batch: number, ours: closed.commitment.c, onL1: posted.stored.c });
      }
      batches.push({ posted, proof });
    }
    return this.#sign('prove', this.#deps.reader.calls.proveBatches(batches), options);
  }

  async signSubmit({ closed, evm, proof }: ProvenBatch, options: L1TxOptions): Promise<SignedL1Tx> {
    return this.#sign('submit', this.#deps.reader.calls.submitProvenBatch(closed, evm, proof), options);
  }

  async signRevert(oldest: number, options: L1TxOptions): Promise<SignedL1Tx> {
    const posted = await this.#ask(() => this.#deps.reader.readBatch(oldest));
    return this.#sign('revert', this.#deps.reader.calls.revertBatches(posted), options);
  }

  async broadcast(raw: Hex): Promise<void> {
    try {
      await this.#deps.publicClient.sendRawTransaction({ serializedTransaction: raw });
    } catch (error) {
      throw broadcastError(error);
    }
  }

  async receipt(hash: Hex): Promise<L1Receipt | undefined> {
    let receipt: TransactionReceipt;
    try {
      receipt = await this.#deps.publicClient.getTransactionReceipt({ hash });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw l1Error(error);
    }
    const call = this.#calls.get(hash);
    if (call !== undefined) {
      this.#calls.delete(hash);
      this.#deps.onMined?.(call, receipt.gasUsed);
    }
    const { blockNumber, gasUsed } = receipt;
    return { isSuccess: receipt.status === 'success', blockNumber, gasUsed };
  }

  #canCommit({ sequencer, isRotating, closedUntil, l1Timestamp }: RollupState): boolean {
    const { account, leadsAt } = this.#deps;
    if (!isRotating) return sequencer.toLowerCase() === account?.address.toLowerCase();
    // The transaction is mined a little later: still in our slot.
    const leads = leadsAt?.(l1Timestamp) === true && leadsAt(l1Timestamp + MINING_SECONDS);
    return leads && l1Timestamp >= closedUntil;
  }

  async #sign(name: string, { to, data, value }: L1Call, { nonce, fees }: L1TxOptions): Promise<SignedL1Tx> {
    const account = this.#account();
    const estimate = await this.#ask(() => this.#deps.reader.simulate({ to, data, value }, account.address));
    const gas = gasLimitOf(estimate);
    this.#chainId ??= await this.#ask(() => this.#deps.publicClient.getChainId());
    const chainId = this.#chainId;
    const raw = await account.signTransaction({ type: 'eip1559', chainId, nonce, to, data, value, gas, ...fees });
    const hash = keccak256(raw);
    this.#calls.set(hash, name);
    return { hash, raw };
  }

  #account(): PrivateKeyAccount {
    const { account } = this.#deps;
    if (account === undefined) throw new L1Error('UNAVAILABLE', { reason: 'no L1 key is configured' });
    return account;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      const answer = await question();
      this.#answeredAtMs = (this.#deps.clock ?? systemClock).nowMs();
      return answer;
    } catch (error) {
      throw l1Error(error);
    }
  }
}

function head({ batch, root, queue }: ChainHead): L1Head {
  return { batch, root, queue };
}
