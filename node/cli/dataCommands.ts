import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Hex } from 'viem';
import { type DataPurchase, purchaseId } from '../../sdk/data/purchase.ts';
import { columns } from './columns.ts';
import { type NodeOptions, withDev, withJson, withNode } from './context.ts';
import { type BuyOptions, buy, check, dispute, type OpenOptions, open } from './dataBuyer.ts';
import { type DataOptions, dataReader, dataWallet, purchaseById, timeOf } from './dataClients.ts';
import { DataFolder } from './dataFolder.ts';
import {
  type DeliverOptions,
  deliver,
  FINALITIES,
  type OfferOptions,
  offer,
  type PrepareOptions,
  prepare,
} from './dataSeller.ts';
import { withEthereumKey } from './laneClients.ts';
import { CliError, Exit, guarded, lines } from './output.ts';
import { address, amount, count, hash, index } from './parsers.ts';
import { date, money } from './units.ts';

const DAY = 86_400;

/** `engram data`: datasets, encrypted, sold for their key. */
export function registerDataCommands(program: Command): void {
  const data = program.command('data').description('datasets, encrypted, sold for their key (docs/ai.md section 7)');
  const signing = (command: Command): Command => withDev(withEthereumKey(withNode(command)));
  registerSelling(data, signing);
  registerBuying(data, signing);
  registerMoney(data, signing);
}

type Signing = (command: Command) => Command;

function registerSelling(data: Command, signing: Signing): void {
  withJson(data.command('prepare'))
    .description('encrypt a file for sale; attest it with its manifest as provenance before you offer it')
    .argument('<file>', 'the dataset; it stays as it is')
    .requiredOption('--out <folder>', 'for the encrypted file, its leaves, the manifest and the secret')
    .option('--name <text>', 'in the manifest; default: the file’s name')
    .option('--salts-of <folder>', 'a folder prepared before: the same manifest, another key')
    .action((file: string, options: PrepareOptions) => guarded(options, () => prepare(file, options), lines));
  signing(data.command('offer'))
    .description('write the offer; give it away with the encrypted file, the leaves and the manifest')
    .argument('<folder>', 'prepared')
    .requiredOption('--price <amount>', 'base units, or with wei, gwei, ether', amount)
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--dataset <index>', 'its attestation; it is compared', index)
    .option('--seller <address>', 'who delivers and is paid; default: the key’s', address)
    .action((folder: string, options: OfferOptions) => guarded(options, () => offer(folder, options), lines));
  signing(data.command('deliver'))
    .description('give the key to whoever bought it; all purchases of the offer, or one')
    .argument('<folder>', 'prepared and offered')
    .option('--purchase <id>', 'this one', hash)
    .option('--max-dispute <seconds>', 'leave out purchases with a longer time for disputes', count, 7 * DAY)
    .option(
      '--margin <seconds>',
      'leave out purchases whose time for the delivery ends sooner: what comes too late shows the key for nothing',
      count,
      120,
    )
    .addOption(
      new Option(
        '--finality <tag>',
        'deliver once the purchase’s block is so final: a delivery that was sent is public',
      )
        .choices([...FINALITIES])
        .default('safe' satisfies (typeof FINALITIES)[number]),
    )
    .action(
      (folder: string, { maxDispute, margin, ...options }: DeliverOptions & { maxDispute: number; margin: number }) =>
        guarded(
          options,
          () => deliver(folder, { ...options, maxDisputeSeconds: maxDispute, marginSeconds: margin }),
          lines,
        ),
    );
}

function registerBuying(data: Command, signing: Signing): void {
  withNode(data.command('check'))
    .description('the files of an offer against the offer, the manifest and the attestation')
    .argument('<folder>', 'with offer, manifest, encrypted file and leaves')
    .action((folder: string, options: NodeOptions) => guarded(options, () => check(folder, options), lines));
  signing(data.command('buy'))
    .description('check, then put the price into escrow; keeps the one-time key in the folder')
    .argument('<folder>', 'with offer, manifest, encrypted file and leaves')
    .option('--deliver-within <seconds>', 'after that the price can be taken back; at most 30 days', count, DAY)
    .option('--dispute <seconds>', 'your time to look at what was delivered; 1 to 30 days', count, DAY)
    .action((folder: string, { dispute: disputeSeconds, ...options }: BuyOptions & { dispute: number }) =>
      guarded(options, () => buy(folder, { ...options, disputeSeconds }), lines),
    );
  signing(data.command('open'))
    .description('decrypt what was bought and check every byte')
    .argument('<folder>', 'of the purchase')
    .requiredOption('--out <file>', 'where the dataset goes')
    .option('--accept', 'pay the seller now if all is right')
    .action((folder: string, options: OpenOptions) => guarded(options, () => open(folder, options), lines));
  signing(data.command('dispute'))
    .description('prove that the key or a chunk is not what was sold, and have the price back')
    .argument('<folder>', 'of the purchase')
    .action((folder: string, options: DataOptions) => guarded(options, () => dispute(folder, options), lines));
}

function registerMoney(data: Command, signing: Signing): void {
  withNode(data.command('purchases'))
    .description('of a seller or a buyer, earliest first')
    .option('--seller <address>', 'default: anybody', address)
    .option('--buyer <address>', 'default: anybody', address)
    .action((options: ListOptions) =>
      guarded(
        options,
        () => purchases(options),
        (result) => purchaseList(result.purchases),
      ),
    );
  signing(data.command('release'))
    .description('the price becomes the seller’s: by the buyer, or by anyone after the time for disputes')
    .argument('<folder|id>', 'of the purchase')
    .action((what: string, options: DataOptions) =>
      guarded(options, async () => (await dataWallet(options)).releaseData(await purchaseOf(what, options)), lines),
    );
  signing(data.command('refund'))
    .description('the price becomes the buyer’s: by the seller, or by anyone if nothing was delivered in time')
    .argument('<folder|id>', 'of the purchase')
    .action((what: string, options: DataOptions) =>
      guarded(options, async () => (await dataWallet(options)).refundData(await purchaseOf(what, options)), lines),
    );
  signing(data.command('withdraw'))
    .description('take what the escrow owes the key’s address')
    .option('--token <id>', 'token id; 0 is ETH', count, 0)
    .option('--to <address>', 'default: the sender', address)
    .action((options: WithdrawOptions) => guarded(options, () => withdraw(options), lines));
}

interface WithdrawOptions extends DataOptions {
  readonly token: number;
  readonly to?: Hex;
}

async function withdraw({ token, to, ...options }: WithdrawOptions): Promise<object> {
  const client = await dataWallet(options);
  const owner = client.account.address;
  const sum = await client.getDataCredit({ owner, token });
  if (sum === 0n) throw new CliError(Exit.NOT_FOUND, 'NOTHING_OWED', `the escrow owes ${owner} nothing`);
  const { transactionHash, gasUsed, fee } = await client.withdrawData({ token, to: to ?? owner });
  return { to: to ?? owner, token, amount: sum, transactionHash, gasUsed, fee };
}

interface ListOptions extends NodeOptions {
  readonly seller?: Hex;
  readonly buyer?: Hex;
}

type Listed = Awaited<ReturnType<typeof purchases>>['purchases'][number];

async function purchases(options: ListOptions) {
  const client = await dataReader(options);
  const { seller, buyer } = options;
  const found = await client.findPurchases({ ...(seller && { seller }), ...(buyer && { buyer }) });
  const time = await timeOf(options);
  const listed = await Promise.all(
    found.map(async ({ id, purchase, block }) => {
      const { status, disputeUntil } = await client.getPurchaseState(id);
      const isDue = (status === 'bought' ? purchase.deliverBy : disputeUntil) < time;
      return {
        id,
        status,
        block,
        disputeUntil,
        isDue: isDue && (status === 'bought' || status === 'delivered'),
        purchase,
      };
    }),
  );
  return { purchases: listed };
}

function purchaseList(found: readonly Listed[]): string {
  if (found.length === 0) return 'no purchases';
  const rows = found.map(({ id, status, purchase: { offer: sold, buyer, deliverBy }, disputeUntil }) => {
    const until = status === 'bought' ? date(deliverBy) : status === 'delivered' ? date(disputeUntil) : '';
    return [id, status, until, money(sold.price, sold.token), sold.seller, buyer];
  });
  return columns([['purchase', 'status', 'until', 'price', 'seller', 'buyer'], ...rows]);
}

/** Of a folder in which it was bought, or by its id. @throws CliError BAD_FILE, UNKNOWN_PURCHASE */
async function purchaseOf(what: string, options: NodeOptions): Promise<DataPurchase> {
  if (existsSync(what)) {
    const { purchase } = new DataFolder(what).buyers();
    const { status } = await (await dataReader(options)).getPurchaseState(purchaseId(purchase));
    if (status !== 'unknown') return purchase;
    throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_PURCHASE', `${what}: it was never bought`);
  }
  if (!/^0x[0-9a-fA-F]{64}$/.test(what)) {
    throw new CliError(Exit.USAGE, 'BAD_FILE', `${what} is no folder, and no id of a purchase`);
  }
  return (await purchaseById(await dataReader(options), what as Hex)).purchase; // by the pattern
}
