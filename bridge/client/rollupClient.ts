import type { PublicClient } from 'viem';
import type { EvmBatch } from '../../protocol/lane/types.ts';
import type { ClosedBatch, Point } from '../../protocol/types.ts';
import { BridgeError } from './errors.ts';
import type { RollupWriter } from './interface.ts';
import { readParameters } from './parameters.ts';
import { Reader, type ReaderOptions } from './rollupReader.ts';
import { Sender, type Wallet } from './sender.ts';
import type {
  Address,
  EscapeLeaf,
  L1Call,
  L1Receipt,
  PostedBatch,
  Proof,
  ProvenLeaf,
  QueueEntry,
  RollupParameters,
} from './types.ts';

export type { Wallet };

/** Reads and writes a deployment with one L1 account. Its transactions are sent one after the other. */
export class RollupClient extends Reader implements RollupWriter {
  readonly account: Address;
  readonly #sender: Sender;

  private constructor(
    options: ReaderOptions,
    deps: { publicClient: PublicClient; wallet: Wallet },
    parameters: RollupParameters,
  ) {
    super(options, deps.publicClient, parameters);
    this.#sender = new Sender(deps);
    this.account = deps.wallet.account.address;
  }

  /** Reads the deployment's constants and returns a client of it. */
  static async open(
    options: ReaderOptions,
    deps: { publicClient: PublicClient; wallet: Wallet },
  ): Promise<RollupClient> {
    return new RollupClient(options, deps, await readParameters(options.address, deps.publicClient));
  }

  /** Sends, waits for the receipt. @throws BridgeError with the contract's error name if it reverts */
  async send(call: L1Call): Promise<L1Receipt> {
    const { transactionHash, blockNumber, gasUsed, logs } = await this.#sender.send(call);
    return { hash: transactionHash, blockNumber, gasUsed, events: this.eventsIn(logs) };
  }

  async registerToken(erc20: Address): Promise<{ id: number; receipt: L1Receipt }> {
    const receipt = await this.send(this.calls.registerToken(erc20));
    for (const event of receipt.events) if (event.type === 'tokenRegistered') return { id: event.id, receipt };
    throw new BridgeError('BAD_LOG', { hash: receipt.hash });
  }

  async depositNew(p: { token: number; amount: bigint; key: Point; owner?: Address }): Promise<QueueEntry> {
    await this.#approve(p.token, p.amount);
    return queuedIn(await this.send(this.calls.depositNew({ ...p, owner: p.owner ?? this.account })));
  }

  async depositTo(p: { index: number; token: number; amount: bigint }): Promise<QueueEntry> {
    await this.#approve(p.token, p.amount);
    return queuedIn(await this.send(this.calls.depositTo(p)));
  }

  async forcedExit(index: number): Promise<QueueEntry> {
    return queuedIn(await this.send(this.calls.forcedExit(index)));
  }

  async commitBatch(closed: ClosedBatch, evm: EvmBatch): Promise<PostedBatch> {
    return this.readBatchOf((await this.send(this.calls.commitBatch(closed, evm))).hash);
  }

  proveBatches(batches: readonly { posted: PostedBatch; proof: Proof }[]): Promise<L1Receipt> {
    return this.send(this.calls.proveBatches(batches));
  }

  async submitProvenBatch(closed: ClosedBatch, evm: EvmBatch, proof: Proof): Promise<PostedBatch> {
    return this.readBatchOf((await this.send(this.calls.submitProvenBatch(closed, evm, proof))).hash);
  }

  async revertBatches(): Promise<L1Receipt> {
    const { proven } = await this.state();
    return this.send(this.calls.revertBatches(await this.readBatch(proven.batch + 1)));
  }

  withdraw(token: number, owner?: Address): Promise<L1Receipt> {
    return this.send(this.calls.withdraw(token, owner ?? this.account));
  }

  resign(): Promise<L1Receipt> {
    return this.send(this.calls.resign());
  }

  freeze(): Promise<L1Receipt> {
    return this.send(this.calls.freeze());
  }

  escape(leaf: EscapeLeaf, proof: Proof, controller?: ProvenLeaf): Promise<L1Receipt> {
    return this.send(this.calls.escape(leaf, proof, controller));
  }

  refund(entry: QueueEntry): Promise<L1Receipt> {
    return this.send(this.calls.refund(entry));
  }

  async #approve(token: number, amount: bigint): Promise<void> {
    if (token === 0) return;
    const erc20 = await this.tokenAddress(token);
    if (BigInt(erc20) === 0n) throw new BridgeError('UnknownToken', { args: [token] });
    await this.#sender.approve(erc20, this.address, amount);
  }
}

function queuedIn(receipt: L1Receipt): QueueEntry {
  for (const event of receipt.events) if (event.type === 'queued') return event.entry;
  throw new BridgeError('BAD_LOG', { hash: receipt.hash });
}
