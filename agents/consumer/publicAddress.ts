import { type LookupOptions, lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { ConsumerError } from './consumerError.ts';

/** IPv4 networks that are not the public internet (IANA's special-purpose registry). */
const SPECIAL_V4: readonly (readonly [network: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** Within IPv6's global unicast: documentation, and what carries IPv4 addresses of any kind (Teredo, 6to4). */
const SPECIAL_V6: readonly (readonly [network: string, prefix: number])[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL_V4) special.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of SPECIAL_V6) special.addSubnet(network, prefix, 'ipv6');
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/** Whether an IP address (as text) is one of the public internet; mapped and translated forms of IPv4 are not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !special.check(address, 'ipv4');
  if (family === 6) return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
  return false;
}

function refused(host: string, address: string): ConsumerError {
  return new ConsumerError('PRIVATE_ADDRESS', `${host} is at ${address}, which is not public`, { host, address });
}

/** For a URL's host that is an address itself: those are not looked up. @throws ConsumerError PRIVATE_ADDRESS */
export function checkHost(hostname: string): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw refused(host, host);
}

/**
 * `dns.lookup` for a connection to a host that a stranger named: if any of its addresses is not public, none is connected to. The check
 * stands where the connection takes its address, so no second answer of the name server comes in between.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const [first] = found ?? [];
    if (error !== null || first === undefined) {
      callback(error ?? missing(hostname), '', 0);
      return;
    }
    const bad = found.find(({ address }) => !isPublicAddress(address));
    if (bad !== undefined) callback(refused(hostname, bad.address), '', 0);
    else if (isAll(options)) callback(null, found);
    else callback(null, first.address, first.family);
  });
};

function isAll(options: LookupOptions): boolean {
  return options.all === true;
}

function missing(hostname: string): ConsumerError {
  return new ConsumerError('UNREACHABLE', `${hostname} has no address`, { host: hostname });
}
