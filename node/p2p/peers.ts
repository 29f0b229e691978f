import type { Clock } from '../../chain/clock.ts';
import { type PeerAddress, parsePeerAddress } from './address.ts';
import type { PeerInfo } from './types.ts';

/** Longest name of a program that is shown. */
const MAX_AGENT = 64;

interface Peer {
  readonly id: string;
  readonly addresses: readonly string[];
  readonly remote: string;
  readonly direction: 'inbound' | 'outbound';
  readonly agent: string | undefined;
  readonly sinceMs: number;
  aliveMs: number;
  askedMs: number;
}

/** The peers that are connected and speak our protocols. */
export class Peers {
  readonly #clock: Clock;
  readonly #peers = new Map<string, Peer>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #stop = new AbortController();
  #gone = new Set<string>();

  constructor(deps: { clock: Clock }) {
    this.#clock = deps.clock;
  }

  get size(): number {
    return this.#peers.size;
  }

  has(id: string): boolean {
    return this.#peers.has(id);
  }

  /** Whether it is new. */
  add(id: string, peer: Pick<Peer, 'addresses' | 'remote' | 'direction' | 'agent'>): boolean {
    if (this.#peers.has(id)) return false;
    const now = this.#clock.nowMs();
    const agent = peer.agent?.slice(0, MAX_AGENT).replace(/[^\x20-\x7e]/g, '?');
    this.#peers.set(id, { ...peer, id, agent, sinceMs: now, aliveMs: now, askedMs: 0 });
    for (const wake of this.#waiting.get(id) ?? []) wake();
    return true;
  }

  /** How long it was one, in milliseconds; undefined: it was none. */
  remove(id: string): number | undefined {
    for (const wake of this.#waiting.get(id) ?? []) wake();
    const peer = this.#peers.get(id);
    this.#peers.delete(id);
    return peer && this.#clock.nowMs() - peer.sinceMs;
  }

  remote(id: string): string | undefined {
    return this.#peers.get(id)?.remote;
  }

  alive(id: string): void {
    const peer = this.#peers.get(id);
    if (peer !== undefined) peer.aliveMs = this.#clock.nowMs();
  }

  aliveMs(id: string): number | undefined {
    return this.#peers.get(id)?.aliveMs;
  }

  list(score: (id: string) => number): readonly PeerInfo[] {
    return [...this.#peers.values()].map(({ id, addresses, direction, sinceMs, agent, remote }) => ({
      id,
      addresses: addresses.length > 0 ? addresses : [remote],
      score: score(id),
      direction,
      since: sinceMs,
      ...(agent !== undefined && { agent }),
    }));
  }

  /** Waits until the peer has shown that it is one of ours; false: it has not in time, or has gone. */
  async ready(id: string, timeoutMs: number): Promise<boolean> {
    if (this.#peers.has(id)) return true;
    const waiting = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, waiting);
    const done = new AbortController();
    const wake = (): void => done.abort();
    waiting.add(wake);
    await this.#clock.sleep(timeoutMs, AbortSignal.any([done.signal, this.#stop.signal]));
    waiting.delete(wake);
    if (waiting.size === 0) this.#waiting.delete(id);
    return this.#peers.has(id);
  }

  stop(): void {
    this.#stop.abort();
  }

  nextToAsk(): { readonly id: string; readonly remote: string } | undefined {
    const peers = [...this.#peers.values()].sort((a, b) => a.askedMs - b.askedMs);
    const [next] = peers;
    if (next !== undefined) next.askedMs = this.#clock.nowMs();
    return next;
  }

  /** Addresses of the others, the newest first. */
  shareable(asking: string, isShareable: (address: PeerAddress) => boolean): readonly string[] {
    return [...this.#peers.values()]
      .filter(({ id }) => id !== asking)
      .reverse()
      .flatMap(({ addresses }) => addresses.slice(0, 2))
      .filter((text) => {
        const address = parsePeerAddress(text);
        return address !== undefined && isShareable(address);
      });
  }

  /** Forgets who has been gone since the last call: at once would be too early, libp2p still looks at what it knows when one leaves. */
  async forgetGone(options: {
    known: readonly string[];
    isKept(peer: string): boolean;
    forget(peer: string): Promise<void>;
  }): Promise<void> {
    const gone = options.known.filter((peer) => !options.isKept(peer));
    const before = this.#gone;
    this.#gone = new Set(gone);
    for (const peer of gone) if (before.has(peer)) await options.forget(peer);
  }
}
