import type { Connection, ConnectionGater, MultiaddrConnection } from '@libp2p/interface';
import { ipOf, isLoopback } from './address.ts';
import type { Bans } from './bans.ts';

/** Two nodes that dial each other at once have two; more is a waste of places. */
const CONNECTIONS_PER_PEER = 2;

export interface GateOptions {
  readonly maxPeers: number;
  readonly connectionsPerIp: number;
}

/**
 * Who may connect. A fifth of the places is kept for peers this node chooses itself: whoever fills all the others has not surrounded it.
 */
export function connectionGate(
  options: GateOptions,
  deps: { bans: Bans; connections(): readonly Connection[]; refused(who: string, reason: string): void },
): ConnectionGater {
  const { bans, connections, refused } = deps;
  const mostInbound = Math.max(1, options.maxPeers - Math.floor(options.maxPeers / 5));
  const ipOfConnection = ({ remoteAddr }: Pick<MultiaddrConnection, 'remoteAddr'>) => ipOf(remoteAddr.toString());

  return {
    denyDialPeer: (peer) => bans.hasPeer(peer.toString()),
    denyDialMultiaddr: (address) => bans.hasIp(ipOf(address.toString())),
    denyInboundConnection: (incoming) => {
      const ip = ipOfConnection(incoming);
      const who = ip ?? 'unknown';
      const reason = inboundReason(ip);
      if (reason !== undefined) refused(who, reason);
      return reason !== undefined;
    },
    denyInboundEncryptedConnection: (peer, incoming) => {
      const id = peer.toString();
      const same = connections().filter(({ remotePeer }) => remotePeer.equals(peer)).length;
      const reason = bans.hasPeer(id) ? 'BANNED' : same >= CONNECTIONS_PER_PEER ? 'DUPLICATE' : undefined;
      // A banned peer is told apart by where it comes from, not by the ids it can make.
      if (reason !== undefined) refused(ipOfConnection(incoming) ?? id, reason);
      return reason !== undefined;
    },
    denyOutboundEncryptedConnection: (peer) => bans.hasPeer(peer.toString()),
  };

  function inboundReason(ip: string | undefined): string | undefined {
    if (bans.hasIp(ip)) return 'BANNED_ADDRESS';
    const open = connections();
    if (open.filter(({ direction }) => direction === 'inbound').length >= mostInbound) return 'FULL';
    if (options.connectionsPerIp === 0 || ip === undefined || isLoopback(ip)) return undefined;
    const same = open.filter((connection) => ipOfConnection(connection) === ip).length;
    return same >= options.connectionsPerIp ? 'ADDRESS_LIMIT' : undefined;
  }
}
