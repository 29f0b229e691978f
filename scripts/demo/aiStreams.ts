/** All streams of the story: one thread a channel. */
import { readFile } from 'node:fs/promises';
import type { Field } from '../../protocol/types.ts';
import { type Channel, voucherSeed } from './aiMarket.ts';
import type { Claimable, Claimed } from './aiSettle.ts';
import type { Evidence } from './aiStream.ts';
import { StreamThread } from './aiStreamThread.ts';

export interface StreamsOptions {
  readonly domain: Field;
  readonly tell: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export class Streams {
  readonly #threads = new Map<Channel, StreamThread>();
  readonly #domain: Field;
  readonly #tell: (text: string) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #vouchers = new Map<Channel, number>();
  #inferences = 0;
  #seconds = 0;

  constructor({ domain, tell, signal }: StreamsOptions) {
    this.#signal = signal;
    this.#domain = domain;
    this.#tell = tell;
  }

  get vouchersSigned(): number {
    return [...this.#vouchers.values()].reduce((sum, count) => sum + count, 0);
  }

  get inferencesPerSecond(): number {
    return Math.round(this.#inferences / this.#seconds);
  }

  async open(channel: Channel): Promise<void> {
    const { name, index, deposit, expiry, model, provider } = channel;
    const options = { name, channel: index, model: model.index, domain: this.#domain, deposit, expiry };
    const seeds = { voucherSeed: voucherSeed(name), providerSeed: provider.account.seed };
    const modelBytes = new Uint8Array(await readFile(model.artefact.file));
    this.#threads.set(channel, new StreamThread({ ...options, ...seeds, modelBytes }, { signal: this.#signal }));
  }

  /** So many inferences more in each channel, all channels at once. What the provider could claim then. */
  async run(wanted: readonly (readonly [channel: Channel, count: number])[]): Promise<Claimable[]> {
    const began = performance.now();
    const done = await Promise.all(
      wanted.map(async ([channel, count]) => {
        const { voucher, receipts, vouchers } = await this.#thread(channel).run(count, (n) =>
          this.#tell(`${channel.name}: ${n} of ${count}`),
        );
        this.#vouchers.set(channel, vouchers);
        this.#inferences += count;
        return { channel, voucher, receipts };
      }),
    );
    this.#seconds += (performance.now() - began) / 1000;
    return done;
  }

  /** Of one receipt among those that a claim settled. */
  evidence({ channel, receipts }: Claimed, sequence: number): Promise<Evidence> {
    return this.#thread(channel).evidence(sequence, receipts);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.stop()));
  }

  #thread(channel: Channel): StreamThread {
    const thread = this.#threads.get(channel);
    if (thread === undefined) throw new RangeError(`${channel.name} has no stream`);
    return thread;
  }
}
