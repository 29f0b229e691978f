import type { Clock } from '../../chain/clock.ts';
import { isLoopback } from './address.ts';
import { BoundedMap } from './boundedMap.ts';

/** Whoever makes peer ids by the thousand fills a list, not the memory: the oldest ban gives way. */
const CAPACITY = 10_000;

/**
 * Peers, and addresses of many banned peers, that this node does not talk to for a while. In memory: after a restart everybody may
 * try again, and is banned again for doing it again.
 */
export class Bans {
  readonly #clock: Clock;
  readonly #banMs: number;
  readonly #perIp: number;
  readonly #peers = new BoundedMap<number>(CAPACITY);
  readonly #ips = new BoundedMap<number>(CAPACITY);
  /** Peers of an address that are banned. */
  readonly #peersOfIp = new BoundedMap<Set<string>>(CAPACITY);

  constructor(options: { banMs: number; bansPerIp: number }, deps: { clock: Clock }) {
    this.#banMs = options.banMs;
    this.#perIp = options.bansPerIp;
    this.#clock = deps.clock;
  }

  /** @param ips where the peer was connected from. Returns the addresses that are banned with it. */
  add(peer: string, ips: readonly string[]): readonly string[] {
    const until = this.#clock.nowMs() + this.#banMs;
    this.#peers.set(peer, until);
    const banned: string[] = [];
    for (const ip of new Set(ips)) {
      if (isLoopback(ip)) continue;
      const peers = new Set([...(this.#peersOfIp.get(ip) ?? [])].filter((id) => this.hasPeer(id)));
      peers.add(peer);
      this.#peersOfIp.set(ip, peers);
      if (peers.size >= this.#perIp) {
        this.#ips.set(ip, until);
        banned.push(ip);
      }
    }
    return banned;
  }

  hasPeer(peer: string): boolean {
    return this.#isOn(this.#peers, peer);
  }

  hasIp(ip: string | undefined): boolean {
    return ip !== undefined && this.#isOn(this.#ips, ip);
  }

  #isOn(map: BoundedMap<number>, key: string): boolean {
    const until = map.get(key);
    if (until === undefined) return false;
    if (until > this.#clock.nowMs()) return true;
    map.delete(key);
    return false;
  }
}
