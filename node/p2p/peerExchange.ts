import { RlpCursor, RlpWriter } from '../../chain/evm/rlp.ts';
import { ipOf, isLoopback, isPrivate, type PeerAddress, parsePeerAddress } from './address.ts';
import { NetworkError } from './errors.ts';

const MOST = 32;

/** `RLP [address, …]`: where other peers can be reached, as text. */
export function encodePeerList(addresses: readonly string[]): Uint8Array {
  const writer = new RlpWriter();
  writer.list(() => {
    for (const address of addresses.slice(0, MOST)) writer.bytes(new TextEncoder().encode(address));
  });
  return writer.finish();
}

/** Addresses that are none are left out: the other side may know kinds of addresses that this one does not. @throws NetworkError BAD_FRAME */
export function decodePeerList(bytes: Uint8Array): readonly PeerAddress[] {
  const found: PeerAddress[] = [];
  try {
    const cursor = new RlpCursor(bytes);
    const list = cursor.list();
    cursor.end();
    for (let count = 0; !list.isAtEnd; count += 1) {
      if (count === MOST) throw new NetworkError('BAD_FRAME', { reason: 'too many addresses' });
      const address = parsePeerAddress(new TextDecoder().decode(list.bytes()));
      if (address !== undefined) found.push(address);
    }
  } catch (cause) {
    throw new NetworkError('BAD_FRAME', { reason: 'peer list' }, { cause });
  }
  return found;
}

/**
 * Whether an address may be told to, or taken from, a peer that is connected from `peerAddress`. A stranger on the internet must not
 * learn what is in our network, nor make us knock at its doors; nor by a name, which can stand for any address.
 */
export function isShareable(address: PeerAddress, peerAddress: string): boolean {
  const ip = address.isIp ? ipOf(address.text) : undefined;
  if (ip === undefined) return false;
  const peerIp = ipOf(peerAddress);
  if (isLoopback(ip)) return peerIp !== undefined && isLoopback(peerIp);
  return !isPrivate(ip) || (peerIp !== undefined && isPrivate(peerIp));
}

/**
 * Of the addresses a peer claims for itself, those that can be passed on: at the host it is connected from. Else it could send
 * everybody to somebody else's door.
 */
export function ownAddresses(claimed: readonly string[], peer: string, remoteAddress: string): readonly string[] {
  const remoteIp = ipOf(remoteAddress);
  return claimed
    .map((address) => (address.includes('/p2p/') ? address : `${address}/p2p/${peer}`))
    .filter((address) => {
      const parsed = parsePeerAddress(address);
      return parsed?.peer === peer && remoteIp !== undefined && ipOf(address) === remoteIp;
    });
}
