/** A provider on a ledger in memory, and consumers who pay it. Tests only. */
import { silentLogger } from '../../../chain/logger.ts';
import { bytesToHex, hexToBytes } from '../../../protocol/bytes.ts';
import type { SignedReceipt } from '../../../protocol/receipts/receipt.ts';
import { decodeReceipt, encodeVoucher } from '../../../protocol/receipts/receiptCodec.ts';
import { actor } from '../../../protocol/testing/actors.ts';
import { type SignedVoucher, Subtype } from '../../../protocol/types.ts';
import { type LedgerAccount, ledgerAccount } from '../../../sdk/accounts/ledgerAccount.ts';
import type { ConsumerChannel } from '../../../sdk/channels/consumerChannel.ts';
import { createLedgerClient } from '../../../sdk/client.ts';
import { FAKE_TIME, FakeNode } from '../../../sdk/testing/fakeNode.ts';
import { providerOptions } from '../options.ts';
import { type ProviderDeps, ProviderService } from '../providerService.ts';
import type { ProviderRequest, ProviderResponse } from '../requests.ts';
import { FAKE_MODEL, FakeRunner } from './fakeRunner.ts';
import { MemoryDb } from './memoryDb.ts';

export const PRICE = 100n;
export const alice = ledgerAccount(actor(1));
export const bob = ledgerAccount(actor(2));
export const carol = ledgerAccount(actor(3));

type Given = Partial<Parameters<typeof providerOptions>[0]>;

export interface Answered {
  readonly output: Uint8Array;
  readonly receipt: SignedReceipt;
}

/** Where time only passes when it is told to. */
export class ManualClock {
  #ms = FAKE_TIME * 1000;
  readonly #sleepers = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  nowMs(): number {
    return this.#ms;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const sleeper = { untilMs: this.#ms + ms, wake: resolve };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      if (signal?.aborted) resolve();
    });
  }

  advance(seconds: number): void {
    this.#ms += seconds * 1000;
    for (const sleeper of this.#sleepers) {
      if (sleeper.untilMs > this.#ms) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

export class Market {
  readonly node = new FakeNode();
  readonly clock = new ManualClock();
  readonly db: MemoryDb;
  readonly runner = new FakeRunner();
  model = 0;
  provider = 0;
  /** Times that the node's answer is replaced by "unreachable". */
  isNodeAway = false;
  readonly #services: ProviderService[] = [];

  private constructor(db: MemoryDb) {
    this.db = db;
  }

  static async open(): Promise<Market> {
    const market = new Market(new MemoryDb());
    market.node.deposit(alice, 1_000_000_000n);
    market.provider = market.node.deposit(bob, 1_000n);
    market.node.deposit(carol, 1_000n);
    const { index } = await market
      .clientOf(carol)
      .attest({ sha256: FAKE_MODEL, subtype: Subtype.MODEL, royaltyBps: 500 });
    market.model = index;
    return market;
  }

  clientOf(account: LedgerAccount) {
    const { node } = this;
    const transport = node.transport();
    const guarded: typeof transport = (parameters) => {
      const inner = transport(parameters);
      const request = (async (...args: Parameters<typeof inner.request>) => {
        if (this.isNodeAway) throw Object.assign(new Error('away'), { code: -32002, data: { code: 'STOPPED' } });
        return inner.request(...args);
      }) as typeof inner.request; // the same function with a refusal before it
      return { ...inner, config: { ...inner.config, request }, request };
    };
    return createLedgerClient({ chain: node.chain, transport: guarded, account, pollingIntervalMs: 1 });
  }

  async serve(given: Given = {}, deps: Partial<ProviderDeps> = {}): Promise<ProviderService> {
    const service = await ProviderService.start(
      providerOptions({ model: this.model, price: PRICE, pollMs: 1_000, ...given }),
      {
        ...{ client: this.clientOf(bob), account: bob, runner: this.runner, store: this.db },
        ...{ log: silentLogger, clock: this.clock },
        ...deps,
      },
    );
    this.#services.push(service);
    return service;
  }

  /** Time passes on the ledger and here. */
  pass(seconds: number): void {
    this.node.advance(seconds);
    this.clock.advance(seconds);
  }

  openChannel(amount = 10_000n, lifetimeSeconds = 3_600): Promise<ConsumerChannel> {
    const { provider, model } = this;
    return this.clientOf(alice).openChannel({ provider, model, amount, lifetimeSeconds });
  }

  async stop(): Promise<void> {
    for (const service of this.#services) await service.stop();
  }
}

export function infer(
  voucher: SignedVoucher | undefined,
  input: Uint8Array,
  more: Record<string, string> = {},
): ProviderRequest {
  const headers = { ...(voucher !== undefined && { 'engram-voucher': voucherHex(voucher) }), ...more };
  return { method: 'POST', path: '/v1/infer', headers, body: input, address: '192.0.2.1' };
}

export function get(path: string, headers: Record<string, string> = {}): ProviderRequest {
  return { method: 'GET', path, headers, body: new Uint8Array(), address: '192.0.2.1' };
}

export function voucherHex(voucher: SignedVoucher): string {
  return bytesToHex(encodeVoucher(voucher));
}

/** What the provider answered, which must be a paid answer. */
export function answered(response: ProviderResponse): Answered {
  const { 'engram-receipt': receipt } = response.headers;
  if (response.status !== 200 || receipt === undefined) throw new RangeError(`${response.status} ${text(response)}`);
  return { output: response.body, receipt: decodeReceipt(hexToBytes(receipt)) };
}

export function text({ body }: ProviderResponse): string {
  return new TextDecoder().decode(body);
}

/** Status and code of a refusal. */
export function refusal(response: ProviderResponse): readonly [status: number, code: string] {
  const { code } = JSON.parse(text(response)) as { code: string };
  return [response.status, code];
}

/** One request after the other; returns the last answer. */
export async function buy(
  service: ProviderService,
  channel: ConsumerChannel,
  count: number,
  audit = 'private',
): Promise<Answered> {
  let last: Answered | undefined;
  for (let n = 0; n < count; n += 1) {
    const input = new Uint8Array([1, n]);
    const voucher = channel.next(undefined, { price: PRICE, input });
    last = answered(await service.handle(infer(voucher, input, { 'engram-audit': audit })));
    channel.receive(last.receipt);
  }
  if (last === undefined) throw new RangeError('nothing bought');
  return last;
}
