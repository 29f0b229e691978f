// Has to come first: libp2p needs it while it is loaded.
import '../../../node/p2p/polyfill.ts';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { type Identify, identify } from '@libp2p/identify';
import type { Connection, Libp2p, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { Names } from '../../../node/p2p/names.ts';
import { REQUEST_KINDS, type RequestKind, type Topic } from '../../../node/p2p/types.ts';
import { until } from '../until.ts';

type Libp2pOfLiar = Libp2p<{ identify: Identify; pubsub: GossipSub }>;

/** What it answers when it is asked; nothing unless told so. */
export type Answer = (stream: Stream) => Promise<void> | void;

/** A peer that speaks the network's protocols as far as it likes: it has libp2p, and none of the rules of node/p2p. */
export class RawPeer {
  readonly id: string;
  readonly names: Names;
  readonly #libp2p: Libp2pOfLiar;

  private constructor(libp2p: Libp2pOfLiar, names: Names) {
    this.#libp2p = libp2p;
    this.names = names;
    this.id = libp2p.peerId.toString();
  }

  /** @param chainId the domain's first 16 hex digits */
  static async start(
    { chainId }: { readonly chainId: string },
    answers: Partial<Record<RequestKind, Answer>> = {},
  ): Promise<RawPeer> {
    const names = new Names(chainId);
    const libp2p: Libp2pOfLiar = await createLibp2p({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      connectionManager: { reconnectRetries: 0 },
      services: {
        identify: identify(),
        pubsub: gossipsub({
          globalSignaturePolicy: 'StrictNoSign',
          floodPublish: true,
          emitSelf: false,
          allowPublishToZeroTopicPeers: true,
          maxOutboundBufferSize: 2 ** 28,
          // it says the same thing as often as it likes
          msgIdFn: () => crypto.getRandomValues(new Uint8Array(20)),
        }),
      },
    });
    for (const kind of REQUEST_KINDS) {
      await libp2p.handle(names.protocol(kind), async (stream: Stream) => {
        await answers[kind]?.(stream);
        await stream.close().catch(() => undefined);
      });
    }
    for (const topic of names.topics) libp2p.services.pubsub.subscribe(topic);
    return new RawPeer(libp2p, names);
  }

  get address(): string {
    return String(this.#libp2p.getMultiaddrs()[0]);
  }

  dial(address: string): Promise<Connection> {
    return this.#libp2p.dial(multiaddr(address));
  }

  /** Resolves once gossip goes to it. */
  async connect(address: string): Promise<Connection> {
    const connection = await this.dial(address);
    const peer = connection.remotePeer.toString();
    const topic = this.names.topics[0] ?? '';
    await until('gossip with the victim', async () =>
      this.#libp2p.services.pubsub.getSubscribers(topic).some((id) => id.toString() === peer) ? true : undefined,
    );
    return connection;
  }

  isConnected(): boolean {
    return this.#libp2p.getConnections().length > 0;
  }

  /** Any bytes at all under a topic. False: it is connected to nobody any more. */
  async publish(topic: Topic, frame: Uint8Array): Promise<boolean> {
    if (!this.isConnected()) return false;
    const sent = await this.#libp2p.services.pubsub
      .publish(this.names.topic(topic), frame)
      .catch(() => ({ recipients: [] }));
    return sent.recipients.length > 0;
  }

  /** A stream of one of the request protocols; what is sent on it is up to the caller. */
  async open(connection: Connection, kind: RequestKind): Promise<Stream> {
    return connection.newStream(this.names.protocol(kind));
  }

  async stop(): Promise<void> {
    await this.#libp2p.stop();
  }
}
