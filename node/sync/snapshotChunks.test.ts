import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../chain/logger.ts';
import { invalid } from '../../chain/snapshot/invalid.ts';
import type { SnapshotManifest } from '../../chain/snapshot/types.ts';
import { NetworkError } from '../p2p/errors.ts';
import { takeChunks } from './snapshotChunks.ts';

type Chunks = (chunk: number) => Uint8Array | undefined | NetworkError;

const COUNT = 10;
const GOOD: Chunks = (chunk) => Uint8Array.of(chunk);
// only what is read of it
const MANIFEST = { batch: 7, chunks: Array.from({ length: COUNT }, () => '0x') } as unknown as SnapshotManifest;

/** Peers by name; the first one gave the manifest. An import that knows a chunk by its one byte. */
function world(peers: Readonly<Record<string, Chunks>>) {
  const asked: string[] = [];
  const taken: number[] = [];
  const liars: string[] = [];
  const take = (): Promise<void> =>
    takeChunks(Object.keys(peers)[0] ?? '', MANIFEST, {
      network: {
        snapshotChunk: async (peer, batch, chunk) => {
          expect(batch).toBe(7);
          asked.push(`${peer} ${chunk}`);
          const answer = peers[peer]?.(chunk);
          if (answer instanceof NetworkError) throw answer;
          return answer;
        },
      },
      snapshot: {
        addChunk: async (chunk, bytes) => {
          expect(chunk).toBe(taken.length);
          if (bytes[0] === 255) throw invalid('Outbox');
          if (bytes[0] !== chunk) throw invalid('hash', { chunk });
          taken.push(chunk);
        },
      },
      others: async () => Object.keys(peers),
      lied: (peer) => liars.push(peer),
      log: silentLogger,
    });
  return { take, asked, taken, liars };
}

const except =
  (chunk: number, answer: Uint8Array | undefined | NetworkError): Chunks =>
  (asked) =>
    asked === chunk ? answer : GOOD(asked);

describe('chunks of a snapshot', () => {
  it('come in order from the manifest’s peer, each asked for once', async () => {
    const { take, taken, asked, liars } = world({ a: GOOD, b: GOOD });
    await take();
    expect(taken).toHaveLength(COUNT);
    expect(asked).toEqual(Array.from({ length: COUNT }, (_, chunk) => `a ${chunk}`));
    expect(liars).toEqual([]);
  });

  it.each([
    ['that is another', Uint8Array.of(99), ['a']],
    ['that is not there', undefined, []],
    ['that does not come', new NetworkError('TIMEOUT'), []],
  ] as const)('a chunk %s is asked of others, and the work goes on with who has it', async (_, answer, accused) => {
    const { take, taken, asked, liars } = world({ a: except(3, answer), b: () => undefined, c: GOOD });
    await take();
    expect(taken).toHaveLength(COUNT);
    expect(asked).toEqual(expect.arrayContaining(['b 3', 'c 3', 'c 9']));
    expect(asked).not.toContain('a 9');
    expect(liars).toEqual(accused);
  });

  it('another peer whose chunks are cut otherwise is no liar', async () => {
    const { take, liars } = world({ a: except(3, undefined), b: except(3, Uint8Array.of(99)), c: GOOD });
    await take();
    expect(liars).toEqual([]);
  });

  it('NO_PEER when nobody brings a chunk: everybody was asked once', async () => {
    const { take, asked } = world({ a: except(3, undefined), b: except(3, new NetworkError('BANNED')) });
    await expect(take()).rejects.toMatchObject({ code: 'NO_PEER', data: { batch: 7, chunk: 3 } });
    expect(asked.filter((one) => one.endsWith(' 3'))).toEqual(['a 3', 'b 3']);
  });

  it('a chunk that is the manifest’s and a lie ends it: nobody has a better one', async () => {
    const { take, asked } = world({ a: except(3, Uint8Array.of(255)), b: GOOD });
    await expect(take()).rejects.toMatchObject({ code: 'SNAPSHOT_INVALID', data: { reason: 'Outbox' } });
    expect(asked.some((one) => one.startsWith('b'))).toBe(false);
  });
});
