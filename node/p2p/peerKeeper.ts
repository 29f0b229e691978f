import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { AddressBook } from './addressBook.ts';

const LOOK_MS = 1_000;
const SAVE_MS = 60_000;
/** Dials at once. */
const PARALLEL = 8;
const DIAL_MS = 10_000;
/** How often others are asked for peers while there are too few. */
const EXCHANGE_MS = 15_000;

export interface PeerKeeperOptions {
  /** It looks for others until it has so many peers. */
  readonly wanted: number;
  /** So many it chooses itself even if others have come in plenty: those may all be one. */
  readonly chosen: number;
  readonly isExchanging: boolean;
}

export interface PeerKeeperDeps {
  readonly book: AddressBook;
  readonly clock: Clock;
  readonly log: Logger;
  /** Connections, and those of them that this node has made itself. */
  connectionCount(): number;
  outboundCount(): number;
  isConnected(peer: string): boolean;
  isBanned(peer: string): boolean;
  dial(address: string, signal: AbortSignal): Promise<void>;
  /** Asks one of the peers for others. */
  exchange(): Promise<void>;
  /** Closes what shows no sign of our protocols. */
  sweep(): Promise<void>;
}

/** Keeps as many peers as this node wants, with patience towards those that do not answer. */
export class PeerKeeper {
  readonly #options: PeerKeeperOptions;
  readonly #deps: PeerKeeperDeps;
  readonly #stop = new AbortController();
  readonly #dialing = new Map<string, Promise<void>>();
  #running: Promise<void> = Promise.resolve();
  #savedMs: number;
  #exchangedMs = 0;

  constructor(options: PeerKeeperOptions, deps: PeerKeeperDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#savedMs = deps.clock.nowMs();
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.all(this.#dialing.values());
    await this.#deps.book.save();
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#deps;
    while (!this.#stop.signal.aborted) {
      try {
        await this.#turn();
      } catch (err) {
        log.error({ err }, 'peers not kept');
      }
      await clock.sleep(LOOK_MS, this.#stop.signal);
    }
  }

  async #turn(): Promise<void> {
    const { book, clock, connectionCount, isConnected, isBanned } = this.#deps;
    await this.#deps.sweep();
    const missing = this.#options.wanted - connectionCount();
    const notChosen = this.#options.chosen - this.#deps.outboundCount();
    const wanted = Math.max(missing, notChosen) - this.#dialing.size;
    const room = Math.min(wanted, PARALLEL - this.#dialing.size);
    if (room > 0) {
      const candidates = book.candidates((peer) => isConnected(peer) || isBanned(peer) || this.#dialing.has(peer));
      for (const { peer, addresses } of candidates.slice(0, room)) this.#dial(peer, addresses);
    }
    if (
      wanted > 0 &&
      this.#options.isExchanging &&
      clock.nowMs() - this.#exchangedMs >= EXCHANGE_MS &&
      connectionCount() > 0
    ) {
      this.#exchangedMs = clock.nowMs();
      await this.#deps.exchange();
    }
    if (clock.nowMs() - this.#savedMs >= SAVE_MS) {
      this.#savedMs = clock.nowMs();
      await book.save();
    }
  }

  #dial(peer: string, addresses: readonly string[]): void {
    const dialed = this.#tryAll(peer, addresses).finally(() => this.#dialing.delete(peer));
    this.#dialing.set(peer, dialed);
  }

  /** One address after the other; a peer with none that answers waits longer the next time. */
  async #tryAll(peer: string, addresses: readonly string[]): Promise<void> {
    for (const address of addresses) {
      if (this.#stop.signal.aborted) return;
      try {
        await this.#deps.dial(address, AbortSignal.any([this.#stop.signal, AbortSignal.timeout(DIAL_MS)]));
        return;
      } catch (err) {
        this.#deps.log.debug({ peer, address, err }, 'peer not reached');
      }
    }
    this.#deps.book.failed(peer);
  }
}
