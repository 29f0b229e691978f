/** `engram data` for sellers: prepare, offer, deliver. */
import { basename, dirname, join } from 'node:path';
import type { Hex } from 'viem';
import { shapeOf } from '../../agents/data/chunks.ts';
import { manifestHash } from '../../agents/data/manifest.ts';
import { newSecret, prepareDataset } from '../../agents/data/prepareDataset.ts';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { keyHash } from '../../sdk/data/oneTimeKey.ts';
import type { DataOffer, DataPurchase } from '../../sdk/data/purchase.ts';
import { offerJson } from '../../sdk/data/purchaseJson.ts';
import { checkAttestation, type DataOptions, dataWallet, purchaseById, timeOf } from './dataClients.ts';
import { DataFolder, ofData } from './dataFolder.ts';
import { ethereumAccount } from './laneClients.ts';
import type { OutputOptions } from './output.ts';
import { CliError, Exit, progress } from './output.ts';

/** One line of progress a step. */
const STEP_BYTES = 256 * 1024 * 1024;

export interface PrepareOptions extends OutputOptions {
  readonly out: string;
  readonly name?: string;
  readonly saltsOf?: string;
}

export async function prepare(file: string, { out, name, saltsOf }: PrepareOptions): Promise<object> {
  const folder = new DataFolder(out);
  folder.create();
  const fresh = newSecret();
  const secret = saltsOf === undefined ? fresh : { ...fresh, saltSeed: new DataFolder(saltsOf).sellers().saltSeed };
  let told = 0;
  const { manifest, offer } = await ofData(() =>
    prepareDataset({
      file,
      cipherFile: folder.cipherFile,
      leavesFile: folder.leavesFile,
      name: name ?? basename(file),
      secret,
      onProgress: (bytes) => {
        if (bytes - told < STEP_BYTES) return;
        told = bytes;
        progress(`${Math.floor(bytes / 2 ** 20)} MiB`);
      },
    }),
  );
  folder.writePrepared(manifest, { ...secret, cipherRoot: hexToBytes(offer.cipherRoot), version: 1 });
  return {
    ...offer,
    bytes: manifest.bytes,
    sha256: prefixedHex(manifest.sha256),
    manifest: folder.manifestFile,
    manifestSha256: prefixedHex(manifestHash(manifest)),
    secret: join(dirname(folder.manifestFile), 'secret.json'),
  };
}

export interface OfferOptions extends DataOptions {
  readonly price: bigint;
  readonly token: number;
  readonly dataset?: number;
  readonly seller?: Hex;
}

export async function offer(path: string, options: OfferOptions): Promise<object> {
  const { price, token, dataset = 0 } = options;
  const folder = new DataFolder(path);
  const [manifest, secret] = [folder.manifest(), folder.sellers()];
  if (price === 0n) throw new CliError(Exit.USAGE, 'BAD_PRICE', 'an escrow wants a price');
  if (dataset !== 0) await checkAttestation(dataset, manifest, options);
  const seller = options.seller ?? ethereumAccount(options).address;
  const made: DataOffer = {
    dataset,
    plainRoot: prefixedHex(manifest.plainRoot),
    cipherRoot: prefixedHex(secret.cipherRoot),
    ...shapeOf(manifest.bytes),
    keyHash: keyHash(prefixedHex(secret.key)),
    token,
    price,
    seller,
  };
  folder.writeOffer(made);
  const give = [folder.cipherFile, folder.leavesFile, folder.manifestFile, folder.offerFile];
  return { ...made, give };
}

/** Tags of blocks: what the sequencer says, what is on L1, what is proven and attested. */
export const FINALITIES = ['latest', 'safe', 'finalized'] as const;
type Finality = (typeof FINALITIES)[number];

export interface DeliverOptions extends DataOptions {
  readonly purchase?: Hex;
  readonly maxDisputeSeconds: number;
  /** A delivery is sent so long before its deadline. */
  readonly marginSeconds: number;
  readonly finality: Finality;
}

interface Skipped {
  readonly id: Hex;
  readonly reason: string;
}

/** Every purchase of the offer that waits for its key, or one. */
export async function deliver(path: string, options: DeliverOptions): Promise<object> {
  const folder = new DataFolder(path);
  const [mine, secret] = [folder.offer(), folder.sellers()];
  const client = await dataWallet(options);
  const purchases =
    options.purchase === undefined
      ? await client.findPurchases({ seller: mine.seller })
      : [await purchaseById(client, options.purchase)];
  // a delivery is public as soon as it is sent: the money had better be there to stay
  const { number: final } = await client.getBlock({ blockTag: options.finality });
  const time = await timeOf(options);
  const delivered: object[] = [];
  const skipped: Skipped[] = [];
  for (const { id, purchase, block } of purchases) {
    const isFinal = block <= final;
    const reason =
      whyNot(purchase, { mine, time, ...options }) ??
      (isFinal ? undefined : `its block is not ${options.finality} yet`);
    const { status } = await client.getPurchaseState(id);
    if (status !== 'bought') {
      if (options.purchase !== undefined) skipped.push({ id, reason: `it is ${status}` });
    } else if (reason !== undefined) {
      skipped.push({ id, reason });
    } else {
      const { transactionHash, gasUsed, fee } = await client.deliverData({ purchase, key: prefixedHex(secret.key) });
      delivered.push({
        purchase: id,
        buyer: purchase.buyer,
        price: purchase.offer.price,
        transactionHash,
        gasUsed,
        fee,
      });
    }
  }
  if (options.purchase !== undefined && delivered.length === 0) {
    throw new CliError(Exit.REFUSED, 'NOT_DELIVERED', skipped.map(({ reason }) => reason).join(', '));
  }
  return { delivered, skipped };
}

/** A purchase is the buyer's words: its offer must be ours to the last bit, and its times ones that we accept. */
function whyNot(
  purchase: DataPurchase,
  {
    mine,
    time,
    maxDisputeSeconds,
    marginSeconds,
  }: { mine: DataOffer; time: number; maxDisputeSeconds: number; marginSeconds: number },
): string | undefined {
  const [theirs, ours] = [purchase.offer, mine].map((each) => JSON.stringify(offerJson.encode(each)));
  if (theirs !== ours) return 'it is of another offer';
  if (purchase.deliverBy <= time) return 'its time for the delivery is over';
  // a delivery that comes too late fails, and its calldata give the key away all the same
  if (purchase.deliverBy - marginSeconds < time)
    return `its time for the delivery is over in less than ${marginSeconds} s`;
  if (purchase.disputeSeconds > maxDisputeSeconds) return `disputes of ${purchase.disputeSeconds} s are too long`;
  return undefined;
}
