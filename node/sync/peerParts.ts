import { join } from 'node:path';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Field } from '../../protocol/types.ts';
import type { Config } from '../config/config.ts';
import { Network } from '../p2p/network.ts';
import type { NetworkMetrics } from '../p2p/types.ts';
import { LateHandlers } from './lateHandlers.ts';
import { PeerBook } from './peerBook.ts';

/** What connects this node with others; absent on a node by itself. */
export interface PeerParts {
  readonly network: Network;
  readonly handlers: LateHandlers;
  readonly book: PeerBook;
}

export interface PeerPartsDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: NetworkMetrics;
}

/** The first 16 hex digits of the domain: no two chains have the same protocols. */
export function networkId(domain: Field): string {
  return domain.toString(16).padStart(64, '0').slice(0, 16);
}

/** Connects to others; undefined: this node is by itself. @throws NetworkError */
export async function openPeers(
  { p2p, data }: Pick<Config, 'p2p' | 'data'>,
  domain: Field,
  { clock, log, metrics }: PeerPartsDeps,
): Promise<PeerParts | undefined> {
  if (!p2p.enabled) return undefined;
  const handlers = new LateHandlers();
  const network = await Network.start(
    {
      id: networkId(domain),
      listen: p2p.listen,
      announce: p2p.announce,
      bootnodes: p2p.bootnodes,
      mdns: p2p.mdns,
      peerExchange: p2p.peerExchange,
      maxPeers: p2p.maxPeers,
      identityFile: p2p.identityFile ?? join(data.dir, 'p2p.key'),
    },
    { handlers, log, clock, metrics },
  );
  const book = new PeerBook({ network, clock, log: log.child({ module: 'peers' }) });
  return { network, handlers, book };
}
