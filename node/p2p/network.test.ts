import { afterEach, describe, expect, it } from 'vitest';
import { meshed, startNetwork, type TestNetwork, type TestOptions } from './testing/testNetwork.ts';

const running: TestNetwork[] = [];

async function start(options?: TestOptions): Promise<TestNetwork> {
  const network = await startNetwork(options);
  running.push(network);
  return network;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map(({ network }) => network.stop()));
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('Network', () => {
  it('carries a message over a line of five nodes to all of them, once', async () => {
    const line: TestNetwork[] = [];
    for (let i = 0; i < 5; i += 1) {
      const next = await start();
      const last = line.at(-1);
      if (last !== undefined) await next.network.dial(last.address);
      line.push(next);
    }
    await meshed(line);
    for (const topic of ['block', 'ledger-tx', 'evm-tx', 'attestation', 'announcement'] as const) {
      const bytes = text(`${topic} of the first`);
      await line[0]?.network.publish(topic, bytes);
      for (const { heard } of line.slice(1)) {
        await expect
          .poll(() => heard.filter((one) => one.topic === topic && Buffer.from(one.bytes).equals(bytes)).length)
          .toBe(1);
      }
    }
  });

  it('answers questions', async () => {
    const chunk = new Uint8Array(400_000).map((_, i) => i % 251);
    const server = await start({
      handlers: {
        status: () => text('here'),
        blocks: async function* (from, count) {
          for (let i = 0; i < count; i += 1) yield text(`block ${from + BigInt(i)}`);
        },
        batch: async function* (number) {
          if (number === 7) for (let i = 0; i < 50; i += 1) yield chunk;
        },
        snapshotManifest: async () => text('manifest'),
        snapshotChunk: async (batch, index) => (batch === 3 && index === 1 ? chunk : undefined),
      },
    });
    const { network } = await start();
    await network.dial(server.address);
    const peer = server.network.peerId;
    expect(await network.status(peer)).toEqual(text('here'));
    const blocks: string[] = [];
    for await (const block of network.blocks(peer, 5n, 3)) blocks.push(new TextDecoder().decode(block));
    expect(blocks).toEqual(['block 5', 'block 6', 'block 7']);
    let parts = 0;
    for await (const part of network.batch(peer, 7)) {
      expect(Buffer.from(part).equals(chunk)).toBe(true);
      parts += 1;
    }
    expect(parts).toBe(50);
    for await (const _ of network.batch(peer, 8)) expect.unreachable();
    expect(await network.snapshotManifest(peer)).toEqual(text('manifest'));
    expect(await network.snapshotChunk(peer, 3, 1)).toEqual(chunk);
    expect(await network.snapshotChunk(peer, 3, 2)).toBeUndefined();
  });
});
