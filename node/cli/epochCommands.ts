import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { nodePort } from '../../agents/evaluator/chainPort.ts';
import { Keeper, type KeeperReport } from '../../agents/evaluator/keeper.ts';
import { openLevel } from '../../chain/db.ts';
import type { ServiceLedger } from '../../protocol/epochs/serviceLedger.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { type LedgerKeyOptions, ledgerSeed, withDev, withLedgerKey } from './context.ts';
import {
  explained,
  type LedgerOptions,
  placeOf,
  readService,
  serviceLedger,
  withServiceLedger,
} from './epochLedger.ts';
import { epochJson, epochView, verdictJson, verdictView } from './epochViews.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { count } from './parsers.ts';
import { serviceOf } from './serviceCommands.ts';
import { stopSignal } from './signals.ts';

interface PayOptions extends LedgerOptions, LedgerKeyOptions {
  readonly epoch?: number;
  readonly dataDir: string;
  readonly wait?: boolean;
  readonly pollSeconds: number;
}

/** A number, or `last`: the last one that is over. */
type Which = number | 'last';

function which(text: string): Which {
  if (text === 'last') return text;
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('expected the number of an epoch, or last');
  return Number(text);
}

/** `engram epoch …`: what epochs of a service come to, paying them, and whether they were paid. */
export function registerEpochCommands(program: Command): void {
  const epoch = program.command('epoch').description('epochs of a service: results, payouts, verification');
  withServiceLedger(epoch.command('show'))
    .description('who took part, which scores counted, what is due and what was paid')
    .argument('[epoch]', 'its number, or last', which, 'last')
    .action((what: Which, options: LedgerOptions) => guarded(options, () => show(what, options), epochView));
  withServiceLedger(epoch.command('verify'))
    .description('whether the keeper paid exactly what is due; exit code 1 if somebody got something else')
    .argument('[epoch]', 'its number, or last', which, 'last')
    .action((what: Which, options: LedgerOptions) =>
      guarded(
        options,
        () => verify(what, options),
        ({ token, ...verdict }) => verdictView(verdict, token),
      ),
    );
  withDev(withLedgerKey(withServiceLedger(epoch.command('pay'))))
    .description('pay what is due of epochs that are over, once; the service’s owner signs')
    .option('--epoch <n>', 'only this one; default: all of the last eight', count)
    .requiredOption('--data-dir <dir>', 'what was signed: without it an epoch could be paid twice')
    .option('--wait', 'return once it is paid in proven batches')
    .option('--poll-seconds <n>', 'pause between looks at the ledger', count, 5)
    .action((options: PayOptions) => guarded(options, () => pay(options), payView));
}

/** The epoch that is meant, in a ledger that keeps it. */
async function found(what: Which, options: LedgerOptions): Promise<{ ledger: ServiceLedger; epoch: number }> {
  const ledger = await serviceLedger(options, what === 'last' ? undefined : what);
  const epoch = what === 'last' ? ledger.currentEpoch - 1 : what;
  if (epoch < 0) throw new CliError(Exit.NOT_FOUND, 'EPOCH_OPEN', 'no epoch is over by proven batches');
  return { ledger, epoch };
}

async function show(what: Which, options: LedgerOptions) {
  const { ledger, epoch } = await found(what, options);
  try {
    return epochJson(ledger.payout(epoch), ledger.verify(epoch), ledger.service?.token ?? 0);
  } catch (error) {
    throw explained(error);
  }
}

async function verify(what: Which, options: LedgerOptions) {
  const { ledger, epoch } = await found(what, options);
  try {
    const verdict = ledger.verify(epoch);
    if (verdict.status === 'wrong') process.exitCode = Exit.REFUSED;
    return { ...verdictJson(verdict), token: ledger.service?.token ?? 0 };
  } catch (error) {
    throw explained(error);
  }
}

async function pay(options: PayOptions) {
  const { service, dataDir, rpc: rpcUrl, epoch } = options;
  const document = readService(options.document);
  const account = ledgerAccount({ seed: ledgerSeed(options) });
  const client = await createEngramClient({ rpcUrl, account });
  const { owner } = await serviceOf(new RpcClient(rpcUrl), service);
  const keeper = await client.getAccount(owner);
  if (keeper.a !== account.key[0] || keeper.b !== account.key[1]) {
    throw new CliError(
      Exit.REFUSED,
      'NOT_THE_KEEPER',
      `the service is account ${owner}’s, and the key given is not its key`,
    );
  }
  mkdirSync(dataDir, { recursive: true });
  const db = await openLevel(dataDir);
  const { signal, release } = stopSignal();
  try {
    const domain = domainOf(client.chain);
    // A node that lies about batches would make the keeper pay whom it likes: --from-l1 believes none.
    const { source } = await placeOf(options);
    const deps = { chain: nodePort(client, account), source, db };
    const one = await Keeper.open({ service, document, domain, account: owner as AccountIndex }, deps); // of a live account's terms
    const step = async (): Promise<KeeperReport[]> =>
      epoch === undefined ? one.step(signal) : [await one.pay(epoch, signal)];
    let reports = await step();
    while (options.wait === true && reports.some(({ state }) => state === 'waiting')) {
      progress('waiting until it is proven');
      await sleep(options.pollSeconds * 1_000, undefined, { signal });
      reports = await step();
    }
    return {
      service,
      token: keeper.token,
      epochs: reports.map(({ state, verdict }) => ({ state, ...verdictJson(verdict) })),
    };
  } catch (error) {
    throw explained(error);
  } finally {
    release();
    await db.close();
  }
}

function payView({ epochs, token }: Awaited<ReturnType<typeof pay>>): string {
  if (epochs.length === 0) return 'no epoch is over by proven batches';
  return epochs
    .map(({ state, ...verdict }) =>
      state === 'waiting' ? `epoch ${verdict.epoch}: sent, not yet proven` : verdictView(verdict, token),
    )
    .join('\n');
}
