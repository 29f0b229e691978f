import { dirname, join } from 'node:path';
import type { Stream } from '@libp2p/interface';
import type { Clock } from '../../chain/clock.ts';
import { SafeEmitter } from '../../chain/emitter.ts';
import type { Logger } from '../../chain/logger.ts';
import { parsePeerAddress } from './address.ts';
import { AddressBook } from './addressBook.ts';
import { NetworkError } from './errors.ts';
import { packFrame } from './frame.ts';
import { connectionGate, RESERVED_SHARE } from './gate.ts';
import { GossipInbox } from './gossipInbox.ts';
import type { Host } from './host.ts';
import { DEFAULT_LIMITS, type NetworkLimits } from './limits.ts';
import { Membership } from './membership.ts';
import { Names } from './names.ts';
import { PeerKeeper } from './peerKeeper.ts';
import { RequestClient } from './requests/requestClient.ts';
import { RequestServer } from './requests/requestServer.ts';
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
const DIAL_MS = 10_000;

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
  readonly #book: AddressBook;
  readonly #members: Membership;
  readonly #inbox: GossipInbox;
  readonly #server: RequestServer;
  readonly #client: RequestClient;
  readonly #keeper: PeerKeeper;
  readonly #signal = new AbortController();
  /** Undefined before the start. */
  #host: Host | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(options: NetworkOptions, deps: NetworkDeps, book: AddressBook) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const names = new Names(options.id);
    const { clock, handlers } = deps;
    const log = deps.log.child({ module: 'p2p' });
    const metrics = deps.metrics ?? noMetrics;
    const events = new SafeEmitter<NetworkEvents>({ log });
    const members = new Membership({ limits, names }, { book, events, clock, log, metrics, host: () => this.#host });
    const fault = (peer: string, kind: Fault | 'flood', reason: string): void => members.fault(peer, kind, reason);
    const refused = (peer: string, reason: string): void => members.refusals.note(peer, reason);
    const isBanned = (peer: string): boolean => members.bans.hasPeer(peer);
    const peerList = (asking: string): Uint8Array => members.peerList(asking);
    const client = new RequestClient(
      { limits },
      { clock, metrics, fault, isBanned, open: (peer, kind, signal) => this.#running.openStream(peer, kind, signal) },
    );
    this.events = events;
    this.#options = options;
    this.#limits = limits;
    this.#log = log;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#names = names;
    this.#book = book;
    this.#members = members;
    this.#client = client;
    this.#inbox = new GossipInbox({ limits }, { handlers, clock, log, metrics, fault, refused });
    this.#server = new RequestServer({ limits }, { handlers, clock, log, metrics, fault, refused, peerList });
    this.#keeper = new PeerKeeper(
      { ...wantedPeers(options.maxPeers), isExchanging: options.peerExchange },
      {
        book,
        clock,
        log,
        isBanned,
        connectionCount: () => this.#host?.connections().length ?? 0,
        outboundCount: () => this.#host?.connections().filter(({ direction }) => direction === 'outbound').length ?? 0,
        isConnected: (peer) => peer === this.peerId || (this.#host?.connections(peer).length ?? 0) > 0,
        dial: (address, signal) => members.dial(address, signal),
        exchange: () => members.exchange((peer) => client.one({ peer, kind: 'peers' })),
        sweep: () => members.sweep(),
      },
    );
  }

  /** @throws NetworkError BAD_IDENTITY, BAD_ADDRESS, LISTEN_FAILED */
  static async start(options: NetworkOptions, deps: NetworkDeps): Promise<Network> {
    for (const address of options.bootnodes) {
      if (parsePeerAddress(address) === undefined) throw new NetworkError('BAD_ADDRESS', { address });
    }
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
    return this.#members.list();
  }

  /** Resolves when the peer can be asked. @throws NetworkError BAD_ADDRESS, UNREACHABLE, BANNED */
  async dial(address: string): Promise<void> {
    const expected = address.split('/p2p/')[1];
    if (expected !== undefined && this.#members.bans.hasPeer(expected)) throw new NetworkError('BANNED', { address });
    const signal = AbortSignal.any([AbortSignal.timeout(DIAL_MS), this.#signal.signal]);
    await this.#members.dial(address, signal);
  }

  /** @throws NetworkError as `blocks` */
  async status(peer: string): Promise<Uint8Array> {
    const answer = await this.#client.one({ peer, kind: 'status' });
    if (answer !== undefined) return answer;
    this.#members.fault(peer, 'invalid', 'EMPTY_STATUS');
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

  /**
   * Announcements of agents above `after`, by agent; fewer than there are where the peer sends no more at once.
   * @throws NetworkError as `blocks`; UNREACHABLE, too, of a peer that does not know the question
   */
  announcements(peer: string, after: number): AsyncIterable<Uint8Array> {
    const maxFrames = this.#limits.responseFrames;
    return this.#client.stream({ peer, kind: 'announcements', numbers: [after], maxFrames });
  }

  /** A second 'invalid' within an hour bans; for what is grave, call `ban`. The others add up and are forgotten in time. */
  report(peer: string, fault: Fault, reason: string): void {
    this.#members.refusals.note(peer, reason);
    this.#members.fault(peer, fault, reason);
  }

  /** Closes the connection and refuses the peer for an hour, and its address when three peers of it are banned. */
  async ban(peer: string, reason: string): Promise<void> {
    this.#members.ban(peer, reason);
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
        bans: this.#members.bans,
        clock: this.#clock,
        connections: () => this.#host?.connections() ?? [],
        refused: (who, reason) => this.#members.refusals.note(who, reason),
      },
    );
    this.#host = await Host.create(
      { names: this.#names, chainId: id, listen, announce, mdns, maxPeers, identityFile, limits: this.#limits },
      {
        gater,
        validate: (topic, frame, from) => this.#inbox.receive(topic, frame, from),
        appScore: (peer) => this.#members.ownScore(peer),
        onIdentify: (result) => this.#members.identified(result),
        onDisconnect: (peer) => {
          this.#inbox.forget(peer);
          this.#members.disconnected(peer);
        },
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
    this.#members.stop();
    await this.#keeper.stop();
    await this.#host?.stop();
    this.#log.info({}, 'network stopped');
  }
}

/** Half of the places are filled by itself; the others are for those that come. */
function wantedPeers(maxPeers: number): { wanted: number; chosen: number } {
  return { wanted: Math.max(1, Math.ceil(maxPeers / 2)), chosen: Math.floor(maxPeers * RESERVED_SHARE) };
}
