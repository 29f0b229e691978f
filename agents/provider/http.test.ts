import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { decodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { channelProof, ProviderApi } from '../consumer/providerApi.ts';
import type { ProviderService } from './providerService.ts';
import { alice, Market, PRICE, voucherHex } from './testing/fixture.ts';

let market: Market;
const sockets: Socket[] = [];
beforeEach(async () => {
  market = await Market.open();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await market.stop();
});

const INPUT = new Uint8Array([1, 2, 3]);
const FREE = { free: { calls: 1_000 } };

async function post(service: ProviderService, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(`${service.url}/v1/infer`, { method: 'POST', body, headers });
  return { status: response.status, headers: response.headers, body: new Uint8Array(await response.arrayBuffer()) };
}

function codeOf({ body }: { body: Uint8Array }): string {
  return (JSON.parse(new TextDecoder().decode(body)) as { code: string }).code;
}

/** Sends raw text, and resolves with what came until the server closed. */
async function raw(service: ProviderService, ...parts: readonly string[]): Promise<string> {
  const { port, hostname } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let heard = '';
  socket.on('data', (data) => {
    heard += data.toString();
  });
  socket.on('error', () => undefined);
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return heard;
}

describe('over HTTP', () => {
  it('an answer has its receipt in a header, whatever type the body claims to be', async () => {
    const service = await market.serve();
    const channel = await market.openChannel();
    for (const type of ['application/octet-stream', 'application/json', 'text/plain']) {
      const voucher = voucherHex(channel.next(undefined, { price: PRICE, input: INPUT }));
      const answer = await post(service, INPUT, { 'engram-voucher': voucher, 'content-type': type });
      expect(answer.body).toEqual(new Uint8Array([3, 2, 1]));
      channel.receive(decodeReceipt(hexToBytes(answer.headers.get('engram-receipt') ?? '')));
    }
    expect(channel.received).toBe(3);
  });

  it('the consumer’s client gets all it asks for', async () => {
    const service = await market.serve();
    const api = new ProviderApi(service.url, { allowPrivateAddresses: true });
    const channel = await market.openChannel();
    const voucher = channel.next(undefined, { price: PRICE, input: INPUT });
    const { receipt, output } = await api.infer({ input: INPUT, voucher, audit: 'public' });
    if (receipt === undefined) throw new RangeError('no receipt');
    channel.receive(receipt);
    await api.voucher(channel.voucher());
    const proof = channelProof(channel.index, voucherSeed(alice), market.node.domain);
    expect(await api.channel(channel.index, proof)).toMatchObject({ receipts: 1, issued: PRICE, lastReceipt: receipt });
    const sample = await api.sample(channel.index, 0, 1);
    expect([sample.input, sample.output]).toEqual([INPUT, output]);
    api.close();
  });

  it('an input over the limit is refused before it is read, and while it is', async () => {
    const service = await market.serve({ ...FREE, limits: { inputBytes: 1_000 } });
    expect((await post(service, new Uint8Array(1_000))).status).toBe(200);
    const large = await post(service, new Uint8Array(1_001));
    expect([large.status, codeOf(large)]).toEqual([413, 'INPUT_TOO_LARGE']);
    // a body of which nobody knows how long it is
    const chunk = `3e8\r\n${'x'.repeat(1_000)}\r\n`;
    const head = 'POST /v1/infer HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n';
    expect(await raw(service, head, chunk, chunk, '0\r\n\r\n')).toContain('413');
    expect(market.runner.runs).toHaveLength(1);
  });

  it('inputs of all together have a limit: whoever is over it comes again', async () => {
    const service = await market.serve({ ...FREE, limits: { inputBytes: 1_000, bodyBytes: 2_500, requestMs: 60_000 } });
    const { port, hostname } = new URL(service.url);
    for (let n = 0; n < 2; n += 1) {
      const socket = connect(Number(port), hostname);
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write('POST /v1/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nx');
    }
    await expect.poll(async () => (await post(service, new Uint8Array(600))).status).toBe(429);
    for (const socket of sockets.splice(0)) socket.destroy();
    await expect.poll(async () => (await post(service, new Uint8Array(600))).status).toBe(200);
  });

  it('nobody who does not pay is read to the end', async () => {
    const service = await market.serve();
    const head = 'POST /v1/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\nconnection: close\r\n\r\n';
    expect(await raw(service, head)).toContain('402');
  });

  it('headers without end are refused', async () => {
    const service = await market.serve();
    const bomb = `GET /v1/info HTTP/1.1\r\nhost: x\r\nx-bomb: ${'x'.repeat(20_000)}\r\n\r\n`;
    expect(await raw(service, bomb)).toContain('431');
    const many = Array.from({ length: 5_000 }, (_, n) => `x-${n}: y\r\n`).join('');
    expect(await raw(service, `GET /v1/info HTTP/1.1\r\nhost: x\r\n${many}\r\n`)).toContain('431');
    expect((await fetch(`${service.url}/v1/health`)).status).toBe(200);
  });

  it('slow headers and slow bodies are cut off', async () => {
    const service = await market.serve({ ...FREE, limits: { headersMs: 200, requestMs: 400 } });
    const slowHead = raw(service, 'POST /v1/infer HTTP/1.1\r\nhost: x\r\n');
    const slowBody = raw(service, 'POST /v1/infer HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n123');
    expect(await slowHead).toContain('408');
    expect(await slowBody).not.toContain('200 OK');
    expect(market.runner.runs).toHaveLength(0);
  });

  it('one address has its share of connections', async () => {
    const service = await market.serve({ limits: { connectionsPerAddress: 3 } });
    const agent = new Agent({ keepAlive: true });
    const hold = () =>
      new Promise<number | string>((resolve) => {
        const { port } = new URL(service.url);
        const asked = httpRequest({ port, agent, path: '/v1/health' }, (response) => {
          response.resume();
          response.on('end', () => resolve(response.statusCode ?? 0));
        });
        asked.on('error', () => resolve('refused'));
        asked.end();
      });
    const answers = await Promise.all([hold(), hold(), hold(), hold(), hold()]);
    agent.destroy();
    expect(answers.filter((answer) => answer === 200)).toHaveLength(3);
    expect(answers.filter((answer) => answer === 'refused')).toHaveLength(2);
  });

  it('what goes wrong inside is not told', async () => {
    const service = await market.serve(FREE, { extra: async () => Promise.reject(new RangeError('secret')) });
    const answer = await post(service, INPUT);
    expect([answer.status, codeOf(answer)]).toEqual([500, 'INTERNAL']);
    expect(new TextDecoder().decode(answer.body)).not.toContain('secret');
  });

  it('methods and paths that are none are refused in JSON', async () => {
    const service = await market.serve();
    for (const [method, path] of [
      ['PUT', '/v1/infer'],
      ['DELETE', '/'],
      ['GET', '/v1/%00'],
      ['GET', '/../..'],
    ] as const) {
      const response = await fetch(`${service.url}${path}`, { method });
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
    }
  });
});
