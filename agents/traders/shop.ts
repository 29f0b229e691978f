import { sha256 } from '@noble/hashes/sha2.js';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import type { AccountIndex, SignedVoucher } from '../../protocol/types.ts';
import type { LedgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { ProviderChannel } from '../../sdk/channels/providerChannel.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import { DialogueError } from '../dialogue/dialogueError.ts';
import type { RequestBody } from '../dialogue/message.ts';
import type { Seller } from '../dialogue/sellerDesk.ts';
import type { EscrowTerms } from '../dialogue/sellerThread.ts';

/** A capability that is sold. */
export interface Ware {
  /** As announced. */
  readonly capability: string;
  /** Its ATTEST account. */
  readonly model: number;
  readonly token: number;
  /** Of one answer, base units. */
  readonly price: bigint;
  readonly runner: Reexecutor;
}

export interface ShopOptions {
  /** The KEY account that is paid. */
  readonly provider: number;
  readonly wares: readonly Ware[];
  /** The most answers of one order. Default 100. */
  readonly maxCount?: number;
}

interface Served {
  readonly channel: ProviderChannel;
  /** To the receipt that was issued last. */
  last: { readonly receipt: SignedReceipt; readonly output: Uint8Array } | undefined;
}

/** Sells answers of models: one book a channel, the voucher before the work, the receipt after it. */
export class Shop implements Seller {
  readonly #options: ShopOptions;
  readonly #deps: { readonly client: LedgerClient; readonly account: LedgerAccount; readonly now: () => number };
  readonly #served = new Map<number, Served>();
  #answers = 0;

  constructor(options: ShopOptions, deps: { client: LedgerClient; account: LedgerAccount; now: () => number }) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Answers sold. */
  get answers(): number {
    return this.#answers;
  }

  quote({ capability, count }: RequestBody): { readonly price: bigint } | { readonly reason: string } {
    const ware = this.#options.wares.find((one) => one.capability === capability);
    if (ware === undefined) return { reason: 'not sold here' };
    const { maxCount = 100 } = this.#options;
    return count < 1 || count > maxCount ? { reason: 'not so many' } : { price: ware.price };
  }

  escrowFor(request: RequestBody): EscrowTerms {
    const { model, token } = this.#ware(request);
    return { provider: this.#options.provider, model, token };
  }

  async work(order: {
    channel: AccountIndex;
    request: RequestBody;
    price: bigint;
    input: Uint8Array;
    voucher: SignedVoucher;
  }): Promise<{ output: Uint8Array; receipt: SignedReceipt }> {
    const { channel, request, price, input, voucher } = order;
    const ware = this.#ware(request);
    const served = await this.#serve(channel, ware.model);
    const accepted = served.channel.accept(voucher, { price });
    if (accepted.receipt !== undefined && served.last !== undefined) return served.last;
    const output = await this.answer(ware, input);
    const execution = ware.runner.execution('public').word;
    const receipt = served.channel.issue({ price, execution, inputHash: sha256(input), outputHash: sha256(output) });
    served.last = { receipt, output };
    this.#answers += 1;
    return served.last;
  }

  async settle(voucher: SignedVoucher): Promise<void> {
    this.#served.get(voucher.channel)?.channel.accept(voucher, { price: 0n });
  }

  /** Claims what the vouchers are worth, many channels in one transaction. */
  async claim(): Promise<void> {
    const channels = [...this.#served.values()].map(({ channel }) => channel);
    await this.#deps.client.claimChannels(channels, { account: this.#deps.account });
  }

  /** What is sold: the model's answer. */
  protected answer({ runner }: Ware, input: Uint8Array): Promise<Uint8Array> {
    return runner.run(input);
  }

  async #serve(channel: number, model: number): Promise<Served> {
    const found = this.#served.get(channel);
    if (found !== undefined) return found;
    const { client, account, now } = this.#deps;
    const made = { channel: await client.acceptChannel({ account, channel, model, now }), last: undefined };
    this.#served.set(channel, made);
    return made;
  }

  #ware({ capability }: RequestBody): Ware {
    const ware = this.#options.wares.find((one) => one.capability === capability);
    if (ware !== undefined) return ware;
    throw new DialogueError('OFFER_MISMATCH', 'not sold here', { capability });
  }
}

/**
 * A shop that cheats to sell cheaply: honest with the first answers, which every careful buyer checks, it then signs for answers of the
 * right form that no model gave.
 */
export class CheatingShop extends Shop {
  #sold = 0;
  readonly #honest: number;

  constructor(
    options: ShopOptions & { readonly honestAnswers: number },
    deps: { client: LedgerClient; account: LedgerAccount; now: () => number },
  ) {
    super(options, deps);
    this.#honest = options.honestAnswers;
  }

  protected override async answer(ware: Ware, input: Uint8Array): Promise<Uint8Array> {
    const output = await super.answer(ware, input);
    this.#sold += 1;
    if (this.#sold <= this.#honest) return output;
    // scores end with the last class's: that one always wins, whatever was asked
    const made = output.slice();
    new DataView(made.buffer).setFloat32(made.length - 4, 1e30, true);
    return made;
  }
}
