// Has to come first: libp2p needs it while it is loaded.
import '../p2p/polyfill.ts';
import { noise } from '@chainsafe/libp2p-noise';
import { yamux } from '@chainsafe/libp2p-yamux';
import { identify } from '@libp2p/identify';
import type { Libp2p } from '@libp2p/interface';
import { tcp } from '@libp2p/tcp';
import { createLibp2p } from 'libp2p';
import { NetworkError } from '../p2p/errors.ts';
import { loadIdentity } from '../p2p/identity.ts';

export interface PeerHostOptions {
  /** Multiaddresses; none: it only asks. */
  readonly listen: readonly string[];
  readonly identityFile: string;
  readonly maxConnections: number;
}

const STREAMS_PER_CONNECTION = 32;
const WINDOW_BYTES = 1_048_576;
const HANDSHAKE_MS = 5_000;
const PENDING = 32;

/**
 * libp2p with nothing but connections: no gossip, no peers of its own. Only loaded where a provider is to be reached so.
 * @throws NetworkError BAD_IDENTITY, LISTEN_FAILED
 */
export async function startPeerHost(options: PeerHostOptions): Promise<Libp2p> {
  const { listen, maxConnections, identityFile } = options;
  const privateKey = await loadIdentity(identityFile);
  try {
    return await createLibp2p({
      privateKey,
      nodeInfo: { name: 'engram-provider', version: '1', userAgent: 'engram-provider/1' },
      addresses: { listen: [...listen] },
      transports: [tcp({ maxConnections: maxConnections + PENDING })],
      connectionEncrypters: [noise()],
      streamMuxers: [
        yamux({
          maxInboundStreams: STREAMS_PER_CONNECTION,
          maxOutboundStreams: STREAMS_PER_CONNECTION,
          streamOptions: { maxStreamWindowSize: WINDOW_BYTES },
        }),
      ],
      connectionManager: {
        maxConnections,
        maxIncomingPendingConnections: PENDING,
        inboundConnectionThreshold: PENDING,
        inboundUpgradeTimeout: HANDSHAKE_MS,
        dialTimeout: 2 * HANDSHAKE_MS,
        reconnectRetries: 0,
      },
      services: { identify: identify({ maxInboundStreams: 2, maxOutboundStreams: 2, maxMessageSize: 16_384 }) },
    });
  } catch (cause) {
    throw new NetworkError('LISTEN_FAILED', { addresses: listen.join(' ') }, { cause });
  }
}
