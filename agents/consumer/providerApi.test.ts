import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';
import { ByteReader, bytesToHex, hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { readSignature } from '../../protocol/codec/signature.ts';
import { publicKey, verify } from '../../protocol/crypto/eddsa.ts';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { canonicalJson } from '../../protocol/documents/canonicalJson.ts';
import { field, ZERO } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { receiptHash, signReceipt } from '../../protocol/receipts/receipt.ts';
import { decodeVoucher, encodeReceipt, proofToJson, receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import { ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import { signVoucher, voucherDomain } from '../../protocol/voucher.ts';
import { executionWord } from '../execution/executionDocument.ts';
import { channelProof, ProviderApi, type ProviderApiOptions } from './providerApi.ts';
import { type Handler, type RawServer, startRawServer } from './testing/rawServer.ts';

const SEED = new Uint8Array(32).fill(7);
const DOMAIN = field(1234n);
const MODEL = new Uint8Array(32).fill(9);
const INPUT = new Uint8Array([1, 2, 3]);
const OUTPUT = new Uint8Array([4, 5]);
const document = (audit: string, model = MODEL) =>
  canonicalJson({
    audit,
    graphOptimization: 'basic',
    model: prefixedHex(model),
    nan: 'canonical',
    provider: 'wasm',
    runtime: 'onnxruntime-web',
    simd: true,
    threads: 1,
    version: '1.30.0',
    wasm: prefixedHex(new Uint8Array(32)),
  });
const INFO = {
  domain: String(DOMAIN),
  provider: 3,
  model: { index: 5, sha256: prefixedHex(MODEL) },
  token: 0,
  price: '100',
  execution: { public: document('public'), private: document('private') },
  inputs: [{ name: 'x', type: 'float32', dimensions: [null, 4] }],
  outputs: [{ name: 'y', type: 'float32', dimensions: [1, 2] }],
  limits: { inputBytes: 1000, outputBytes: 1000, concurrency: 1, queue: 8 },
  free: { calls: 0, perSeconds: 60 },
  minimumDeposit: '100',
  minimumSeconds: 60,
};

let servers: RawServer[] = [];
afterEach(async () => {
  for (const server of servers) await server.stop();
  servers = [];
});

async function apiOf(handler: Handler, options: ProviderApiOptions = {}): Promise<ProviderApi> {
  const server = await startRawServer(handler);
  servers.push(server);
  return new ProviderApi(server.url, { allowPrivateAddresses: true, ...options });
}

const json =
  (value: unknown, status = 200): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };

function receiptOf(output: Uint8Array, sequence = 0) {
  const parts = { channel: accountIndex(8), sequence, model: accountIndex(5), time: 1, price: 100n, execution: ZERO };
  return signReceipt({ ...parts, inputHash: sha256(INPUT), outputHash: sha256(output) }, SEED, DOMAIN);
}
const voucher = signVoucher({ channel: accountIndex(8), total: 100n, receiptsRoot: ZERO }, SEED, DOMAIN);
const withReceipt =
  (hex: string): Handler =>
  (_, response) => {
    response.writeHead(200, { 'engram-receipt': hex }).end(OUTPUT);
  };

describe('what a provider says of itself', () => {
  it('is taken when it is of the form agreed on', async () => {
    const info = await (await apiOf(json(INFO))).info();
    expect(info).toMatchObject({ provider: 3, price: 100n, minimumSeconds: 60, model: { index: 5 } });
    expect(info.execution.public.word).toBe(executionWord(INFO.execution.public));
    expect(info.execution.public.word).not.toBe(info.execution.private.word);
  });

  it.each([
    ['a price with a sign', { price: '-1' }, 'BAD_ANSWER'],
    ['a price over 96 bits', { price: String(2n ** 96n) }, 'BAD_ANSWER'],
    ['a number as price', { price: 100 }, 'BAD_ANSWER'],
    ['an account out of range', { provider: 2 ** 24 }, 'BAD_ANSWER'],
    ['a domain over the field', { domain: String(2n ** 255n) }, 'BAD_ANSWER'],
    ['no limits', { limits: undefined }, 'BAD_ANSWER'],
    ['documents for the wrong audit', { execution: { ...INFO.execution, public: document('private') } }, 'BAD_ANSWER'],
    ['a document with a space', { execution: { ...INFO.execution, public: `${document('public')} ` } }, 'BAD_ANSWER'],
    ['a document with a member more', { execution: { ...INFO.execution, public: '{"audit":"public"}' } }, 'BAD_ANSWER'],
    [
      'a document of another model',
      { execution: { ...INFO.execution, public: document('public', new Uint8Array(32)) } },
      'MODEL_CHANGED',
    ],
  ])('is refused: %s', async (_, change, code) => {
    const api = await apiOf(json({ ...INFO, ...change }));
    await expect(api.info()).rejects.toMatchObject({ code });
  });

  it('is refused when it is no JSON', async () => {
    const api = await apiOf((_, response) => void response.end('<html>'));
    await expect(api.info()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });
});

describe('a paid request', () => {
  it('carries voucher, audit and input, and brings output and receipt', async () => {
    const receipt = receiptOf(OUTPUT);
    let seen: { headers: Record<string, unknown>; body: string } | undefined;
    const api = await apiOf((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        seen = { headers: request.headers, body: Buffer.concat(parts).toString('hex') };
        withReceipt(bytesToHex(encodeReceipt(receipt)))(request, response);
      });
    });
    const answer = await api.infer({ input: INPUT, voucher, audit: 'public' });
    expect(answer).toEqual({ output: OUTPUT, receipt });
    expect(seen).toMatchObject({ headers: { 'engram-audit': 'public' }, body: '010203' });
    expect(decodeVoucher(hexToBytes(String(seen?.headers['engram-voucher'])))).toEqual(voucher);
  });

  it.each([
    ['no receipt', (_: unknown, response: Parameters<Handler>[1]) => void response.end(OUTPUT), 'NO_RECEIPT'],
    ['a receipt of another output', withReceipt(bytesToHex(encodeReceipt(receiptOf(INPUT)))), 'RECEIPT_OUTPUT'],
    ['a receipt cut short', withReceipt(bytesToHex(encodeReceipt(receiptOf(OUTPUT))).slice(2)), 'BAD_ANSWER'],
    ['a receipt with words out of range', withReceipt('f'.repeat(442)), 'BAD_ANSWER'],
  ] satisfies [string, Handler, string][])('is refused with %s', async (_, handler, code) => {
    const api = await apiOf(handler);
    await expect(api.infer({ input: INPUT, voucher })).rejects.toMatchObject({ code });
  });

  it('names the code of a refusal, never its text', async () => {
    const refusals: [Handler, object][] = [
      [
        json({ code: 'VOUCHER_TOO_LOW', message: '\u001b[31mpay me' }, 402),
        { refusal: 'VOUCHER_TOO_LOW', status: 402 },
      ],
      [json({ code: 'evil code\n' }, 400), { refusal: 'UNKNOWN', status: 400 }],
      [(_, response) => void response.writeHead(502).end('<html>'), { refusal: 'UNKNOWN', status: 502 }],
      [
        (_, response) => void response.writeHead(429, { 'retry-after': '3' }).end('{"code":"BUSY"}'),
        { refusal: 'BUSY', retryAfterSeconds: 3 },
      ],
    ];
    for (const [handler, details] of refusals) {
      const error = await (await apiOf(handler)).infer({ input: INPUT, voucher }).catch((found: unknown) => found);
      expect(error).toMatchObject({ code: 'REFUSED', details });
      expect(String(error)).not.toContain('pay me');
    }
  });
});

describe('a rude provider', () => {
  it('cannot fill the memory, announced or not', async () => {
    const announced: Handler = (_, response) => void response.writeHead(200, { 'content-length': '5000' }).end();
    const silent: Handler = (_, response) => {
      const more = () => void (response.write(Buffer.alloc(1_000)) ? setImmediate(more) : response.once('drain', more));
      more();
    };
    for (const handler of [announced, silent]) {
      const api = await apiOf(handler, { maxOutputBytes: 2_000 });
      await expect(api.infer({ input: INPUT, voucher })).rejects.toMatchObject({ code: 'ANSWER_TOO_LARGE' });
    }
  });

  it('cannot keep a caller waiting, by silence or by trickling', async () => {
    const trickle: Handler = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    for (const handler of [() => undefined, trickle]) {
      const api = await apiOf(handler, { inferTimeoutMs: 150 });
      await expect(api.infer({ input: INPUT, voucher })).rejects.toMatchObject({ code: 'TIMEOUT' });
    }
  });

  it('is noticed when the connection ends within an answer', async () => {
    const api = await apiOf((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('12345');
      setImmediate(() => response.destroy());
    });
    await expect(api.infer({ input: INPUT, voucher })).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  it('cannot send anybody elsewhere', async () => {
    const inside = await startRawServer(json(INFO));
    servers.push(inside);
    const api = await apiOf((_, response) => void response.writeHead(307, { location: inside.url }).end());
    await expect(api.info()).rejects.toMatchObject({ code: 'REDIRECTED' });
    expect(inside.paths).toEqual([]);
  });

  it('is not waited for when the caller gives up, and is told from one that is away', async () => {
    const api = await apiOf(() => undefined);
    const caller = new AbortController();
    const asked = api.infer({ input: INPUT, voucher, signal: caller.signal });
    caller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'ABORTED' });
    const away = new ProviderApi('http://127.0.0.1:1', { allowPrivateAddresses: true });
    await expect(away.info()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('an address that a stranger chose', () => {
  it.each([
    'http://127.0.0.1:1',
    'http://10.0.0.1',
    'http://169.254.169.254',
    'http://[::1]',
    'http://[::ffff:127.0.0.1]',
  ])('%s is not asked', (endpoint) => {
    expect(() => new ProviderApi(endpoint)).toThrow(expect.objectContaining({ code: 'PRIVATE_ADDRESS' }));
  });

  it('is not asked when its name leads inside', async () => {
    const server = await startRawServer(json(INFO));
    servers.push(server);
    const api = new ProviderApi(server.url.replace('127.0.0.1', 'localhost'));
    await expect(api.info()).rejects.toMatchObject({ code: 'PRIVATE_ADDRESS' });
    expect(server.paths).toEqual([]);
  });

  it.each([
    'ftp://a.example',
    'javascript:alert(1)',
    'http://me:secret@a.example',
    'http://a.example/?q',
    ' http://a.example',
    'a',
  ])('%s is no endpoint', (endpoint) => {
    expect(() => new ProviderApi(endpoint)).toThrow(expect.objectContaining({ code: 'BAD_ENDPOINT' }));
  });
});

describe('the provider’s book and samples', () => {
  it('are given to who proves to have the voucher key', async () => {
    const receipt = receiptOf(OUTPUT);
    const report = { issued: '100', receipts: 1, root: '5', lastReceipt: receiptToJson(receipt), lastOutput: 'BAU=' };
    let proof = '';
    const api = await apiOf((request, response) => {
      proof = String(request.headers['engram-proof']);
      json(report)(request, response);
    });
    const found = await api.channel(8, channelProof(8, SEED, DOMAIN));
    expect(found).toMatchObject({ issued: 100n, receipts: 1, lastReceipt: receipt, lastOutput: OUTPUT });
    expect(proof).toHaveLength(192);
    const signature = readSignature(new ByteReader(hexToBytes(proof)));
    const message = poseidon([voucherDomain(DOMAIN), 8n, 0n]);
    expect(verify(publicKey(SEED), message, signature)).toBe(true);
  });

  it.each([
    [
      'a receipt of another channel',
      { lastReceipt: receiptToJson({ ...receiptOf(OUTPUT), channel: accountIndex(9) }) },
    ],
    ['another number of receipts', { receipts: 2 }],
    ['an output that the receipt does not name', { lastOutput: 'AAAA' }],
    ['bad base64', { lastOutput: '*' }],
  ])('are refused with %s', async (_, change) => {
    const receipt = receiptToJson(receiptOf(OUTPUT));
    const api = await apiOf(json({ issued: '100', receipts: 1, root: '5', lastReceipt: receipt, ...change }));
    await expect(api.channel(8, '')).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('show one receipt of many with its proof, and nothing else', async () => {
    const tree = new ReceiptTree();
    const receipts = [0, 1, 2].map((sequence) => receiptOf(OUTPUT, sequence));
    for (const receipt of receipts) tree.append(receiptHash(receipt));
    const sampleOf = (n: number, size = 3) => ({
      receipt: receiptToJson(receipts[n] ?? receiptOf(OUTPUT)),
      proof: proofToJson(tree.proof(n, size)),
      input: Buffer.from(INPUT).toString('base64'),
      output: Buffer.from(OUTPUT).toString('base64'),
    });
    const ask = async (answer: object) => (await apiOf(json(answer))).sample(8, 1, 3);
    expect(await ask(sampleOf(1))).toMatchObject({ receipt: receipts[1], input: INPUT, output: OUTPUT });
    const bad = { code: 'BAD_ANSWER' };
    await expect(ask(sampleOf(2))).rejects.toMatchObject(bad);
    await expect(ask(sampleOf(1, 2))).rejects.toMatchObject(bad);
    await expect(ask({ ...sampleOf(1), input: 'AAAA' })).rejects.toMatchObject(bad);
    await expect(ask({ ...sampleOf(1), output: 'AAAA' })).rejects.toMatchObject(bad);
  });
});
