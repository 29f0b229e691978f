import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { NetworkMetrics } from '../p2p/types.ts';

/** Peers, traffic, verdicts and bans. Labels are of fixed sets or short codes of ours, never what a peer chose. */
export function networkMetrics(register: Registry): NetworkMetrics {
  const registers = [register];
  // Made by the first report: without a network there is no gauge, and no alarm that it is 0.
  let peers: Gauge | undefined;
  const bytes = new Counter({
    name: 'engram_network_bytes_total',
    help: 'Bytes on the wire by topic or kind of request',
    labelNames: ['use', 'direction'],
    registers,
  });
  const gossip = new Counter({
    name: 'engram_network_gossip_total',
    help: 'Messages heard, by what became of them',
    labelNames: ['topic', 'outcome', 'reason'],
    registers,
  });
  const bans = new Counter({
    name: 'engram_network_bans_total',
    help: 'Peers banned',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'engram_network_refused_total',
    help: 'Connections, frames and requests of peers that were refused',
    labelNames: ['reason'],
    registers,
  });
  const requests = new Histogram({
    name: 'engram_network_request_seconds',
    help: 'Duration of this node’s requests to peers',
    labelNames: ['kind', 'outcome'],
    buckets: [0.01, 0.05, 0.2, 1, 5, 20],
    registers,
  });
  return {
    peers: (count) => {
      peers ??= new Gauge({ name: 'engram_network_peers', help: 'Peers connected', registers });
      peers.set(count);
    },
    bytes: (use, direction, count) => bytes.inc({ use, direction }, count),
    gossip: (topic, outcome, reason) => gossip.inc({ topic, outcome, reason }),
    banned: (reason) => bans.inc({ reason }),
    refused: (reason) => refused.inc({ reason }),
    request: (kind, outcome, seconds) => requests.observe({ kind, outcome }, seconds),
  };
}
