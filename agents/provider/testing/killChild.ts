/** A provider in a process of its own, on a ledger that does not outlive it; told by messages. For kill.test.ts. */

import { systemClock } from '../../../chain/clock.ts';
import { openLevel } from '../../../chain/db.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { bytesToHex, hexToBytes } from '../../../protocol/bytes.ts';
import { decodeVoucher } from '../../../protocol/receipts/receiptCodec.ts';
import { providerOptions } from '../options.ts';
import { ProviderService } from '../providerService.ts';
import { FakeRunner } from './fakeRunner.ts';
import { bob, get, infer, Market } from './fixture.ts';

export interface Ask {
  readonly id: number;
  readonly voucher: string;
  readonly input: string;
}

export interface Told {
  readonly id: number;
  readonly status: number;
  readonly receipt: string | undefined;
  readonly body: string;
}

/** The ledger of the test: every process makes the same one. */
export async function killMarket(channels: number): Promise<{ market: Market; indices: readonly number[] }> {
  const market = await Market.open();
  const indices: number[] = [];
  for (let n = 0; n < channels; n += 1) indices.push((await market.openChannel(1_000_000n)).index);
  return { market, indices };
}

const [, , path, channels] = process.argv;
if (process.send !== undefined && path !== undefined) {
  const { market } = await killMarket(Number(channels));
  const service = await ProviderService.start(
    providerOptions({ model: market.model, price: 100n, pollMs: 60_000, limits: { concurrency: 8 } }),
    {
      ...{ client: market.clientOf(bob), account: bob, runner: new FakeRunner(), store: await openLevel(path) },
      ...{ log: silentLogger, clock: systemClock },
    },
  );
  process.on('message', ({ id, voucher, input }: Ask) => {
    void service.handle(infer(decodeVoucher(hexToBytes(voucher)), hexToBytes(input))).then((response) => {
      const { 'engram-receipt': receipt } = response.headers;
      process.send?.({ id, status: response.status, receipt, body: bytesToHex(response.body) } satisfies Told);
    });
  });
  process.send((await service.handle(get('/v1/health'))).status);
}
