import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import { decodeItem } from '../../chain/wire/codec.ts';
import type { ChainItem } from '../../chain/wire/types.ts';
import type { Network } from '../p2p/network.ts';
import { decodeStatus, type PeerStatus } from './peerStatus.ts';

export interface PeerBookDeps {
  readonly network: Pick<Network, 'peers' | 'status' | 'blocks' | 'batch' | 'report' | 'events'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A status this old is asked for again before it is relied on. */
const FRESH_MS = 5_000;
/** Who did not have what it said is not asked for so long; each time in a row twice as long, up to the limit. */
const FRUITLESS_MS = 30_000;
const MAX_FRUITLESS_MS = 600_000;

/** What peers say of themselves, and questions to them. Everything they answer is to be checked. */
export class PeerBook {
  readonly #deps: PeerBookDeps;
  readonly #statuses = new Map<string, { readonly status: PeerStatus; readonly atMs: number }>();

  readonly #fruitless = new Map<string, { readonly times: number; readonly untilMs: number }>();

  constructor(deps: PeerBookDeps) {
    this.#deps = deps;
    deps.network.events.on('peerDisconnected', (peer) => {
      this.#statuses.delete(peer);
      this.#fruitless.delete(peer);
    });
  }

  /** Asks all peers whose last answer is old. Those that do not answer are forgotten until the next time. */
  async refresh(genesisHash: string): Promise<void> {
    const { network, clock, log } = this.#deps;
    const nowMs = clock.nowMs();
    await Promise.all(
      network.peers().map(async ({ id }) => {
        const known = this.#statuses.get(id);
        if (known !== undefined && nowMs - known.atMs < FRESH_MS) return;
        try {
          const status = decodeStatus(await network.status(id));
          if (status.genesisHash !== genesisHash) {
            network.report(id, 'invalid', 'OTHER_GENESIS');
            return;
          }
          this.#statuses.set(id, { status, atMs: nowMs });
        } catch (err) {
          this.#statuses.delete(id);
          log.debug({ peer: id, err }, 'a peer did not say where it is');
        }
      }),
    );
  }

  /** Peers that have this closed batch, best score first. */
  having(batch: number): readonly string[] {
    return this.#where(({ closedBatch }) => closedBatch >= batch);
  }

  /** Peers whose chain is longer than this, the longest first. */
  beyond(block: bigint): readonly string[] {
    const found = this.#where(({ head }) => head > block);
    const head = (id: string): bigint => this.#statuses.get(id)?.status.head ?? 0n;
    return [...found].sort((x, y) => (head(y) > head(x) ? 1 : -1));
  }

  /** Peers with a snapshot, the newest first. */
  withSnapshot(): readonly string[] {
    const batch = (id: string): number => this.#statuses.get(id)?.status.snapshotBatch ?? 0;
    return [...this.#where(({ snapshotBatch }) => snapshotBatch > 0)].sort((x, y) => batch(y) - batch(x));
  }

  /** The longest chain a peer speaks of that has not been asked for it in vain. */
  get bestHead(): bigint {
    let best = 0n;
    for (const [peer, { status }] of this.#statuses) {
      if (status.head > best && !this.#isFruitless(peer)) best = status.head;
    }
    return best;
  }

  /**
   * It did not bring what it says it has. No fault: it may be on another branch, or have it from L1 alone. But whoever claims the longest
   * chain there is would be asked first for ever.
   */
  fruitless(peer: string): void {
    const times = (this.#fruitless.get(peer)?.times ?? 0) + 1;
    const pauseMs = Math.min(FRUITLESS_MS * 2 ** (times - 1), MAX_FRUITLESS_MS);
    this.#fruitless.set(peer, { times, untilMs: this.#deps.clock.nowMs() + pauseMs });
  }

  /** It brought what was wanted. */
  fruitful(peer: string): void {
    this.#fruitless.delete(peer);
  }

  async *batch(peer: string, number: number): AsyncGenerator<ChainItem> {
    for await (const bytes of this.#deps.network.batch(peer, number)) yield decodeItem(bytes);
  }

  async *blocks(peer: string, from: bigint, count: number): AsyncGenerator<ChainItem> {
    for await (const bytes of this.#deps.network.blocks(peer, from, count)) yield decodeItem(bytes);
  }

  /** It sent what an honest node cannot have sent. */
  lied(peer: string, reason: string): void {
    this.#statuses.delete(peer);
    this.#deps.network.report(peer, 'invalid', reason);
  }

  #where(isWanted: (status: PeerStatus) => boolean): readonly string[] {
    const { network } = this.#deps;
    return [...network.peers()]
      .sort((x, y) => y.score - x.score)
      .map(({ id }) => id)
      .filter((id) => {
        const known = this.#statuses.get(id);
        return known !== undefined && isWanted(known.status) && !this.#isFruitless(id);
      });
  }

  #isFruitless(peer: string): boolean {
    const record = this.#fruitless.get(peer);
    return record !== undefined && this.#deps.clock.nowMs() < record.untilMs;
  }
}
