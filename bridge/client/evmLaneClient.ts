import type { PublicClient } from 'viem';
import type { OutboxLeaf } from '../../genesis/predeploys/outbox.ts';
import type { DepositMessage } from '../../protocol/lane/types.ts';
import { BridgeError } from './errors.ts';
import type { Attested, EvmDeposit, EvmTokenDeposit } from './evmLaneCalls.ts';
import type { EvmLaneEvent } from './evmLaneEvents.ts';
import { type EvmLaneOptions, EvmLaneReader, type LaneFacts, readLaneFacts } from './evmLaneReader.ts';
import { Sender, type Wallet } from './sender.ts';
import type { Address, Hex, L1Call } from './types.ts';

export { EvmLaneReader };

/** A transaction that was mined and succeeded. */
export interface EvmLaneReceipt {
  readonly hash: Hex;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
  readonly events: readonly EvmLaneEvent[];
}

/** Reads and writes with one L1 account. Its transactions are sent one after the other. */
export class EvmLaneClient extends EvmLaneReader {
  readonly account: Address;
  readonly #sender: Sender;

  private constructor(options: EvmLaneOptions, deps: { publicClient: PublicClient; wallet: Wallet }, facts: LaneFacts) {
    super(options, deps.publicClient, facts);
    this.#sender = new Sender(deps);
    this.account = deps.wallet.account.address;
  }

  /** @throws BridgeError NOT_AN_EVM_LANE, L1_UNREACHABLE */
  static async open(
    options: EvmLaneOptions,
    deps: { publicClient: PublicClient; wallet: Wallet },
  ): Promise<EvmLaneClient> {
    return new EvmLaneClient(options, deps, await readLaneFacts(options, deps.publicClient));
  }

  /** Sends, waits for the receipt. @throws BridgeError with the contract's error name if it reverts */
  async send(call: L1Call): Promise<EvmLaneReceipt> {
    const { transactionHash, blockNumber, gasUsed, logs } = await this.#sender.send(call);
    return { hash: transactionHash, blockNumber, gasUsed, events: this.eventsIn(logs) };
  }

  /** `to` and `refundTo` default to the sender. */
  depositEvm(deposit: Partial<EvmDeposit> & Pick<EvmDeposit, 'amount'>): Promise<DepositMessage> {
    const people = { to: this.account, refundTo: this.account };
    return this.#deposit(this.calls.depositEvm({ ...people, ...deposit }));
  }

  /** Approves the ERC-20 first when its allowance is too small. `to` and `refundTo` default to the sender. */
  async depositEvmToken(
    deposit: Partial<EvmTokenDeposit> & Pick<EvmTokenDeposit, 'token' | 'amount'>,
  ): Promise<DepositMessage> {
    const people = { to: this.account, refundTo: this.account };
    await this.#sender.approve(await this.#erc20(deposit.token), this.address, deposit.amount);
    return this.#deposit(this.calls.depositEvmToken({ ...people, ...deposit }));
  }

  announceToken(token: number): Promise<EvmLaneReceipt> {
    return this.send(this.calls.announceToken(token));
  }

  attest(attested: Attested): Promise<EvmLaneReceipt> {
    return this.send(this.calls.attest(attested));
  }

  claim(leaf: OutboxLeaf, proof: readonly Hex[]): Promise<EvmLaneReceipt> {
    return this.send(this.calls.claim(leaf, proof));
  }

  claimToL1(leaf: OutboxLeaf, proof: readonly Hex[]): Promise<EvmLaneReceipt> {
    return this.send(this.calls.claimToL1(leaf, proof));
  }

  collect(token: number): Promise<EvmLaneReceipt> {
    return this.send(this.calls.collect(token));
  }

  async #deposit(call: L1Call): Promise<DepositMessage> {
    const { hash, events } = await this.send(call);
    for (const event of events) {
      if (event.type === 'message' && event.message.kind === 'deposit') return event.message;
    }
    throw new BridgeError('BAD_LOG', { hash });
  }

  async #erc20(token: number): Promise<Address> {
    const erc20 = await this.tokenAddress(token);
    if (BigInt(erc20) === 0n) throw new BridgeError('UnknownToken', { args: [token] });
    return erc20;
  }
}
