// Has to come first: libp2p needs it while it is loaded.
import './polyfill.ts';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import type { GossipSub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Connection, ConnectionGater, IdentifyResult, Libp2p, Stream } from '@libp2p/interface';
import { mdns } from '@libp2p/mdns';
import { peerIdFromString } from '@libp2p/peer-id';
import { type Ping, ping } from '@libp2p/ping';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { NetworkError } from './errors.ts';
import { type GossipValidator, makeGossip } from './gossip.ts';
import { loadIdentity } from './identity.ts';
import type { NetworkLimits } from './limits.ts';
import type { Names } from './names.ts';
import { ByteCounter } from './traffic.ts';
import type { RequestKind, Topic } from './types.ts';

/** A window of this size carries 10 MB/s over 100 ms, and is what a stream nobody reads can hold. */
const STREAM_WINDOW_BYTES = 1_048_576;
/** Streams of one connection, whatever protocol: gossip, identify, ping, and requests of each kind. */
const STREAMS_PER_CONNECTION = 64;
/** A busy peer answers late: proofs and blocks can hold its loop for seconds. */
const PING = { pingInterval: 15_000, pingTimeout: { minTimeout: 15_000, maxTimeout: 45_000 } };

export interface HostOptions {
  readonly names: Names;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly mdns: boolean;
  readonly chainId: string;
  readonly maxPeers: number;
  readonly identityFile: string;
  readonly limits: NetworkLimits;
}

/** What the host asks and tells. */
export interface HostHooks {
  readonly gater: ConnectionGater;
  readonly validate: GossipValidator;
  appScore(peer: string): number;
  onIdentify(result: IdentifyResult): void;
  onDisconnect(peer: string): void;
  /** Found on the local network. */
  onDiscovered(addresses: readonly string[]): void;
}

interface Services extends Record<string, unknown> {
  identify: Identify;
  ping: Ping;
  pubsub: GossipSub;
}

/** What gossipsub's class has and its interface leaves out. */
interface GossipInternals {
  getScore(peer: string): number;
  readonly streamsInbound: ReadonlyMap<string, unknown>;
  readonly streamsOutbound: ReadonlyMap<string, unknown>;
}

/** libp2p, as far as this folder needs it: the only module (with gossip.ts and identity.ts) that loads it. */
export class Host {
  readonly traffic: ByteCounter;
  readonly #names: Names;
  readonly #libp2p: Libp2p<Services>;

  private constructor(libp2p: Libp2p<Services>, names: Names, traffic: ByteCounter) {
    this.#libp2p = libp2p;
    this.#names = names;
    this.traffic = traffic;
  }

  /** Does nothing yet: whoever connects must find all protocols there. @throws NetworkError BAD_IDENTITY, BAD_ADDRESS */
  static async create(options: HostOptions, hooks: HostHooks): Promise<Host> {
    const { limits, names } = options;
    const privateKey = await loadIdentity(options.identityFile);
    const traffic = new ByteCounter();
    for (const address of [...options.listen, ...options.announce]) checkAddress(address);
    const libp2p = await createLibp2p<Services>({
      privateKey,
      start: false,
      nodeInfo: { name: 'engram', version: '1', userAgent: 'engram/1' },
      addresses: {
        listen: [...options.listen],
        ...(options.announce.length > 0 && { announce: [...options.announce] }),
      },
      transports: [tcp({ maxConnections: options.maxPeers + limits.pendingConnections, backlog: 256 })],
      connectionEncrypters: [noise()],
      streamMuxers: [
        yamux({
          maxInboundStreams: STREAMS_PER_CONNECTION,
          maxOutboundStreams: STREAMS_PER_CONNECTION,
          streamOptions: { maxStreamWindowSize: STREAM_WINDOW_BYTES },
        }),
      ],
      connectionGater: hooks.gater,
      connectionManager: {
        maxConnections: options.maxPeers + limits.pendingConnections,
        maxIncomingPendingConnections: limits.pendingConnections,
        // Who opens many is refused by the gater, which knows the addresses; this is one count for a whole host or NAT.
        inboundConnectionThreshold: limits.pendingConnections,
        inboundUpgradeTimeout: limits.handshakeMs,
        dialTimeout: 2 * limits.handshakeMs,
        maxParallelDials: 16,
        maxDialQueueLength: 64,
        maxPeerAddrsToDial: 8,
        reconnectRetries: 0,
      },
      connectionMonitor: PING,
      metrics: () => traffic.metrics(),
      peerDiscovery: options.mdns ? [mdns({ serviceTag: `_engram-${options.chainId}._udp.local` })] : [],
      services: {
        identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2, maxMessageSize: 16_384 }),
        ping: ping({ maxInboundStreams: 2, maxOutboundStreams: 2 }),
        pubsub: makeGossip({ names, limits }, hooks),
      },
    });
    libp2p.addEventListener('peer:identify', (event) => hooks.onIdentify(event.detail));
    libp2p.addEventListener('peer:disconnect', (event) => hooks.onDisconnect(event.detail.toString()));
    libp2p.addEventListener('peer:discovery', (event) => {
      const { id, multiaddrs } = event.detail;
      hooks.onDiscovered(multiaddrs.map((address) => withPeer(address.toString(), id.toString())));
    });
    return new Host(libp2p, names, traffic);
  }

  /** @throws NetworkError LISTEN_FAILED */
  async start(): Promise<void> {
    try {
      await this.#libp2p.start();
    } catch (cause) {
      await this.#libp2p.stop();
      throw new NetworkError('LISTEN_FAILED', {}, { cause });
    }
    for (const topic of this.#names.topics) this.#libp2p.services.pubsub.subscribe(topic);
  }

  get peerId(): string {
    return this.#libp2p.peerId.toString();
  }

  /** With `/p2p/<id>`. */
  get addresses(): readonly string[] {
    return this.#libp2p.getMultiaddrs().map(String);
  }

  connections(peer?: string): readonly Connection[] {
    const all = this.#libp2p.getConnections();
    return peer === undefined ? all : all.filter((connection) => connection.remotePeer.toString() === peer);
  }

  /** @throws NetworkError BAD_ADDRESS, UNREACHABLE. Returns the id of the peer that answers. */
  async dial(address: string, signal: AbortSignal): Promise<string> {
    checkAddress(address);
    try {
      const connection = await this.#libp2p.dial(multiaddr(address), { signal });
      return connection.remotePeer.toString();
    } catch (cause) {
      throw new NetworkError('UNREACHABLE', { address }, { cause });
    }
  }

  /** On a connection that is open; none is made for it. @throws NetworkError UNREACHABLE; what libp2p throws */
  async openStream(peer: string, kind: RequestKind, signal: AbortSignal): Promise<Stream> {
    const connection = this.connections(peer).find(({ status }) => status === 'open');
    if (connection === undefined) throw new NetworkError('UNREACHABLE', { peer });
    return connection.newStream([this.#names.protocol(kind)], { signal });
  }

  /** `maxStreams`: of one connection; libp2p itself refuses more. */
  async handle(
    kind: RequestKind,
    handler: (stream: Stream, peer: string) => Promise<void>,
    maxStreams: number,
  ): Promise<void> {
    await this.#libp2p.handle(
      this.#names.protocol(kind),
      (stream, connection) => void handler(stream, connection.remotePeer.toString()),
      { maxInboundStreams: maxStreams, maxOutboundStreams: 2 * maxStreams },
    );
  }

  /** `flood`: to every peer of the topic, not only to those of the mesh. Never throws for want of peers. */
  async publish(topic: Topic, frame: Uint8Array, flood: boolean): Promise<number> {
    const options = { floodPublish: flood };
    // The interface of gossipsub leaves out the options of its class.
    const publish = this.#libp2p.services.pubsub.publish as (
      topic: string,
      data: Uint8Array,
      options: { floodPublish: boolean },
    ) => ReturnType<GossipSub['publish']>;
    const { recipients } = await publish.call(this.#libp2p.services.pubsub, this.#names.topic(topic), frame, options);
    return recipients.length;
  }

  /** Behaviour as gossipsub sees it, with `appScore`. */
  gossipScore(peer: string): number {
    return this.#internals.getScore(peer);
  }

  /** Whether messages go to and fro: a stream each way and a topic of ours. */
  hasGossip(peer: string): boolean {
    const { streamsInbound, streamsOutbound } = this.#internals;
    if (!streamsInbound.has(peer) || !streamsOutbound.has(peer)) return false;
    const { pubsub } = this.#libp2p.services;
    return this.#names.topics.some((topic) => pubsub.getSubscribers(topic).some((id) => id.toString() === peer));
  }

  /** What libp2p remembers of peers that are gone would never be forgotten. */
  async knownPeers(): Promise<readonly string[]> {
    return (await this.#libp2p.peerStore.all()).map(({ id }) => id.toString());
  }

  async forget(peer: string): Promise<void> {
    await this.#libp2p.peerStore.delete(peerIdFromString(peer));
  }

  /** Without a farewell. */
  abort(peer: string): void {
    for (const connection of this.connections(peer)) connection.abort(new Error('refused by this node'));
  }

  async stop(): Promise<void> {
    await this.#libp2p.stop();
  }

  get #internals(): GossipInternals {
    return this.#libp2p.services.pubsub as unknown as GossipInternals;
  }
}

function checkAddress(address: string): void {
  try {
    multiaddr(address);
  } catch (cause) {
    throw new NetworkError('BAD_ADDRESS', { address }, { cause });
  }
}

function withPeer(address: string, peer: string): string {
  return address.includes('/p2p/') ? address : `${address}/p2p/${peer}`;
}
