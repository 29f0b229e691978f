import { isIP, isIPv4 } from 'node:net';

/** Longest address that is looked at: a DNS name and a peer id fit well. */
const MAX_LENGTH = 400;
const PEER_ID = /^[1-9A-HJ-NP-Za-km-z]{40,60}$/;

/** A multiaddress of TCP with the id of its peer, as text; nothing else is kept, told or dialled. */
export interface PeerAddress {
  readonly text: string;
  readonly peer: string;
  readonly host: string;
  /** The host is an IP address. */
  readonly isIp: boolean;
}

/** Undefined for anything but `/ip4|ip6|dns|dns4|dns6/<host>/tcp/<port>/p2p/<id>`. */
export function parsePeerAddress(text: string): PeerAddress | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const [empty, kind, host, tcp, port, p2p, peer, ...rest] = text.split('/');
  if (empty !== '' || tcp !== 'tcp' || p2p !== 'p2p' || rest.length > 0) return undefined;
  if (kind === undefined || host === undefined || port === undefined || peer === undefined) return undefined;
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535 || !PEER_ID.test(peer)) return undefined;
  if (!isHost(kind, host)) return undefined;
  return { text, peer, host, isIp: kind === 'ip4' || kind === 'ip6' };
}

function isHost(kind: string, host: string): boolean {
  if (kind === 'ip4') return isIP(host) === 4;
  if (kind === 'ip6') return isIP(host) === 6;
  return (kind === 'dns' || kind === 'dns4' || kind === 'dns6') && /^[a-zA-Z0-9.-]{1,253}$/.test(host);
}

/** The IP address a multiaddress begins with. */
export function ipOf(multiaddr: string): string | undefined {
  const [, kind, host] = multiaddr.split('/');
  if (host === undefined || (kind !== 'ip4' && kind !== 'ip6')) return undefined;
  return normalIp(host);
}

/** IPv4 addresses seen through IPv6 sockets as what they are. */
function normalIp(ip: string): string {
  const inner = ip.toLowerCase().startsWith('::ffff:') ? ip.slice(7) : ip;
  return isIPv4(inner) ? inner : ip.toLowerCase();
}

export function isLoopback(ip: string): boolean {
  return ip === '::1' || (isIPv4(ip) && ip.startsWith('127.'));
}

/** Addresses of a machine's own or its neighbours' network. */
export function isPrivate(ip: string): boolean {
  if (isLoopback(ip)) return true;
  if (!isIPv4(ip)) return /^(fc|fd|fe[89ab])/.test(ip) || ip === '::';
  const [a = 0, b = 0] = ip.split('.').map(Number);
  if (a === 10 || a === 0) return true;
  if (a === 172) return b >= 16 && b < 32;
  if (a === 192) return b === 168;
  if (a === 100) return b >= 64 && b < 128;
  return a === 169 && b === 254;
}
