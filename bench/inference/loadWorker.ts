/** The consumers of bench/inference.ts in a process of their own: every voucher signed, every receipt checked, connections kept. */
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { ConsumerBook } from '../../protocol/receipts/channelBook.ts';
import { decodeReceipt, encodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import type { Field, Point } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import type { Payer, Round, RoundResult } from './load.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 256 });
/** Books live as long as the process: a channel goes on where the round before left it. */
const books = new Map<number, ConsumerBook>();

function bookOf({ channel, model, providerKey, domain, limit }: Payer): ConsumerBook {
  const known = books.get(channel);
  if (known !== undefined) return known;
  const book = new ConsumerBook({
    channel: accountIndex(channel),
    model: accountIndex(model),
    providerKey: providerKey.map(BigInt) as unknown as Point, // the bench's own
    domain: BigInt(domain) as Field,
    limit: BigInt(limit),
  });
  books.set(channel, book);
  return book;
}

function post(url: URL, body: Uint8Array, headers: Record<string, string>) {
  return new Promise<{ status: number; receipt: string | undefined; body: Buffer }>((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const receipt = response.headers['engram-receipt'];
        resolve({
          status: response.statusCode ?? 0,
          receipt: typeof receipt === 'string' ? receipt : undefined,
          body: Buffer.concat(chunks),
        });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function ask(url: URL, payer: Payer, round: Round, input: Uint8Array): Promise<void> {
  const type = { 'content-type': 'application/octet-stream', 'content-length': String(input.length) };
  if (!round.isPaid) {
    const { status, body } = await post(url, input, type);
    if (status !== 200) throw new RangeError(`${status} ${body.toString()}`);
    return;
  }
  const book = bookOf(payer);
  const voucher = book.next(undefined, { price: BigInt(round.price), inputHash: sha256(input) });
  const signed = signVoucher(voucher, hexToBytes(payer.seed), BigInt(payer.domain) as Field);
  const { status, receipt, body } = await post(url, input, {
    ...type,
    'engram-voucher': bytesToHex(encodeVoucher(signed)),
  });
  if (status !== 200 || receipt === undefined) throw new RangeError(`${status} ${body.toString()}`);
  const found = decodeReceipt(hexToBytes(receipt));
  if (bytesToHex(found.outputHash) !== bytesToHex(sha256(body))) throw new RangeError('output');
  book.receive(found);
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

async function run(round: Round): Promise<RoundResult> {
  const url = new URL('/v1/infer', round.url);
  const input = hexToBytes(round.input);
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const end = start + round.seconds * 1000;
  await Promise.all(
    round.payers.map(async (payer) => {
      while (performance.now() < end) {
        const before = performance.now();
        await ask(url, payer, round, input);
        latencies.push(performance.now() - before);
      }
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  latencies.sort((a, b) => a - b);
  return { answers: latencies.length, seconds, latencies, cpuSeconds: (user + system) / 1e6 };
}

process.on('message', (round: Round) => {
  run(round).then(
    (result) => process.send?.(result),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
