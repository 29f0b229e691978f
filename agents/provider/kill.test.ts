import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLevel } from '../../chain/db.ts';
import { bytesToHex, hexToBytes } from '../../protocol/bytes.ts';
import { decodeReceipt } from '../../protocol/receipts/receiptCodec.ts';
import type { SignedVoucher } from '../../protocol/types.ts';
import type { ConsumerChannel } from '../../sdk/channels/consumerChannel.ts';
import { alice, infer, PRICE, voucherHex } from './testing/fixture.ts';
import { type Ask, killMarket, type Told } from './testing/killChild.ts';

const CHILD = fileURLToPath(new URL('./testing/killChild.ts', import.meta.url));
const TYPESCRIPT = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href;
const CHANNELS = 4;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-provider-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Open {
  readonly voucher: SignedVoucher;
  readonly input: Uint8Array;
}

/** A consumer's side of one channel: what it asked and has no answer for, and what it was answered. */
class Buyer {
  readonly channel: ConsumerChannel;
  open: Open | undefined;
  answers = 0;
  #asked = 0;

  constructor(channel: ConsumerChannel) {
    this.channel = channel;
  }

  /** The open request again, as it was, or the next one. */
  ask(): Open {
    this.#asked += 1;
    const input = new Uint8Array([1, this.#asked & 255, this.#asked >> 8]);
    this.open ??= { voucher: this.channel.next(undefined, { price: PRICE, input }), input };
    return this.open;
  }

  hear({ status, receipt, body }: Told): void {
    expect(status, body).toBe(200);
    const found = decodeReceipt(hexToBytes(receipt ?? ''));
    this.channel.receive(found);
    expect(hexToBytes(body)).toEqual(Uint8Array.from(this.open?.input ?? []).reverse());
    this.open = undefined;
    this.answers += 1;
  }
}

/** Lets all buyers ask until so many answers came, then kills the process in the midst of the others. */
async function runAndKill(buyers: readonly Buyer[], answers: number): Promise<void> {
  const child: ChildProcess = fork(CHILD, [folder, String(CHANNELS)], { execArgv: ['--import', TYPESCRIPT] });
  const gone = once(child, 'exit');
  let left = answers;
  const ask = (id: number, buyer: Buyer): void => {
    const { voucher, input } = buyer.ask();
    child.send({ id, voucher: voucherHex(voucher), input: bytesToHex(input) } satisfies Ask);
  };
  child.on('message', (message: Told | number) => {
    if (typeof message === 'number') {
      for (const [id, buyer] of buyers.entries()) ask(id, buyer);
      return;
    }
    // What the pipe still held when it was killed has reached the consumer too.
    const buyer = buyers[message.id];
    if (buyer === undefined) return;
    buyer.hear(message);
    left -= 1;
    if (left === 0) child.kill('SIGKILL');
    else if (left > 0) ask(message.id, buyer);
  });
  expect(await gone).toEqual([null, 'SIGKILL']);
}

it('killed with -9 again and again: what was answered is claimable, no channel is frozen, the same voucher gets the same answer', async () => {
  const { market, indices } = await killMarket(CHANNELS);
  const buyers: Buyer[] = [];
  for (const channel of indices) buyers.push(new Buyer(await market.clientOf(alice).resumeChannel({ channel })));
  for (const answers of [3, 20, 41]) await runAndKill(buyers, answers);
  const store = await openLevel(folder);
  const service = await market.serve({}, { store });
  const totals = new Map<number, bigint>();
  for (const buyer of buyers) {
    const { voucher, input } = buyer.ask();
    const first = await service.handle(infer(voucher, input));
    const again = await service.handle(infer(voucher, input));
    const told = {
      id: 0,
      status: first.status,
      receipt: first.headers['engram-receipt'],
      body: bytesToHex(first.body),
    };
    expect([again.headers, bytesToHex(again.body)]).toEqual([first.headers, told.body]);
    buyer.hear(told);
    totals.set(buyer.channel.index, BigInt(buyer.answers) * PRICE);
  }
  const sum = buyers.reduce((all, { answers }) => all + answers, 0);
  expect(sum).toBeGreaterThanOrEqual(3 + 20 + 41 + CHANNELS);
  expect((await service.claimNow()).value).toBe(BigInt(sum) * PRICE);
  for (const [index, total] of totals) expect(market.node.account(index)?.claimed).toBe(total);
  await market.stop();
  await store.close();
});
