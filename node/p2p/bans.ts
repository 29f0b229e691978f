import type { Clock } from '../../chain/clock.ts';
import { isLoopback } from './address.ts';

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
  readonly #peers = new Map<string, number>();
  readonly #ips = new Map<string, number>();
  /** Peers of an address that are banned. */
  readonly #peersOfIp = new Map<string, Set<string>>();

  constructor(options: { banMs: number; bansPerIp: number }, deps: { clock: Clock }) {
    this.#banMs = options.banMs;
    this.#perIp = options.bansPerIp;
    this.#clock = deps.clock;
  }

  /** @param ips where the peer was connected from. Returns the addresses that are banned with it. */
  add(peer: string, ips: readonly string[]): readonly string[] {
    const until = this.#clock.nowMs() + this.#banMs;
    put(this.#peers, peer, until);
    const banned: string[] = [];
    for (const ip of new Set(ips)) {
      if (isLoopback(ip)) continue;
      const peers = new Set([...(this.#peersOfIp.get(ip) ?? [])].filter((id) => this.hasPeer(id)));
      peers.add(peer);
      put(this.#peersOfIp, ip, peers);
      if (peers.size >= this.#perIp) {
        put(this.#ips, ip, until);
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

  #isOn(map: Map<string, number>, key: string): boolean {
    const until = map.get(key);
    if (until === undefined) return false;
    if (until > this.#clock.nowMs()) return true;
    map.delete(key);
    return false;
  }
}

/** Moves the key to the end of the map's order. */
function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= CAPACITY) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
