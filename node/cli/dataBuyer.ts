/** `engram data` for buyers: check, buy, open, dispute. */
import type { Hex } from 'viem';
import { checkDataset } from '../../agents/data/checkDataset.ts';
import { DataError } from '../../agents/data/dataError.ts';
import { chunkComplaint, openDataset } from '../../agents/data/openDataset.ts';
import { bytesToHex, prefixedHex } from '../../protocol/bytes.ts';
import { purchaseOf } from '../../sdk/data/escrowCalls.ts';
import { keyHash, newOneTimeKey, unmaskKey } from '../../sdk/data/oneTimeKey.ts';
import { DISPUTE_SECONDS, MAX_DELIVERY_SECONDS, purchaseId } from '../../sdk/data/purchase.ts';
import { SdkError } from '../../sdk/errors.ts';
import type { NodeOptions } from './context.ts';
import { checkAttestation, type DataOptions, dataReader, dataWallet, timeOf } from './dataClients.ts';
import { type BuyersFile, DataFolder, ofData } from './dataFolder.ts';
import { CliError, Exit, progress } from './output.ts';

/** Files against offer and manifest, and the manifest against the attestation: everything a buyer can know before it pays. */
export async function check(path: string, options: NodeOptions): Promise<object> {
  const folder = new DataFolder(path);
  const [offer, manifest] = [folder.offer(), folder.manifest()];
  await ofData(() => checkDataset(folder, offer, manifest));
  if (offer.dataset !== 0) await checkAttestation(offer.dataset, manifest, options);
  else progress('nobody has attested this dataset: what it holds is the seller’s word alone');
  const { name, bytes, sha256 } = manifest;
  return { ...offer, name, bytes, sha256: prefixedHex(sha256), isAttested: offer.dataset !== 0 };
}

export interface BuyOptions extends DataOptions {
  readonly deliverWithin: number;
  readonly disputeSeconds: number;
}

/** The one-time key is stored first; a purchase that was stored and never arrived is sent again as it is. */
export async function buy(path: string, options: BuyOptions): Promise<object> {
  const { deliverWithin, disputeSeconds } = options;
  if (deliverWithin < 1 || deliverWithin > MAX_DELIVERY_SECONDS) {
    throw new CliError(Exit.USAGE, 'BAD_TIME', `--deliver-within: 1 to ${MAX_DELIVERY_SECONDS} s`);
  }
  if (disputeSeconds < DISPUTE_SECONDS.least || disputeSeconds > DISPUTE_SECONDS.most) {
    throw new CliError(Exit.USAGE, 'BAD_TIME', `--dispute: ${DISPUTE_SECONDS.least} to ${DISPUTE_SECONDS.most} s`);
  }
  const client = await dataWallet(options);
  const folder = new DataFolder(path);
  await check(path, options);
  if (!folder.isBought) {
    const own = newOneTimeKey();
    const deliverBy = (await timeOf(options)) + deliverWithin;
    const offer = folder.offer();
    const purchase = purchaseOf(client.account.address, { offer, key: own.point, deliverBy, disputeSeconds });
    folder.writePurchase({ purchase, secret: own.secret, version: 1 });
  }
  const { purchase } = folder.buyers();
  const { status } = await client.getPurchaseState(purchaseId(purchase));
  if (status !== 'unknown')
    throw new CliError(Exit.REFUSED, 'ALREADY_BOUGHT', `purchase ${purchaseId(purchase)} is ${status}`);
  try {
    const { purchase: made, ...result } = await client.buyData(purchase);
    return {
      ...result,
      price: made.offer.price,
      token: made.offer.token,
      seller: made.offer.seller,
      deliverBy: made.deliverBy,
    };
  } catch (error) {
    // refused: nothing was paid, and the next try is a new purchase. Not if an earlier try went through
    const isRefused = error instanceof SdkError && error.code === 'LANE_REVERTED';
    if (isRefused && (await client.getPurchaseState(purchaseId(purchase))).status === 'unknown')
      folder.setPurchaseAside();
    throw error;
  }
}

export interface OpenOptions extends DataOptions {
  readonly out: string;
  readonly accept?: boolean;
}

export async function open(path: string, { out, accept, ...options }: OpenOptions): Promise<object> {
  const folder = new DataFolder(path);
  const bought = folder.buyers();
  const key = await deliveredKey(bought, options);
  const { offer } = bought.purchase;
  if (keyHash(key) !== offer.keyHash) throw deliveredWrong('WRONG_KEY', 'the seller delivered another key');
  const opened = await ofData(() => openDataset({ files: folder, offer, key, out })).catch((error: unknown) => {
    if (error instanceof CliError && error.code === 'BAD_CHUNK') throw deliveredWrong('BAD_CHUNK', error.message);
    throw error;
  });
  const { sha256 } = folder.manifest();
  if (bytesToHex(sha256) !== bytesToHex(opened.sha256)) {
    const found = prefixedHex(opened.sha256);
    // its author said that root and hash belong together: no contract judges that
    throw new CliError(Exit.REFUSED, 'NOT_THE_FILE', `${out} was written, but is not the manifest's file: ${found}`);
  }
  const result = { purchase: purchaseId(bought.purchase), out, bytes: opened.bytes, sha256: prefixedHex(sha256) };
  if (accept !== true) return result;
  const { transactionHash } = await (await dataWallet(options)).releaseData(bought.purchase);
  return { ...result, releasedBy: transactionHash };
}

function deliveredWrong(code: string, why: string): CliError {
  return new CliError(Exit.REFUSED, code, `${why}; engram data dispute gets the money back`);
}

/** Finds out what is wrong with the delivery and proves it; sends nothing if nothing is: that would only publish the key. */
export async function dispute(path: string, options: DataOptions): Promise<object> {
  const folder = new DataFolder(path);
  const bought = folder.buyers();
  const { purchase, secret } = bought;
  const key = await deliveredKey(bought, options);
  const client = await dataWallet(options);
  if (keyHash(key) !== purchase.offer.keyHash) {
    const delivery = await client.getDelivery(purchaseId(purchase));
    return { wrong: 'key', ...(await client.disputeKey({ purchase, delivery, secret })) };
  }
  const index = await firstBadChunk(folder, bought, key);
  if (index === undefined) throw new CliError(Exit.REFUSED, 'NOTHING_WRONG', 'the key opens what was sold');
  progress(`chunk ${index} is not what was sold; the complaint publishes the key`);
  const complaint = await ofData(() => chunkComplaint(folder, { offer: purchase.offer, key, index }));
  return { wrong: 'chunk', chunk: index, ...(await client.disputeChunk({ purchase, complaint })) };
}

async function firstBadChunk(folder: DataFolder, { purchase }: BuyersFile, key: Hex): Promise<number | undefined> {
  try {
    await openDataset({ files: folder, offer: purchase.offer, key });
    return undefined;
  } catch (error) {
    if (error instanceof DataError && error.code === 'BAD_CHUNK') return Number(error.data.index);
    return ofData(() => Promise.reject(error));
  }
}

/** @throws SdkError NOT_FOUND before the delivery */
async function deliveredKey({ purchase, secret }: BuyersFile, options: NodeOptions): Promise<Hex> {
  const id = purchaseId(purchase);
  const delivery = await (await dataReader(options)).getDelivery(id);
  return unmaskKey(delivery, id, { secret });
}
