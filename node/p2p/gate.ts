import type { Connection, ConnectionGater, MultiaddrConnection } from '@libp2p/interface';
import type { Clock } from '../../chain/clock.ts';
import { ipOf, isLoopback } from './address.ts';
import type { Bans } from './bans.ts';
import { BoundedMap } from './boundedMap.ts';
import { RateBucket } from './rateBucket.ts';

/** Handshakes of one address of the internet: each costs some milliseconds. */
const ATTEMPTS = { perSecond: 2, burst: 20 };
const ADDRESSES = 1_024;

/** Of the places, kept for peers this node chooses itself. */
export const RESERVED_SHARE = 0.2;

export interface GateOptions {
  readonly maxPeers: number;
  readonly connectionsPerIp: number;
}

/**
 * Who may connect. Whoever fills all places that are free for others has not surrounded this node.
 */
export function connectionGate(
  options: GateOptions,
  deps: { bans: Bans; clock: Clock; connections(): readonly Connection[]; refused(who: string, reason: string): void },
): ConnectionGater {
  const { bans, connections, refused } = deps;
  const attempts = new BoundedMap<RateBucket>(ADDRESSES);
  const mostInbound = Math.max(1, options.maxPeers - Math.floor(options.maxPeers * RESERVED_SHARE));
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
      if (bans.hasPeer(id)) {
        // Told apart by where it comes from, not by the ids it can make.
        refused(ipOfConnection(incoming) ?? id, 'BANNED');
        return true;
      }
      // Who dials again has given up the connection it had; and one peer has no more than one place.
      for (const connection of connections()) {
        if (connection.direction === 'inbound' && connection.remotePeer.equals(peer)) {
          connection.abort(new Error('the peer has connected anew'));
        }
      }
      return false;
    },
    // Many can have begun while there was room for one.
    denyInboundUpgradedConnection: (_, incoming) => {
      if (!isFull()) return false;
      refused(ipOfConnection(incoming) ?? 'unknown', 'FULL');
      return true;
    },
    denyOutboundEncryptedConnection: (peer) => bans.hasPeer(peer.toString()),
  };

  function isFull(): boolean {
    return connections().filter(({ direction }) => direction === 'inbound').length >= mostInbound;
  }

  function inboundReason(ip: string | undefined): string | undefined {
    if (bans.hasIp(ip)) return 'BANNED_ADDRESS';
    if (isFull()) return 'FULL';
    if (options.connectionsPerIp === 0 || ip === undefined || isLoopback(ip)) return undefined;
    const rate = attempts.getOrMake(ip, () => new RateBucket(ATTEMPTS, deps));
    if (!rate.take()) return 'CONNECTION_RATE';
    const same = connections().filter((connection) => ipOfConnection(connection) === ip).length;
    return same >= options.connectionsPerIp ? 'ADDRESS_LIMIT' : undefined;
  }
}
