import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../chain/logger.ts';
import { ipOf, isPrivate, parsePeerAddress } from './address.ts';
import { AddressBook } from './addressBook.ts';
import { decodePeerList, encodePeerList, isShareable, ownAddresses } from './peerExchange.ts';
import { ManualClock } from './testing/manualClock.ts';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const id = (n: number): string => {
  const [a = '1', b = '1'] = [ALPHABET[Math.floor(n / 58) % 58], ALPHABET[n % 58]];
  return `12D3KooW${'x'.repeat(42)}${a}${b}`;
};
const at = (n: number, host = '203.0.113.7'): string => `/ip4/${host}/tcp/7171/p2p/${id(n)}`;

function book(bootnodes: readonly string[] = [], clock = new ManualClock(), file?: string): Promise<AddressBook> {
  const path = file ?? join(mkdtempSync(join(tmpdir(), 'engram-book-')), 'peers.json');
  return AddressBook.open({ file: path, bootnodes }, { clock, log: silentLogger });
}

const peers = (one: AddressBook): string[] => one.candidates(() => false).map(({ peer }) => peer);

describe('addresses', () => {
  it.each([
    'x',
    '',
    '/ip4/203.0.113.7/tcp/7171',
    `/ip4/203.0.113.700/tcp/7171/p2p/${id(1)}`,
    `/ip4/203.0.113.7/udp/7171/p2p/${id(1)}`,
    `/ip4/203.0.113.7/tcp/0/p2p/${id(1)}`,
    `/ip4/203.0.113.7/tcp/70000/p2p/${id(1)}`,
    `/ip4/203.0.113.7/tcp/7171/p2p/${id(1)}/p2p-circuit/p2p/${id(2)}`,
    `/ip6/203.0.113.7/tcp/7171/p2p/${id(1)}`,
    `/dns4/a b/tcp/7171/p2p/${id(1)}`,
    `/ip4/203.0.113.7/tcp/7171/p2p/${id(1)}0`,
    `/dns4/${'a'.repeat(400)}/tcp/7171/p2p/${id(1)}`,
  ])('%s is none', (text) => {
    expect(parsePeerAddress(text)).toBeUndefined();
  });

  it('are of a network of their own or of all', () => {
    for (const ip of [
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '169.254.1.1',
      '127.0.0.1',
      '::1',
      'fe80::1',
      'fd00::1',
    ]) {
      expect([ip, isPrivate(ip)]).toEqual([ip, true]);
    }
    for (const ip of ['203.0.113.7', '172.32.0.1', '100.128.0.1', '2001:db8::1'])
      expect([ip, isPrivate(ip)]).toEqual([ip, false]);
    expect(ipOf('/ip6/::ffff:203.0.113.7/tcp/1')).toBe('203.0.113.7');
    expect(ipOf('/dns4/example.org/tcp/1')).toBeUndefined();
  });
});

describe('the address book', () => {
  it('dials bootnodes first, then who was connected last, then who is only heard of', async () => {
    const clock = new ManualClock();
    const one = await book([at(1)], clock);
    one.hear(at(2));
    one.connected(id(3), [at(3)]);
    clock.advance(1_000);
    one.connected(id(4), [at(4)]);
    expect(peers(one)).toEqual([id(1), id(4), id(3), id(2)]);
  });

  it('waits longer each time, at most half a minute for a bootnode', async () => {
    const clock = new ManualClock();
    const one = await book([at(1)], clock);
    const waits: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      one.failed(id(1));
      let waited = 0;
      for (; peers(one).length === 0; waited += 500) clock.advance(500);
      waits.push(waited);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('gives up soon who is only heard of', async () => {
    const clock = new ManualClock();
    const one = await book([], clock);
    one.hear(at(1));
    for (let i = 0; i < 4; i += 1) one.failed(id(1));
    expect(one.size).toBe(0);
  });

  it('a connection that ends soon is a failure, a long one is not', async () => {
    const clock = new ManualClock();
    const one = await book([at(1)], clock);
    one.disconnected(id(1), 100);
    clock.advance(1_000);
    expect(peers(one)).toEqual([]);
    one.disconnected(id(1), 60_000);
    clock.advance(1_000);
    expect(peers(one)).toEqual([id(1)]);
  });

  it('is bounded, and no stranger’s word replaces what is known', async () => {
    const one = await book();
    one.connected(id(0), [at(0)]);
    one.hear(at(0, '198.51.100.9'));
    expect(one.addresses(id(0))).toEqual([at(0)]);
    for (let n = 1; n < 1_000; n += 1) one.hear(at(n));
    expect(one.size).toBe(257);
    for (let n = 1; n < 1_000; n += 1) one.connected(id(n), [at(n)]);
    expect(one.size).toBeLessThanOrEqual(512);
    for (let n = 0; n < 50; n += 1) one.connected(id(1), [at(1, `203.0.113.${n}`)]);
    expect(one.addresses(id(1)).length).toBe(4);
  });

  it('remembers over a restart who was connected, for a month, and nobody else', async () => {
    const clock = new ManualClock();
    const file = join(mkdtempSync(join(tmpdir(), 'engram-book-')), 'peers.json');
    const one = await book([], clock, file);
    one.connected(id(1), [at(1)]);
    one.hear(at(2));
    await one.save();
    expect(peers(await book([], clock, file))).toEqual([id(1)]);
    clock.advance(31 * 24 * 3_600_000);
    expect(peers(await book([], clock, file))).toEqual([]);
  });
});

describe('telling of peers', () => {
  it('takes what it wrote; leaves out addresses it does not know; refuses too many and what is no list', () => {
    expect(decodePeerList(encodePeerList([at(1), at(2)])).map(({ text }) => text)).toEqual([at(1), at(2)]);
    expect(decodePeerList(encodePeerList(['/ip4/203.0.113.7/udp/1/quic-v1', at(2)]))).toHaveLength(1);
    expect(decodePeerList(encodePeerList(Array.from({ length: 50 }, (_, n) => at(n))))).toHaveLength(32);
    const tooMany = Uint8Array.from([0xc0 + 33, ...new Uint8Array(33).fill(1)]);
    for (const bytes of [tooMany, Uint8Array.of(1), Uint8Array.of(0xc2, 1), new Uint8Array(0)]) {
      expect(() => decodePeerList(bytes)).toThrow(expect.objectContaining({ code: 'BAD_FRAME' }));
    }
  });

  it('strangers learn no addresses of our network, and cannot make us dial into it', () => {
    const parse = (text: string) => parsePeerAddress(text) ?? expect.unreachable();
    const publicOne = parse(at(1));
    const privateOne = parse(at(1, '10.0.0.5'));
    const local = parse(at(1, '127.0.0.1'));
    const stranger = '/ip4/198.51.100.1/tcp/5';
    const neighbour = '/ip4/10.0.0.9/tcp/5';
    const own = '/ip4/127.0.0.1/tcp/5';
    expect([publicOne, privateOne, local].map((one) => isShareable(one, stranger))).toEqual([true, false, false]);
    expect([publicOne, privateOne, local].map((one) => isShareable(one, neighbour))).toEqual([true, true, false]);
    expect([publicOne, privateOne, local].map((one) => isShareable(one, own))).toEqual([true, true, true]);
  });

  it('of what a peer says of itself only its own host is passed on', () => {
    const remote = `/ip4/203.0.113.7/tcp/50123/p2p/${id(1)}`;
    const claimed = ['/ip4/203.0.113.7/tcp/7171', '/ip4/198.51.100.1/tcp/22', at(2), '/ip4/203.0.113.7/udp/1'];
    expect(ownAddresses(claimed, id(1), remote)).toEqual([at(1)]);
  });
});
