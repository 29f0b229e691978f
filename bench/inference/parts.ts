/** Where a paid answer's time goes: its parts one by one, on one core, without HTTP and without the model. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProviderStore } from '../../agents/provider/providerStore.ts';
import { ServedChannel } from '../../agents/provider/servedChannel.ts';
import { openLevel } from '../../chain/db.ts';
import { bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { ZERO } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { decodeVoucher, encodeReceipt, encodeVoucher } from '../../protocol/receipts/receiptCodec.ts';
import { actor } from '../../protocol/testing/actors.ts';
import type { Field } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';

const ANSWERS = 600;
const WARM = 100;
const PRICE = 10n;
const DOMAIN = 12_345n as Field;

/** Mean milliseconds of each part of an answer. `store`: alone on the disk; requests at the same time share one sync. */
export async function partsOfAnAnswer(): Promise<Readonly<Record<string, number>>> {
  const folder = await mkdtemp(join(tmpdir(), 'engram-bench-'));
  const db = await openLevel(join(folder, 'books'));
  const [consumer, provider] = [actor(1), actor(2)];
  const index = accountIndex(7);
  const owner = { domain: DOMAIN, provider: 1, model: 3 };
  const store = await ProviderStore.open(db, owner);
  const channel = ServedChannel.create({
    ...{ channel: index, model: accountIndex(3), voucherKey: consumer.key, domain: DOMAIN },
    ...{ expiry: 2_000_000_000, limit: 10n ** 12n },
  });
  const sums: Record<string, number> = {};
  let n = 0;
  const timed = <T>(name: string, work: () => T): T => {
    const start = performance.now();
    const result = work();
    if (n >= WARM) sums[name] = (sums[name] ?? 0) + performance.now() - start;
    return result;
  };
  const [input, output] = [new Uint8Array(1_100), new Uint8Array(60)];
  for (; n < ANSWERS + WARM; n += 1) {
    const total = PRICE * BigInt(n + 1);
    const signed = signVoucher({ channel: index, total, receiptsRoot: channel.root }, consumer.seed, DOMAIN);
    const hex = bytesToHex(encodeVoucher(signed));
    const voucher = timed('decodeVoucher', () => decodeVoucher(hexToBytes(hex)));
    timed('checkVoucher', () => channel.accept(voucher, { price: PRICE, now: 1_790_000_000 }));
    const hashes = timed('hash', () => ({ inputHash: digest(input), outputHash: digest(output) }));
    const work = { price: PRICE, time: 1_790_000_000, ...hashes, execution: ZERO };
    const issued = timed('signReceipt', () => channel.issue(work, provider.seed));
    const receipt = timed('encodeReceipt', () => encodeReceipt(issued));
    const record = timed('book', () => channel.record(voucher, 1_790_000_000));
    const start = performance.now();
    await store.writeAnswer({ record, sequence: n, receipt, output });
    if (n >= WARM) sums.store = (sums.store ?? 0) + performance.now() - start;
    channel.settle(record);
  }
  await db.close();
  await rm(folder, { recursive: true, force: true });
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, round(sum / ANSWERS)]));
}

function digest(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
