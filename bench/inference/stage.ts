/** What bench/inference.ts measures: one model served bare and against vouchers, by the same HTTP server and the same threads. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { Gate } from '../../agents/provider/gate.ts';
import { startHttp } from '../../agents/provider/http.ts';
import { DEFAULT_LIMITS, providerOptions } from '../../agents/provider/options.ts';
import { noMetrics } from '../../agents/provider/providerMetrics.ts';
import { ProviderService } from '../../agents/provider/providerService.ts';
import { bytesResponse } from '../../agents/provider/requests.ts';
import { systemClock } from '../../chain/clock.ts';
import { openLevel } from '../../chain/db.ts';
import { silentLogger } from '../../chain/logger.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { voucherSeed } from '../../sdk/channels/voucherSeed.ts';
import { createLedgerClient } from '../../sdk/client.ts';
import { FakeNode } from '../../sdk/testing/fakeNode.ts';
import type { Payer, Round, RoundResult } from './load.ts';

export const PRICE = 10n;
const DEPOSIT = 10n ** 12n;

export interface Stage {
  readonly bareUrl: string;
  readonly paidUrl: string;
  readonly payers: readonly Payer[];
  load(round: Omit<Round, 'price'>): Promise<RoundResult>;
  stop(): Promise<void>;
}

export async function openStage(
  modelFile: string,
  options: { readonly workers: number; readonly payers: number },
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'engram-bench-'));
  const runner = await ModelRunner.load(modelFile, { workers: options.workers });
  const db = await openLevel(join(folder, 'books'));
  const limits = { ...DEFAULT_LIMITS, concurrency: options.workers, inputBytes: 8 * 2 ** 20 };
  const common = { log: silentLogger, metrics: noMetrics };
  const gate = new Gate(limits, { nowMs: () => performance.now() });
  const bare = await startHttp(
    { host: '127.0.0.1', port: 0, trustProxy: false, limits },
    {
      ...common,
      handle: async ({ body }) => bytesResponse(await gate.run(() => runner.run(body))),
      precheck: () => undefined,
    },
  );
  const ledger = await openLedger(runner.sha256, options.payers);
  const paid = await ProviderService.start(
    providerOptions({ model: ledger.model, price: PRICE, pollMs: 3_600_000, limits }),
    {
      ...common,
      ...{ client: ledger.client, account: ledger.provider, runner, store: db, clock: systemClock },
    },
  );
  const client = fork(fileURLToPath(new URL('./loadWorker.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  return {
    bareUrl: bare.url,
    paidUrl: paid.url,
    payers: ledger.payers,
    load: (round) => loaded(client, { ...round, price: PRICE.toString() }),
    stop: async () => {
      client.disconnect();
      client.kill();
      await Promise.all([bare.stop(), paid.stop()]);
      await Promise.all([runner.close(), db.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function loaded(client: ChildProcess, round: Round): Promise<RoundResult> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new RangeError('the loading process ended'));
    client.once('exit', onExit);
    client.once('message', (message: RoundResult | { error: string }) => {
      client.off('exit', onExit);
      if ('error' in message) reject(new RangeError(message.error));
      else resolve(message);
    });
    client.send(round);
  });
}

async function openLedger(sha256: Uint8Array, count: number) {
  const node = new FakeNode();
  const [consumer, provider] = [ledgerAccount(actor(1)), ledgerAccount(actor(2))];
  const clientOf = (account: typeof consumer) =>
    createLedgerClient({ chain: node.chain, transport: node.transport(), account, pollingIntervalMs: 1 });
  node.deposit(consumer, DEPOSIT * BigInt(count + 1));
  const payee = node.deposit(provider, 1_000n);
  const { index: model } = await clientOf(provider).attest({ sha256, subtype: Subtype.MODEL });
  const payers: Payer[] = [];
  for (let n = 0; n < count; n += 1) {
    const { index: channel } = await clientOf(consumer).openChannel({ provider: payee, model, amount: DEPOSIT });
    const providerKey = [provider.key[0].toString(), provider.key[1].toString()] as const;
    const seed = bytesToHex(voucherSeed(consumer));
    payers.push({ channel, model, providerKey, domain: node.domain.toString(), limit: DEPOSIT.toString(), seed });
  }
  return { model, provider, payers, client: clientOf(provider) };
}
