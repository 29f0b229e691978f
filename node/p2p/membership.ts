import type { Connection, IdentifyResult } from '@libp2p/interface';
import type { Clock } from '../../chain/clock.ts';
import type { SafeEmitter } from '../../chain/emitter.ts';
import type { Logger } from '../../chain/logger.ts';
import { ipOf } from './address.ts';
import type { AddressBook } from './addressBook.ts';
import { Bans } from './bans.ts';
import { NetworkError } from './errors.ts';
import type { Host } from './host.ts';
import type { NetworkLimits } from './limits.ts';
import type { Names } from './names.ts';
import { decodePeerList, encodePeerList, isShareable, ownAddresses } from './peerExchange.ts';
import { Peers } from './peers.ts';
import { Refusals } from './refusals.ts';
import { BAN_SCORE, PeerScores } from './scores.ts';
import type { Fault, NetworkEvents, NetworkMetrics, PeerInfo } from './types.ts';

const READY_MS = 10_000;

export interface MembershipDeps {
  readonly book: AddressBook;
  readonly events: SafeEmitter<NetworkEvents>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: NetworkMetrics;
  /** Undefined before the start. */
  host(): Host | undefined;
}

/** Who is a peer of this node: who comes, who goes, and who is thrown out. */
export class Membership {
  readonly bans: Bans;
  readonly refusals: Refusals;
  readonly #limits: NetworkLimits;
  readonly #names: Names;
  readonly #deps: MembershipDeps;
  readonly #scores: PeerScores;
  readonly #peers: Peers;
  /** When a connection was first seen, by our clock, which need not be the one libp2p goes by. */
  readonly #seenMs = new WeakMap<Connection, number>();
  #isStopped = false;

  constructor(options: { limits: NetworkLimits; names: Names }, deps: MembershipDeps) {
    this.#limits = options.limits;
    this.#names = options.names;
    this.#deps = deps;
    this.bans = new Bans(options.limits, deps);
    this.refusals = new Refusals(deps);
    this.#scores = new PeerScores(deps);
    this.#peers = new Peers(deps);
  }

  stop(): void {
    this.#isStopped = true;
    this.#peers.stop();
  }

  list(): readonly PeerInfo[] {
    return this.#peers.list((id) => this.#score(id));
  }

  /** Of this node's own making, for gossipsub, which adds what it sees itself. */
  ownScore(peer: string): number {
    return this.#scores.get(peer);
  }

  /** Resolves when the peer can be asked. @throws NetworkError BAD_ADDRESS, UNREACHABLE, STOPPED */
  async dial(address: string, signal: AbortSignal): Promise<void> {
    const peer = await this.#host().dial(address, signal);
    // Another chain, or this node is banned there.
    if (!(await this.#peers.ready(peer, READY_MS))) throw new NetworkError('UNREACHABLE', { address });
  }

  fault(peer: string, fault: Fault | 'flood', reason: string): void {
    const score = this.#scores.add(peer, fault);
    if (score <= BAN_SCORE && !this.#isStopped) this.ban(peer, reason);
  }

  ban(peer: string, reason: string): void {
    const host = this.#host();
    if (this.bans.hasPeer(peer) || peer === host.peerId) return;
    const ips = host.connections(peer).flatMap(({ remoteAddr }) => ipOf(remoteAddr.toString()) ?? []);
    const addresses = this.bans.add(peer, ips);
    this.#scores.forget(peer);
    this.#deps.book.drop(peer);
    this.#deps.metrics.banned(reason);
    this.#deps.log.warn({ peer, reason, addresses }, 'peer banned');
    host.abort(peer);
    for (const connection of host.connections()) {
      const ip = ipOf(connection.remoteAddr.toString());
      if (ip !== undefined && addresses.includes(ip)) connection.abort(new Error('address banned'));
    }
    this.#deps.events.tell('banned', { peer, reason });
  }

  identified({ peerId, protocols, connection, listenAddrs, agentVersion }: IdentifyResult): void {
    const peer = peerId.toString();
    const { book, metrics, log, events } = this.#deps;
    if (this.bans.hasPeer(peer)) {
      this.#host().abort(peer);
      return;
    }
    const remote = connection.remoteAddr.toString();
    if (!this.#names.isOurs(protocols)) {
      this.refusals.note(peer, 'OTHER_CHAIN');
      book.drop(peer);
      this.#host().abort(peer);
      return;
    }
    const claimed = ownAddresses(listenAddrs.map(String), peer, remote);
    const addresses = connection.direction === 'outbound' ? [...new Set([remote, ...claimed])] : claimed;
    book.connected(peer, addresses);
    const isNew = this.#peers.add(peer, { addresses, remote, direction: connection.direction, agent: agentVersion });
    if (!isNew) return;
    metrics.peers(this.#peers.size);
    log.debug({ peer, remote }, 'peer connected');
    events.tell('peerConnected', peer);
  }

  disconnected(peer: string): void {
    const { book, metrics, log, events } = this.#deps;
    const lastedMs = this.#peers.remove(peer);
    if (lastedMs === undefined) return;
    book.disconnected(peer, lastedMs);
    metrics.peers(this.#peers.size);
    log.debug({ peer }, 'peer disconnected');
    events.tell('peerDisconnected', peer);
  }

  /** Every second: bans by behaviour, closes what is idle, forgets who is gone. */
  async sweep(): Promise<void> {
    const host = this.#host();
    const now = this.#deps.clock.nowMs();
    for (const connection of host.connections()) {
      const peer = connection.remotePeer.toString();
      if (this.#score(peer) <= BAN_SCORE) this.ban(peer, 'GOSSIP_SCORE');
      const isAlive = this.#peers.has(peer) && host.hasGossip(peer);
      if (isAlive) this.#peers.alive(peer);
      const seenMs = this.#seenMs.get(connection) ?? now;
      this.#seenMs.set(connection, seenMs);
      const aliveMs = Math.max(seenMs, this.#peers.aliveMs(peer) ?? 0);
      if (isAlive || now - aliveMs <= this.#limits.idleMs) continue;
      this.refusals.note(peer, 'IDLE');
      connection.abort(new Error('idle'));
    }
    await this.#peers.forgetGone({
      known: await host.knownPeers(),
      isKept: (peer) => peer === host.peerId || host.connections(peer).length > 0,
      forget: (peer) => host.forget(peer),
    });
  }

  /** Asks the peer that was asked the longest ago for others. */
  async exchange(ask: (peer: string) => Promise<Uint8Array | undefined>): Promise<void> {
    const peer = this.#peers.nextToAsk();
    if (peer === undefined) return;
    try {
      const answer = await ask(peer.id);
      if (answer === undefined) return;
      for (const address of decodePeerList(answer)) {
        if (address.peer !== this.#host().peerId && isShareable(address, peer.remote))
          this.#deps.book.hear(address.text);
      }
    } catch (error) {
      if (error instanceof NetworkError && error.code === 'BAD_FRAME') this.fault(peer.id, 'invalid', 'BAD_PEER_LIST');
      this.#deps.log.debug({ peer: peer.id, err: error }, 'no peers told');
    }
  }

  /** What a peer is told of the others. */
  peerList(asking: string): Uint8Array {
    const remote = this.#peers.remote(asking) ?? '';
    return encodePeerList(this.#peers.shareable(asking, (address) => isShareable(address, remote)));
  }

  /** Gossipsub's, which counts our own in but renews it every second only. */
  #score(peer: string): number {
    return Math.min(this.#scores.get(peer), this.#deps.host()?.gossipScore(peer) ?? 0);
  }

  #host(): Host {
    const host = this.#deps.host();
    if (host === undefined) throw new NetworkError('STOPPED');
    return host;
  }
}
