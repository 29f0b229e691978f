/** A sale as files: what the seller keeps, what it gives to anybody, what the buyer keeps. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataError } from '../../agents/data/dataError.ts';
import { type Manifest, manifestText, parseManifest } from '../../agents/data/manifest.ts';
import type { DatasetSecret } from '../../agents/data/prepareDataset.ts';
import { big, hexBytes, type JsonCodec, object, oneOf } from '../../protocol/json.ts';
import { type DataOffer, type DataPurchase, purchaseId } from '../../sdk/data/purchase.ts';
import { offerJson, purchaseJson } from '../../sdk/data/purchaseJson.ts';
import { readJson } from './files.ts';
import { CliError, Exit } from './output.ts';

/** The seller's; `cipherRoot` saves reading the whole file again. */
export interface SellersFile extends DatasetSecret {
  readonly cipherRoot: Uint8Array;
  readonly version: 1;
}

/** The buyer's: with `secret` whoever sees the delivery has the key. */
export interface BuyersFile {
  readonly purchase: DataPurchase;
  readonly secret: bigint;
  readonly version: 1;
}

const version = oneOf([1] as const);
const sellersJson = object<SellersFile>({
  key: hexBytes(32),
  saltSeed: hexBytes(32),
  cipherRoot: hexBytes(32),
  version,
});
const buyersJson = object<BuyersFile>({ purchase: purchaseJson, secret: big, version });

export class DataFolder {
  readonly cipherFile: string;
  readonly leavesFile: string;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.cipherFile = join(path, 'data.cipher');
    this.leavesFile = join(path, 'data.leaves');
  }

  get manifestFile(): string {
    return join(this.#path, 'manifest.json');
  }

  get offerFile(): string {
    return join(this.#path, 'offer.json');
  }

  get #sellersFile(): string {
    return join(this.#path, 'secret.json');
  }

  get #buyersFile(): string {
    return join(this.#path, 'purchase.json');
  }

  /** @throws CliError EXISTS: something was prepared here, and its key may be sold; BAD_FILE */
  create(): void {
    if (existsSync(this.#sellersFile)) {
      throw new CliError(Exit.USAGE, 'EXISTS', `${this.#sellersFile} is there: its key may have been sold`);
    }
    try {
      mkdirSync(this.#path, { recursive: true });
    } catch (cause) {
      throw new CliError(Exit.USAGE, 'BAD_FILE', `${this.#path} cannot be made`, { cause });
    }
  }

  writePrepared(manifest: Manifest, secret: SellersFile): void {
    this.#write(this.#sellersFile, sellersJson, secret, 'wx');
    // no line end: its hash is that of the bytes
    writeFileSync(this.manifestFile, manifestText(manifest));
  }

  writeOffer(offer: DataOffer): void {
    writeFileSync(this.offerFile, `${JSON.stringify(offerJson.encode(offer), null, 2)}\n`);
  }

  /** Before anything is sent: without the secret the purchase is worth nothing. */
  writePurchase(file: BuyersFile): void {
    this.#write(this.#buyersFile, buyersJson, file, 'wx');
  }

  /** Makes room for another purchase; the secret of this one stays, under the purchase's id. */
  setPurchaseAside(): void {
    const { purchase } = this.buyers();
    renameSync(this.#buyersFile, join(this.#path, `purchase.${purchaseId(purchase).slice(2, 18)}.json`));
  }

  /** @throws CliError BAD_FILE */
  manifest(): Manifest {
    try {
      return parseManifest(readFileSync(this.manifestFile, 'utf8'));
    } catch (cause) {
      throw new CliError(Exit.USAGE, 'BAD_FILE', `${this.manifestFile} is no manifest`, { cause });
    }
  }

  /** @throws CliError BAD_FILE */
  offer(): DataOffer {
    return readJson(this.offerFile, offerJson.decode);
  }

  /** @throws CliError BAD_FILE */
  sellers(): SellersFile {
    return readJson(this.#sellersFile, sellersJson.decode);
  }

  /** @throws CliError BAD_FILE */
  buyers(): BuyersFile {
    return readJson(this.#buyersFile, buyersJson.decode);
  }

  get isBought(): boolean {
    return existsSync(this.#buyersFile);
  }

  #write<T>(path: string, codec: JsonCodec<T>, value: T, flag: 'wx'): void {
    try {
      writeFileSync(path, `${JSON.stringify(codec.encode(value), null, 2)}\n`, { mode: 0o600, flag });
    } catch (cause) {
      throw new CliError(Exit.USAGE, 'BAD_FILE', `${path} cannot be written`, { cause });
    }
  }
}

/** What agents/data refuses, with an exit code. */
export async function ofData<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const isFile = error.code === 'FILE' || error.code === 'BAD_LENGTH';
    const message = error.message.slice(error.code.length).trim() || error.code;
    throw new CliError(isFile ? Exit.USAGE : Exit.REFUSED, error.code, message, { cause: error });
  }
}
