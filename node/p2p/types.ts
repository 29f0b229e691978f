import type { NetworkErrorCode } from './errors.ts';
import type { NetworkLimits } from './limits.ts';

export type Topic = 'block' | 'ledger-tx' | 'evm-tx' | 'attestation' | 'announcement';
export const TOPICS: readonly Topic[] = ['block', 'ledger-tx', 'evm-tx', 'attestation', 'announcement'];

/** What is asked of a peer; the last part of the protocol's name. */
export type RequestKind = 'status' | 'blocks' | 'batch' | 'snapshot' | 'peers' | 'announcements';
export const REQUEST_KINDS: readonly RequestKind[] = [
  'status',
  'blocks',
  'batch',
  'snapshot',
  'peers',
  'announcements',
];
/** What a peer need not answer to be one of ours: other nodes, or other agents, are found without it. */
export const OPTIONAL_KINDS: ReadonlySet<RequestKind> = new Set(['peers', 'announcements']);

export type Outcome = 'accept' | 'ignore' | 'reject';

/** What becomes of a message (docs/protocol.md section 16); `reason` is a short code for log and metrics. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly reason: string;
}

/** What the node does with what it hears, and answers when asked. What one of these throws is logged; the message is then ignored. */
export interface NetworkHandlers {
  /** @param bytes unpacked, within the topic's limit. @param from the peer that passed it on, not who made it */
  onGossip(topic: Topic, bytes: Uint8Array, from: string): Promise<Verdict>;
  status(): Uint8Array;
  /** Fewer than `count`, or none, if there are no more. */
  blocks(from: bigint, count: number): AsyncIterable<Uint8Array>;
  batch(number: number): AsyncIterable<Uint8Array>;
  snapshotManifest(): Promise<Uint8Array | undefined>;
  snapshotChunk(batch: number, chunk: number): Promise<Uint8Array | undefined>;
  /** Announcements of agents with a higher index, by agent, as in their topic. */
  announcements?(after: number): AsyncIterable<Uint8Array>;
}

export interface PeerInfo {
  readonly id: string;
  readonly addresses: readonly string[];
  /** 0: nothing known for or against it. At -100 it is banned. */
  readonly score: number;
  readonly direction: 'inbound' | 'outbound';
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly agent?: string;
}

export interface NetworkOptions {
  /** The first 16 hex digits of the domain: chains never mix. */
  readonly id: string;
  readonly listen: readonly string[];
  /** What others are told; empty: what it listens on. */
  readonly announce: readonly string[];
  /** With `/p2p/<id>`. */
  readonly bootnodes: readonly string[];
  readonly mdns: boolean;
  /** Ask peers for other nodes (peerExchange.ts), and tell them of some. */
  readonly peerExchange: boolean;
  readonly maxPeers: number;
  /** Made at the first start; the address book lies beside it. */
  readonly identityFile: string;
  readonly limits?: Partial<NetworkLimits>;
}

/** 'invalid': no honest node does that; a second one bans. The others add up, and are forgotten in time. */
export type Fault = 'invalid' | 'useless' | 'slow';

/** Told of everything an operator may want to count; the node passes it on to Prometheus. */
export interface NetworkMetrics {
  peers(count: number): void;
  /** Bytes as they are on the wire, without what libp2p adds. `use`: a topic or a kind of request. */
  bytes(use: Topic | RequestKind, direction: 'in' | 'out', bytes: number): void;
  gossip(topic: Topic, outcome: Outcome, reason: string): void;
  banned(reason: string): void;
  /** Something of a peer that was refused: a request, a connection, a frame. */
  refused(reason: string): void;
  /** One request of ours. */
  request(kind: RequestKind, outcome: 'ok' | NetworkErrorCode, seconds: number): void;
}

export const noMetrics: NetworkMetrics = {
  peers: () => undefined,
  bytes: () => undefined,
  gossip: () => undefined,
  banned: () => undefined,
  refused: () => undefined,
  request: () => undefined,
};

export interface NetworkEvents {
  /** The peer speaks our protocols and can be asked. */
  peerConnected: [peer: string];
  peerDisconnected: [peer: string];
  banned: [{ peer: string; reason: string }];
}
