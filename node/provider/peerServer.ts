import type { Connection, Stream } from '@libp2p/interface';
import type { ProviderRequest, ProviderResponse } from '../../agents/provider/requests.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import { NetworkError } from '../p2p/errors.ts';
import { FrameReader } from '../p2p/requests/frameReader.ts';
import { FrameWriter, packed } from '../p2p/requests/frameWriter.ts';
import { decodeRequest, encodeResponse, frameBytes, inferProtocol } from './peerFrames.ts';
import { type PeerHostOptions, startPeerHost } from './peerHost.ts';

export interface PeerServerOptions extends PeerHostOptions {
  /** The domain's first 16 hex digits. */
  readonly id: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** For a request to arrive, and for its answer to be taken. */
  readonly requestMs: number;
}

export interface PeerServerDeps {
  readonly handle: (request: ProviderRequest) => Promise<ProviderResponse>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface PeerServer {
  /** With `/p2p/<id>`. */
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

const STREAMS_PER_PEER = 16;
const STREAMS = 256;

/** A provider's requests over libp2p: one request a stream, one frame each way. What they mean is `handle`'s. */
export async function startPeerServer(options: PeerServerOptions, deps: PeerServerDeps): Promise<PeerServer> {
  const host = await startPeerHost(options);
  let streams = 0;
  const serve = async (stream: Stream, connection: Connection): Promise<void> => {
    if (streams >= STREAMS) return stream.abort(new NetworkError('TOO_LARGE', { streams }));
    streams += 1;
    try {
      await answer(stream, addressOf(connection), options, deps);
    } catch (error) {
      stream.abort(error instanceof Error ? error : new NetworkError('BAD_FRAME'));
      const code = error instanceof NetworkError ? error.code : 'INTERNAL';
      deps.log.debug({ code, peer: connection.remotePeer.toString() }, 'a request over libp2p broke off');
    } finally {
      streams -= 1;
    }
  };
  await host.handle(inferProtocol(options.id), (stream, connection) => void serve(stream, connection), {
    maxInboundStreams: STREAMS_PER_PEER,
  });
  return {
    addresses: host.getMultiaddrs().map(String),
    stop: async () => {
      await host.stop();
    },
  };
}

async function answer(
  stream: Stream,
  address: string,
  { inputBytes, outputBytes, requestMs }: PeerServerOptions,
  { handle, clock }: PeerServerDeps,
): Promise<void> {
  const reader = new FrameReader(stream, { clock });
  const writer = new FrameWriter(stream, { clock });
  const frame = await reader.next(frameBytes(inputBytes), requestMs);
  if (frame === undefined) throw new NetworkError('BAD_FRAME', { reason: 'empty' });
  const response = await handle({ ...decodeRequest(frame), address });
  // JSON of samples and channels has outputs and inputs in base64.
  const limit = frameBytes(2 * (inputBytes + outputBytes) + 65_536);
  await writer.write(await packed(encodeResponse(response), limit), requestMs);
  await writer.end(requestMs);
}

/** Peers' ids cost nothing: who asks is counted by where it is. */
function addressOf({ remoteAddr }: Connection): string {
  const [, , host = ''] = remoteAddr.toString().split('/');
  return host;
}
