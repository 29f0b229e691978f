import '../polyfill.ts';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { identify } from '@libp2p/identify';
import type { Libp2p, Stream } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { multiaddr } from '@multiformats/multiaddr';
import { createLibp2p } from 'libp2p';
import { Names } from '../names.ts';
import { REQUEST_KINDS, type RequestKind, type Topic } from '../types.ts';
import { CHAIN_ID, type TestNetwork, until } from './testNetwork.ts';

export type Answer = (stream: Stream) => void | Promise<void>;

/** A node that speaks the protocols without any of our limits: it sends what it likes. */
export class Attacker {
  readonly #libp2p: Libp2p;
  /** None: it connects, and then nothing. */
  readonly #pubsub: GossipSub | undefined;
  readonly #names: Names;

  private constructor(libp2p: Libp2p, pubsub: GossipSub | undefined, names: Names) {
    this.#libp2p = libp2p;
    this.#pubsub = pubsub;
    this.#names = names;
  }

  static async start(
    options: { chainId?: string; isSilent?: boolean; answers?: Partial<Record<RequestKind, Answer>> } = {},
  ): Promise<Attacker> {
    const names = new Names(options.chainId ?? CHAIN_ID);
    const transport = {
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
    };
    if (options.isSilent === true) return new Attacker(await createLibp2p(transport), undefined, names);
    const libp2p = await createLibp2p({
      ...transport,
      services: {
        identify: identify(),
        pubsub: gossipsub({ globalSignaturePolicy: 'StrictNoSign', allowPublishToZeroTopicPeers: true }),
      },
    });
    const attacker = new Attacker(libp2p, libp2p.services.pubsub, names);
    for (const kind of REQUEST_KINDS) {
      const answer = options.answers?.[kind] ?? ((stream) => void stream.close());
      // As many at once as the victim likes to open.
      await libp2p.handle(names.protocol(kind), (stream) => void answer(stream), { maxInboundStreams: 1_000 });
    }
    for (const name of names.topics) libp2p.services.pubsub.subscribe(name);
    return attacker;
  }

  get peerId(): string {
    return this.#libp2p.peerId.toString();
  }

  get address(): string {
    return String(this.#libp2p.getMultiaddrs()[0]);
  }

  /** Connects, and waits until the victim takes it for a peer and listens to its gossip. */
  async connect(victim: TestNetwork): Promise<void> {
    await this.#libp2p.dial(multiaddr(victim.address));
    await until(() => victim.network.peers().some(({ id }) => id === this.peerId));
    const topic = this.#names.topic('block');
    await until(() => (this.#pubsub?.getSubscribers(topic).length ?? 0) > 0);
  }

  get isConnected(): boolean {
    return this.#libp2p.getConnections().some(({ status }) => status === 'open');
  }

  /** Tries to get in; whether it stays is the victim's choice. */
  async knock(victim: TestNetwork): Promise<void> {
    await this.#libp2p.dial(multiaddr(victim.address)).catch(() => undefined);
  }

  /** `frame` as it is. */
  async publish(topic: Topic, frame: Uint8Array): Promise<void> {
    await this.#pubsub?.publish(this.#names.topic(topic), frame);
  }

  /** A stream of a protocol, for bytes of the attacker's liking. */
  async open(victim: TestNetwork, kind: RequestKind): Promise<Stream> {
    return this.#libp2p.dialProtocol(multiaddr(victim.address), this.#names.protocol(kind), {
      maxOutboundStreams: 10_000,
    });
  }

  async stop(): Promise<void> {
    await this.#libp2p.stop();
  }
}

/** A request or an answer: the frame behind its length, or behind a length that is none. */
export function prefixed(frame: Uint8Array, length = frame.length): Uint8Array {
  const bytes = Buffer.alloc(4 + frame.length);
  bytes.writeUInt32BE(length);
  bytes.set(frame, 4);
  return bytes;
}
