import type { RequestKind, Topic } from './types.ts';

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** Everything a peer could use up. The defaults keep what all peers together can make this node hold below some hundred MiB. */
export interface NetworkLimits {
  /** Longest message of a topic, unpacked: docs/protocol.md section 16. */
  readonly topicBytes: Readonly<Record<Topic, number>>;
  /** Messages of a topic that are looked at at once; a single peer can have half of them. */
  readonly validations: Readonly<Record<Topic, number>>;
  /** A message that takes longer is ignored (its place stays taken until its check ends). */
  readonly validationMs: number;
  /** Messages, and bytes, that a peer may send a second, for long; for a moment five times as much. */
  readonly gossipPerSecond: number;
  readonly gossipBytesPerSecond: number;
  /** Longest unit of gossipsub, which can hold several messages. */
  readonly gossipRpcBytes: number;

  readonly requestBytes: number;
  readonly statusBytes: number;
  /** A block or a close, unpacked. */
  readonly itemBytes: number;
  readonly manifestBytes: number;
  readonly chunkBytes: number;
  /** Blocks of one request; what asks for more gets so many. */
  readonly blocksPerRequest: number;
  /** Frames and packed bytes of one response; a server ends there, a client refuses what goes beyond. */
  readonly responseFrames: number;
  readonly responseBytes: number;
  /** Requests of a kind that a peer may make a second, for long; for a moment ten times as much. */
  readonly requestsPerSecond: Readonly<Record<RequestKind, number>>;
  /** Bytes that a peer is sent a second in responses; it waits for more. */
  readonly servedBytesPerSecond: number;
  /** Responses under way to one peer, for each kind, and to all. */
  readonly streamsPerPeer: number;
  readonly streams: number;
  /** Time for a request to arrive, and for each frame of a response. */
  readonly frameMs: number;
  /** Time to wait for a whole response (the time its receiver takes does not count), and to send one. */
  readonly responseMs: number;

  /** Connections of one address of the internet; loopback is free. 0: any number. */
  readonly connectionsPerIp: number;
  /** Connections on which the handshake is under way, and the time it may take. */
  readonly pendingConnections: number;
  readonly handshakeMs: number;
  /** A connection that shows no sign of our protocols for so long is closed. */
  readonly idleMs: number;
  readonly banMs: number;
  /** Banned peers of one address that get the address banned. */
  readonly bansPerIp: number;
}

export const DEFAULT_LIMITS: NetworkLimits = {
  topicBytes: { block: 4 * MIB, 'ledger-tx': 64 * KIB, 'evm-tx': 128 * KIB, attestation: 256, announcement: 16 * KIB },
  validations: { block: 32, 'ledger-tx': 1_024, 'evm-tx': 1_024, attestation: 512, announcement: 64 },
  validationMs: 10_000,
  gossipPerSecond: 10_000,
  gossipBytesPerSecond: 8 * MIB,
  gossipRpcBytes: 8 * MIB,

  requestBytes: 64,
  statusBytes: 1 * KIB,
  itemBytes: 4 * MIB,
  manifestBytes: 8 * MIB,
  chunkBytes: 2 * MIB,
  blocksPerRequest: 256,
  responseFrames: 16_384,
  responseBytes: 64 * MIB,
  requestsPerSecond: { status: 1, blocks: 10, batch: 10, snapshot: 20, peers: 0.2, announcements: 0.5 },
  servedBytesPerSecond: 32 * MIB,
  streamsPerPeer: 4,
  streams: 64,
  frameMs: 20_000,
  responseMs: 120_000,

  connectionsPerIp: 8,
  pendingConnections: 64,
  handshakeMs: 5_000,
  idleMs: 20_000,
  banMs: 3_600_000,
  bansPerIp: 3,
};
