import { dirname, join } from 'node:path';
import type { IdentifyResult, Stream } from '@libp2p/interface';
import type { Clock } from '../../chain/clock.ts';
import { SafeEmitter } from '../../chain/emitter.ts';
import type { Logger } from '../../chain/logger.ts';
import { ipOf } from './address.ts';
import { AddressBook } from './addressBook.ts';
import { Bans } from './bans.ts';
import { NetworkError } from './errors.ts';
import { packFrame } from './frame.ts';
import { connectionGate } from './gate.ts';
import { GossipInbox } from './gossipInbox.ts';
import type { Host } from './host.ts';
import { DEFAULT_LIMITS, type NetworkLimits } from './limits.ts';
import { Names } from './names.ts';
import { decodePeerList, encodePeerList, isShareable, ownAddresses } from './peerExchange.ts';
import { PeerKeeper } from './peerKeeper.ts';
import { Peers } from './peers.ts';
import { Refusals } from './refusals.ts';
import { RequestClient } from './requests/requestClient.ts';
import { RequestServer } from './requests/requestServer.ts';
import { BAN_SCORE, PeerScores } from './scores.ts';
import {
  type Fault,
  type NetworkEvents,
  type NetworkHandlers,
  type NetworkMetrics,
  type NetworkOptions,
  noMetrics,
  type PeerInfo,
  REQUEST_KINDS,
  type Topic,
} from './types.ts';

/** Own blocks and attestations go to every peer at once: seconds count, and there are few. */
const FLOODED: ReadonlySet<Topic> = new Set(['block', 'attestation']);
const READY_MS = 10_000;

export interface NetworkDeps {
  readonly handlers: NetworkHandlers;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics?: NetworkMetrics;
}

/** Messages to all, questions to one: all that the node knows of other nodes goes through here. Bytes only; what they mean is node/sync's. */
export class Network {
  readonly events: SafeEmitter<NetworkEvents>;
  readonly #limits: NetworkLimits;
  readonly #options: NetworkOptions;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #metrics: NetworkMetrics;
  readonly #names: Names;
  readonly #scores: PeerScores;
  readonly #bans: Bans;
  readonly #refusals: Refusals;
  readonly #peers: Peers;
  readonly #inbox: GossipInbox;
  readonly #server: RequestServer;
  readonly #client: RequestClient;
  readonly #book: AddressBook;
  readonly #keeper: PeerKeeper;
  readonly #signal = new AbortController();
  /** Undefined while it starts: peers may connect before that is done. */
  #host: Host | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: NetworkOptions, deps: NetworkDeps, book: AddressBook) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const { clock, handlers } = deps;
    const log = deps.log.child({ module: 'p2p' });
    const metrics = deps.metrics ?? noMetrics;
    this.#options = options;
    this.#limits = limits;
    this.#log = log;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#book = book;
    this.events = new SafeEmitter({ log });
    this.#names = new Names(options.id);
    this.#scores = new PeerScores({ clock });
    this.#bans = new Bans(limits, { clock });
    this.#refusals = new Refusals({ log, metrics, clock });
    this.#peers = new Peers({ clock });
    const fault = (peer: string, kind: Fault | 'flood', reason: string): void => this.#fault(peer, kind, reason);
    const refused = (peer: string, reason: string): void => this.#refusals.note(peer, reason);
    this.#inbox = new GossipInbox({ limits }, { handlers, clock, log, metrics, fault, refused });
    this.#server = new RequestServer(
      { limits },
      { handlers, clock, log, metrics, fault, refused, peerList: (asking) => this.#peerList(asking) },
    );
    this.#client = new RequestClient(
      { limits },
      {
        clock,
        metrics,
        fault,
        isBanned: (peer) => this.#bans.hasPeer(peer),
        open: (peer, kind, signal) => this.#running.openStream(peer, kind, signal),
      },
    );
    this.#keeper = new PeerKeeper(
      { wanted: wantedPeers(options.maxPeers), isExchanging: options.dht },
      {
        book,
        clock,
        log,
        connectionCount: () => this.#host?.connections().length ?? 0,
        isConnected: (peer) => peer === this.peerId || (this.#host?.connections(peer).length ?? 0) > 0,
        isBanned: (peer) => this.#bans.hasPeer(peer),
        dial: (address, signal) => this.#dial(address, signal),
        exchange: () => this.#exchange(),
        sweep: () => this.#sweep(),
      },
    );
  }

  /** @throws NetworkError BAD_IDENTITY, BAD_ADDRESS, LISTEN_FAILED */
  static async start(options: NetworkOptions, deps: NetworkDeps): Promise<Network> {
    const file = join(dirname(options.identityFile), 'p2p.peers.json');
    const book = await AddressBook.open({ file, bootnodes: options.bootnodes }, deps);
    const network = new Network(options, deps, book);
    await network.#start();
    return network;
  }

  get peerId(): string {
    return this.#host?.peerId ?? '';
  }

  /** Where others reach this node, with `/p2p/<id>`. */
  get addresses(): readonly string[] {
    return this.#host?.addresses ?? [];
  }

  /**
   * To every peer, through others where there are many. Without peers nobody hears it; the same bytes again within a minute are not sent.
   * @throws NetworkError TOO_LARGE, STOPPED
   */
  async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
    const limit = this.#limits.topicBytes[topic];
    if (bytes.length > limit) throw new NetworkError('TOO_LARGE', { length: bytes.length, limit });
    const frame = await packFrame(bytes);
    const recipients = await this.#running.publish(topic, frame, FLOODED.has(topic));
    this.#metrics.bytes(topic, 'out', frame.length * recipients);
  }

  /** Those that speak our protocols and can be asked. */
  peers(): readonly PeerInfo[] {
    return this.#peers.list((id) => this.#score(id));
  }

  /** Resolves when the peer can be asked. @throws NetworkError BAD_ADDRESS, UNREACHABLE, BANNED */
  async dial(address: string): Promise<void> {
    const expected = address.split('/p2p/')[1];
    if (expected !== undefined && this.#bans.hasPeer(expected)) throw new NetworkError('BANNED', { address });
    await this.#dial(address, AbortSignal.timeout(READY_MS));
  }

  /** @throws NetworkError as `blocks` */
  async status(peer: string): Promise<Uint8Array> {
    const answer = await this.#client.one({ peer, kind: 'status' });
    if (answer !== undefined) return answer;
    this.#fault(peer, 'invalid', 'EMPTY_STATUS');
    throw new NetworkError('BAD_RESPONSE', { peer, reason: 'empty' });
  }

  /**
   * Blocks and closes in order of the chain; fewer than asked for where the peer has no more, or sends no more at once.
   * @throws NetworkError TIMEOUT, UNREACHABLE, BAD_RESPONSE, TOO_LARGE, BANNED, STOPPED
   */
  blocks(peer: string, from: bigint, count: number): AsyncIterable<Uint8Array> {
    // After each block there can be the close of its batch.
    const maxFrames = Math.min(2 * count, this.#limits.responseFrames);
    return this.#client.stream({ peer, kind: 'blocks', numbers: [Number(from), count], maxFrames });
  }

  /** The blocks of a closed batch and its close. @throws NetworkError as `blocks` */
  batch(peer: string, number: number): AsyncIterable<Uint8Array> {
    return this.#client.stream({ peer, kind: 'batch', numbers: [number], maxFrames: this.#limits.responseFrames });
  }

  /** @throws NetworkError as `blocks` */
  snapshotManifest(peer: string): Promise<Uint8Array | undefined> {
    return this.#client.one({ peer, kind: 'snapshot', numbers: [] });
  }

  /** @throws NetworkError as `blocks` */
  snapshotChunk(peer: string, batch: number, chunk: number): Promise<Uint8Array | undefined> {
    return this.#client.one({ peer, kind: 'snapshot', numbers: [batch, chunk] });
  }

  /** A second 'invalid' within an hour bans; for what is grave, call `ban`. The others add up and are forgotten in time. */
  report(peer: string, fault: Fault, reason: string): void {
    this.#refusals.note(peer, reason);
    this.#fault(peer, fault, reason);
  }

  /** Closes the connection and refuses the peer for an hour, and its address when three peers of it are banned. */
  async ban(peer: string, reason: string): Promise<void> {
    if (this.#bans.hasPeer(peer) || peer === this.peerId) return;
    const host = this.#running;
    const ips = host.connections(peer).flatMap(({ remoteAddr }) => ipOf(remoteAddr.toString()) ?? []);
    const addresses = this.#bans.add(peer, ips);
    this.#scores.forget(peer);
    this.#book.drop(peer);
    this.#metrics.banned(reason);
    this.#log.warn({ peer, reason, addresses }, 'peer banned');
    host.abort(peer);
    for (const connection of host.connections()) {
      const ip = ipOf(connection.remoteAddr.toString());
      if (ip !== undefined && addresses.includes(ip)) connection.abort(new Error('address banned'));
    }
    this.events.tell('banned', { peer, reason });
  }

  /** Of all connections, with everything that encryption and libp2p add. */
  traffic(): { readonly sentBytes: number; readonly receivedBytes: number } {
    const { sentBytes = 0, receivedBytes = 0 } = this.#host?.traffic ?? {};
    return { sentBytes, receivedBytes };
  }

  /** Can be called twice. Requests under way end with STOPPED. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  get #running(): Host {
    if (this.#host === undefined || this.#signal.signal.aborted) throw new NetworkError('STOPPED');
    return this.#host;
  }

  async #start(): Promise<void> {
    // libp2p is loaded here and nowhere else: a node without a network pays nothing for it.
    const { Host } = await import('./host.ts');
    const { id, listen, announce, mdns, maxPeers, identityFile } = this.#options;
    const gater = connectionGate(
      { maxPeers, connectionsPerIp: this.#limits.connectionsPerIp },
      {
        bans: this.#bans,
        clock: this.#clock,
        connections: () => this.#host?.connections() ?? [],
        refused: (who, reason) => this.#refusals.note(who, reason),
      },
    );
    this.#host = await Host.create(
      { names: this.#names, chainId: id, listen, announce, mdns, maxPeers, identityFile, limits: this.#limits },
      {
        gater,
        validate: (topic, frame, from) => this.#inbox.receive(topic, frame, from),
        appScore: (peer) => this.#scores.get(peer),
        onIdentify: (result) => this.#identified(result),
        onDisconnect: (peer) => this.#disconnected(peer),
        onDiscovered: (addresses) => {
          for (const address of addresses) this.#book.hear(address);
        },
      },
    );
    const host = this.#host;
    for (const kind of REQUEST_KINDS) {
      const serve = (stream: Stream, peer: string) => this.#server.serve(kind, stream, peer);
      await host.handle(kind, serve, this.#limits.streamsPerPeer);
    }
    await host.start();
    this.#keeper.start();
    this.#log.info({ peer: host.peerId, addresses: host.addresses }, 'network started');
  }

  async #stop(): Promise<void> {
    this.#signal.abort();
    this.#client.stop();
    this.#peers.stop();
    await this.#keeper.stop();
    await this.#host?.stop();
    this.#log.info({}, 'network stopped');
  }

  async #dial(address: string, signal: AbortSignal): Promise<void> {
    const peer = await this.#running.dial(address, AbortSignal.any([signal, this.#signal.signal]));
    // Another chain, or this node is banned there.
    if (!(await this.#peers.ready(peer, READY_MS))) throw new NetworkError('UNREACHABLE', { address });
  }

  #identified({ peerId, protocols, connection, listenAddrs, agentVersion }: IdentifyResult): void {
    const peer = peerId.toString();
    if (this.#bans.hasPeer(peer)) {
      this.#host?.abort(peer);
      return;
    }
    const remote = connection.remoteAddr.toString();
    if (!this.#names.isOurs(protocols)) {
      this.#refusals.note(peer, 'OTHER_CHAIN');
      this.#book.drop(peer);
      this.#host?.abort(peer);
      return;
    }
    const claimed = ownAddresses(listenAddrs.map(String), peer, remote);
    const addresses = connection.direction === 'outbound' ? [...new Set([remote, ...claimed])] : claimed;
    this.#book.connected(peer, addresses);
    const isNew = this.#peers.add(peer, { addresses, remote, direction: connection.direction, agent: agentVersion });
    if (!isNew) return;
    this.#metrics.peers(this.#peers.size);
    this.#log.debug({ peer, remote }, 'peer connected');
    this.events.tell('peerConnected', peer);
  }

  #disconnected(peer: string): void {
    const lastedMs = this.#peers.remove(peer);
    if (lastedMs === undefined) return;
    this.#book.disconnected(peer, lastedMs);
    this.#inbox.forget(peer);
    this.#metrics.peers(this.#peers.size);
    this.#log.debug({ peer }, 'peer disconnected');
    this.events.tell('peerDisconnected', peer);
  }

  /** Gossipsub's, which counts our own in but renews it every second only. */
  #score(peer: string): number {
    return Math.min(this.#scores.get(peer), this.#host?.gossipScore(peer) ?? 0);
  }

  #fault(peer: string, fault: Fault | 'flood', reason: string): void {
    const score = this.#scores.add(peer, fault);
    if (score > BAN_SCORE || this.#signal.signal.aborted) return;
    void this.ban(peer, reason).catch((err: unknown) => this.#log.error({ err, peer }, 'peer not banned'));
  }

  /** Every second: bans by behaviour, closes what is idle, forgets who is gone. */
  async #sweep(): Promise<void> {
    const host = this.#running;
    const now = this.#clock.nowMs();
    for (const connection of host.connections()) {
      const peer = connection.remotePeer.toString();
      if (this.#score(peer) <= BAN_SCORE) await this.ban(peer, 'GOSSIP_SCORE');
      const isAlive = this.#peers.has(peer) && host.hasGossip(peer);
      if (isAlive) this.#peers.alive(peer);
      const aliveMs = this.#peers.aliveMs(peer) ?? connection.timeline.open;
      if (!isAlive && now - aliveMs > this.#limits.idleMs) {
        this.#refusals.note(peer, 'IDLE');
        connection.abort(new Error('idle'));
      }
    }
    await this.#peers.forgetGone({
      known: await host.knownPeers(),
      isKept: (peer) => peer === host.peerId || host.connections(peer).length > 0,
      forget: (peer) => host.forget(peer),
    });
  }

  /** Asks the peer that was asked the longest ago. */
  async #exchange(): Promise<void> {
    const peer = this.#peers.nextToAsk();
    if (peer === undefined) return;
    try {
      const answer = await this.#client.one({ peer: peer.id, kind: 'peers' });
      if (answer === undefined) return;
      for (const address of decodePeerList(answer)) {
        if (address.peer !== this.peerId && isShareable(address, peer.remote)) this.#book.hear(address.text);
      }
    } catch (error) {
      if (error instanceof NetworkError && error.code === 'BAD_FRAME') this.#fault(peer.id, 'invalid', 'BAD_PEER_LIST');
      this.#log.debug({ peer: peer.id, err: error }, 'no peers told');
    }
  }

  #peerList(asking: string): Uint8Array {
    const remote = this.#peers.remote(asking) ?? '';
    return encodePeerList(this.#peers.shareable(asking, (address) => isShareable(address, remote)));
  }
}

/** As many as it looks for by itself; the other places are for those that come. */
function wantedPeers(maxPeers: number): number {
  return Math.max(1, Math.min(maxPeers, Math.ceil(maxPeers / 2)));
}
