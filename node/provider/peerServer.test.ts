import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Libp2p } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderApi } from '../../agents/consumer/providerApi.ts';
import { Market, PRICE } from '../../agents/provider/testing/fixture.ts';
import { systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FrameReader } from '../p2p/requests/frameReader.ts';
import { FrameWriter, packed } from '../p2p/requests/frameWriter.ts';
import { decodeRequest, encodeRequest, inferProtocol, MAX_HEAD_BYTES } from './peerFrames.ts';
import { startPeerHost } from './peerHost.ts';
import { type PeerServer, startPeerServer } from './peerServer.ts';
import { PeerTransport } from './peerTransport.ts';

const ID = '0123456789abcdef';
const INPUT = new Uint8Array([1, 2, 3]);

let folder: string;
let market: Market;
let server: PeerServer;
let host: Libp2p;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-peer-'));
  market = await Market.open();
  const service = await market.serve({ free: { calls: 2 }, limits: { inputBytes: 10_000 } });
  server = await startPeerServer(
    {
      ...{ id: ID, listen: ['/ip4/127.0.0.1/tcp/0'], identityFile: join(folder, 'server.key'), maxConnections: 20 },
      ...{ inputBytes: 10_000, outputBytes: 10_000, requestMs: 500 },
    },
    { handle: (request) => service.handle(request), clock: systemClock, log: silentLogger },
  );
  host = await startPeerHost({ listen: [], identityFile: join(folder, 'client.key'), maxConnections: 5 });
});
afterEach(async () => {
  await host.stop();
  await server.stop();
  await market.stop();
  await rm(folder, { recursive: true, force: true });
});

const address = (): string => server.addresses[0] ?? '';
const api = (id = ID): ProviderApi =>
  new ProviderApi(new PeerTransport({ id, address: address() }, { host, clock: systemClock }));

describe('a provider over libp2p', () => {
  it('answers as over HTTP: paid, free, refused', async () => {
    const channel = await market.openChannel();
    const voucher = channel.next(undefined, { price: PRICE, input: INPUT });
    const { output, receipt } = await api().infer({ input: INPUT, voucher, audit: 'public' });
    expect(output).toEqual(new Uint8Array([3, 2, 1]));
    if (receipt === undefined) throw new RangeError('no receipt');
    channel.receive(receipt);
    await api().voucher(channel.voucher());
    expect((await api().sample(channel.index, 0, 1)).receipt).toEqual(receipt);
    for (let n = 0; n < 2; n += 1) expect((await api().infer({ input: INPUT })).receipt).toBeUndefined();
    await expect(api().infer({ input: INPUT })).rejects.toMatchObject({
      code: 'REFUSED',
      details: { refusal: 'QUOTA' },
    });
  });

  it('another identity is no other address: free calls are counted by where one is', async () => {
    for (let n = 0; n < 2; n += 1) await api().infer({ input: INPUT });
    const other = await startPeerHost({ listen: [], identityFile: join(folder, 'other.key'), maxConnections: 5 });
    const asked = new ProviderApi(
      new PeerTransport({ id: ID, address: address() }, { host: other, clock: systemClock }),
    );
    await expect(asked.infer({ input: INPUT })).rejects.toMatchObject({ details: { refusal: 'QUOTA' } });
    await other.stop();
  });

  it('of another chain is not there', async () => {
    await expect(api('ffffffffffffffff').infer({ input: INPUT })).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  it('breaks off what is too long, too slow or no request, and goes on', async () => {
    const open = () => host.dialProtocol(multiaddr(address()), inferProtocol(ID));
    const answerTo = async (send: (writer: FrameWriter) => Promise<void>) => {
      const stream = await open();
      const reader = new FrameReader(stream, { clock: systemClock });
      await send(new FrameWriter(stream, { clock: systemClock }));
      return reader.next(100_000, 5_000);
    };
    const long = new Uint8Array(50_000).map((_, n) => (n * 2_654_435_761) >>> 24);
    await expect(answerTo(async (writer) => writer.write(await packed(long, 100_000), 1_000))).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    await expect(answerTo(async () => undefined)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const nonsense = await packed(new Uint8Array([0, 0, 0, 2, 1, 2, 3]), 100);
    await expect(answerTo((writer) => writer.write(nonsense, 1_000))).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect((await api().infer({ input: INPUT })).output).toEqual(new Uint8Array([3, 2, 1]));
  });
});

describe('frames', () => {
  it('are what they say, or none', () => {
    const request = { method: 'POST', path: '/v1/infer', headers: { 'engram-audit': 'public' }, body: INPUT } as const;
    expect(decodeRequest(encodeRequest(request))).toEqual(request);
    const refused = expect.objectContaining({ code: 'BAD_FRAME' });
    const frame = encodeRequest(request);
    for (const bytes of [new Uint8Array(3), frame.subarray(0, 20), Uint8Array.from([0xff, 0xff, 0xff, 0xff])]) {
      expect(() => decodeRequest(bytes)).toThrow(refused);
    }
    const bad = { ...request, method: 'PUT' as 'POST' };
    expect(() => decodeRequest(encodeRequest(bad))).toThrow(refused);
    expect(() => decodeRequest(encodeRequest({ ...request, path: 'x'.repeat(MAX_HEAD_BYTES) }))).toThrow(refused);
    expect(() => decodeRequest(encodeRequest({ ...request, headers: { 'Bad Name': 'x' } }))).toThrow(refused);
  });
});
