import { describe, expect, it } from 'vitest';
import type { Hex } from '../../protocol/lane/types.ts';
import { prefixRange } from '../db.ts';
import { keccak } from '../evm/crypto.ts';
import { type AccountRecord, encodeAccount } from '../evm/state/accountRecord.ts';
import { EMPTY_ACCOUNT } from '../evm/state/laneState.ts';
import { encodeBytes, encodeInteger, encodeList } from '../evm/state/rlpWriter.ts';
import { encodeNode, keyOf, type NodeRef, type TrieNode } from '../evm/state/trieNode.ts';
import { account, code, laneFixture, mine } from '../evm/testing/laneFixture.ts';
import { TrieWalk } from './trieWalk.ts';

/** Walks the state of a lane's head; what it takes, by key. */
async function walked(fixture: Awaited<ReturnType<typeof laneFixture>>): Promise<{ walk: TrieWalk; keys: string[] }> {
  const { db, lane } = fixture;
  const walk = new TrieWalk(lane.head.stateRoot);
  const keys: string[] = [];
  while (!walk.isDone) {
    const [next = ''] = walk.ahead(1);
    const bytes = await db.getBytes(next);
    keys.push(walk.take(bytes ?? new Uint8Array(0)));
  }
  return { walk, keys };
}

describe('a walk over the state', () => {
  it('comes by all that pruning keeps, once', async () => {
    const storage = Array.from({ length: 50 }, (_, i): [Hex, Hex] => [word(i), word(i * i + 1)]);
    const contract = { nonce: 1n, code: code('600160005500'), storage };
    const accounts = Array.from({ length: 40 }, (_, i) =>
      account(`0x${(i + 1000).toString(16).padStart(40, '0')}`, i % 4 === 0 ? contract : { balance: BigInt(i + 1) }),
    );
    const fixture = await laneFixture({ accounts });
    await mine(fixture, []);
    await mine(fixture, []);
    await fixture.lane.prune([]);
    const { walk, keys } = await walked(fixture);
    const kept: string[] = [];
    for (const prefix of ['n/', 'y/']) for await (const [key] of fixture.db.range(prefixRange(prefix))) kept.push(key);
    expect(new Set(keys).size).toBe(keys.length);
    expect([...keys].sort()).toEqual(kept.sort());
    expect(walk.counts.nodes + walk.counts.codes).toBe(kept.length);
  });

  it('of the empty state is over at once', () => {
    const walk = new TrieWalk(keccak(Uint8Array.of(0x80)));
    expect(walk.isDone).toBe(true);
    expect(() => walk.take(Uint8Array.of(0x80))).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }));
  });
});

/** A state root is whatever was committed; these have the right hashes and would be poison for the executor. */
describe('a node no lane would write', () => {
  const hash = keyOf(keccak(Uint8Array.of(1)));
  const leaf = (nibbles: number, value = encodeAccount(EMPTY_ACCOUNT)): TrieNode => ({
    kind: 'leaf',
    path: new Uint8Array(nibbles),
    value,
  });
  const branch = (...children: readonly (NodeRef | undefined)[]): TrieNode => ({
    kind: 'branch',
    children: Array.from({ length: 16 }, (_, i) => children[i]),
  });
  const extension = (nibbles: number, child: NodeRef): TrieNode => ({
    kind: 'extension',
    path: new Uint8Array(nibbles),
    child,
  });
  const record = (parts: Partial<AccountRecord>) => leaf(64, encodeAccount({ ...EMPTY_ACCOUNT, ...parts }));

  it.each<[string, TrieNode | Uint8Array]>([
    ['a key too short', leaf(63)],
    ['a key too long', leaf(65)],
    ['an account that is none', leaf(64, encodeBytes(new Uint8Array(40)))],
    ['an account of three items', leaf(64, encodeList([encodeInteger(1n), encodeInteger(1n), encodeInteger(1n)]))],
    ['an account of lists', leaf(64, encodeList([0, 1, 2, 3].map(() => encodeList([]))))],
    ['an account with more behind it', leaf(64, Buffer.concat([encodeAccount(EMPTY_ACCOUNT), Uint8Array.of(0)]))],
    ['a nonce too large', record({ nonce: 1n << 64n })],
    ['a balance too large', record({ balance: 1n << 256n })],
    ['a storage root that is no hash', record({ storageRoot: new Uint8Array(31).fill(1) })],
    ['a code hash that is no hash', record({ codeHash: new Uint8Array(33).fill(1) })],
    ['a branch of one', branch(hash)],
    ['a branch of none', branch()],
    ['an extension of nothing', extension(0, hash)],
    ['an extension as long as a key', extension(64, hash)],
    ['an extension to an extension', extension(2, extension(2, hash))],
    ['a child that should stand on its own', branch(leaf(63), hash)],
    ['a child that is not a hash', encodeList([encodeBytes(Uint8Array.of(0x10)), encodeBytes(new Uint8Array(40))])],
    [
      'a branch with a value',
      encodeList([...Array.from({ length: 16 }, () => encodeBytes(keccak(Uint8Array.of(1)))), Uint8Array.of(5)]),
    ],
    ['a list of three', encodeList([1, 2, 3].map((n) => encodeBytes(new Uint8Array(20).fill(n))))],
    ['a path without flags', encodeList([Uint8Array.of(0x80), encodeBytes(new Uint8Array(40))])],
    ['unknown flags', encodeList([encodeBytes(Uint8Array.of(0x40, 1)), encodeBytes(keccak(Uint8Array.of(1)))])],
    ['bytes behind it', Buffer.concat([encodeNode(leaf(64)), Uint8Array.of(0)])],
    ['a length in another form', Buffer.concat([Uint8Array.of(0xf9, 0), encodeNode(leaf(64)).subarray(1)])],
    ['no RLP', new Uint8Array(40).fill(0xff)],
    ['lists without end', new Uint8Array(1_000).fill(0xf8)],
    ['nested lists', new Uint8Array(1_000).fill(0xc1)],
    ['a megabyte', new Uint8Array(1_000_000)],
    ['nothing', new Uint8Array(0)],
  ])('is refused: %s', (_, node) => {
    const bytes = node instanceof Uint8Array ? node : encodeNode(node);
    const walk = new TrieWalk(keccak(bytes));
    expect(() => walk.take(bytes)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }));
  });

  it.each<[string, Uint8Array]>([
    ['zero', encodeBytes(Uint8Array.of(0))],
    ['nothing', Uint8Array.of(0x80)],
    ['leading zeros', encodeBytes(Uint8Array.of(0, 1))],
    ['33 bytes', encodeBytes(new Uint8Array(33).fill(1))],
    ['a list', encodeList([Uint8Array.of(1)])],
    ['a short number in the long form', Uint8Array.of(0x81, 1)],
  ])('is refused below storage: %s', (_, value) => {
    const slot = encodeNode(leaf(64, value));
    const top = encodeNode(record({ storageRoot: keccak(slot) }));
    const walk = new TrieWalk(keccak(top));
    walk.take(top);
    expect(() => walk.take(slot)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }));
  });

  it('is refused below an extension that leads to a leaf', () => {
    const below = encodeNode(leaf(60));
    const top = encodeNode(extension(4, keyOf(keccak(below))));
    const walk = new TrieWalk(keccak(top));
    walk.take(top);
    expect(() => walk.take(below)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }));
  });
});

function word(value: number): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
