/** DataEscrow on a plain EthereumJS VM, and datasets in memory that may lie. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatHex, encodeFunctionData, type Hex, keccak256, toHex } from 'viem';
import { artifact, compile, readSources } from '../../../genesis/compiler.ts';
import { DATA_ESCROW_ABI } from '../../../genesis/predeploys/dataEscrowAbi.ts';
import { genesisState, loadSpec } from '../../../genesis/spec.ts';
import { errorName, type Outcome, TestLane } from '../../../genesis/testing/lane.ts';
import { prefixedHex } from '../../../protocol/bytes.ts';
import { keyHash, type OneTimeKey, oneTimeKey } from '../../../sdk/data/oneTimeKey.ts';
import {
  CHUNK_BYTES,
  type ChunkComplaint,
  type DataOffer,
  type DataPurchase,
  purchaseId,
} from '../../../sdk/data/purchase.ts';
import { ChunkTree, leafHash } from '../chunkTree.ts';
import { Keystream } from '../keystream.ts';

const here = dirname(fileURLToPath(import.meta.url));
const predeploys = join(here, '..', '..', '..', 'genesis', 'predeploys', 'contracts');

export const ESCROW: Hex = '0x00000000000000000000000000000000000e5c40';
export const REFUSER: Hex = '0x00000000000000000000000000000000000e5c41';
export const REENTERER: Hex = '0x00000000000000000000000000000000000e5c42';
export const SELLER: Hex = '0x0000000000000000000000000000000000005e11';
export const BUYER: Hex = '0x000000000000000000000000000000000000b0ee';
export const STRANGER: Hex = '0x000000000000000000000000000000000000dddd';
export const NOW = 1_800_000_000;
export const DAY = 86_400;

export const BUYERS_KEY: OneTimeKey = oneTimeKey(0xb0b0n ** 9n);
export const SELLERS_KEY: OneTimeKey = oneTimeKey(0x5e11n ** 13n);

/** The contract's sources, compiled alone as the predeploy is. */
async function buildEscrow() {
  const sources = await readSources(predeploys, (file) => file.endsWith('DataEscrow.sol'));
  return compile(sources);
}

async function buildBuyers() {
  const own = await readSources(join(here, 'contracts'));
  return compile({ ...own, ...(await readSources(predeploys, (file) => file === 'IDataEscrow.sol')) });
}

export class EscrowWorld {
  readonly lane: TestLane;

  private constructor(lane: TestLane) {
    this.lane = lane;
  }

  /** @param createEvm an EVM other than EthereumJS's own */
  static async create(createEvm?: Parameters<typeof TestLane.create>[1]): Promise<EscrowWorld> {
    const [spec, escrow, buyers] = await Promise.all([loadSpec('devnet'), buildEscrow(), buildBuyers()]);
    const accounts = [
      { address: ESCROW, code: artifact(escrow, 'DataEscrow').runtime },
      { address: REFUSER, code: artifact(buyers, 'Refuser').runtime },
      { address: REENTERER, code: artifact(buyers, 'Reenterer').runtime },
    ].map((each) => ({ ...each, balance: 0n, nonce: 1 }));
    return new EscrowWorld(await TestLane.create(await genesisState({ ...spec, accounts }), createEvm));
  }

  /** `from` calls the escrow. The general form of a call: the tests send what no typed client would. */
  send(from: Hex, functionName: string, args: readonly unknown[], value = 0n): Promise<Outcome> {
    return this.lane.send({ from, to: ESCROW, data: callData(functionName, args), value });
  }

  /** What a call is refused with; "" if it is not. */
  async refusal(from: Hex, functionName: string, args: readonly unknown[], value = 0n): Promise<string> {
    const outcome = await this.send(from, functionName, args, value);
    return outcome.isSuccess ? '' : errorName(DATA_ESCROW_ABI, outcome.returned);
  }

  /** @throws TypeError if it is refused */
  async must(from: Hex, functionName: string, args: readonly unknown[], value = 0n): Promise<Outcome> {
    const outcome = await this.send(from, functionName, args, value);
    if (!outcome.isSuccess) throw new TypeError(`${functionName}: ${errorName(DATA_ESCROW_ABI, outcome.returned)}`);
    return outcome;
  }

  async buy(purchase: DataPurchase): Promise<Outcome> {
    const { offer, buyer, key, deliverBy, disputeSeconds } = purchase;
    return this.must(buyer, 'buy', [offer, key, deliverBy, disputeSeconds], offer.token === 0 ? offer.price : 0n);
  }

  async status(purchase: DataPurchase): Promise<number> {
    const [status] = (await this.lane.read(DATA_ESCROW_ABI, ESCROW, 'stateOf', [purchaseId(purchase)])) as [number];
    return status;
  }

  async credit(owner: Hex, token = 0): Promise<bigint> {
    return (await this.lane.read(DATA_ESCROW_ABI, ESCROW, 'credit', [token, owner])) as bigint; // by the ABI
  }
}

export function callData(functionName: string, args: readonly unknown[]): Hex {
  return encodeFunctionData({ abi: DATA_ESCROW_ABI, functionName, args } as Parameters<typeof encodeFunctionData>[0]);
}

export interface DatasetOptions {
  readonly seed?: number;
  readonly chunks?: number;
  readonly lastLength?: number;
  /** Encrypted is something else than what its leaf says. */
  readonly isWrongAt?: number;
}

/** Chunks, encrypted and not, with both trees; all from the seed. */
export class Dataset {
  readonly key: Hex;
  readonly offer: DataOffer;
  readonly cipherChunks: readonly Uint8Array[];
  readonly leaves: readonly Uint8Array[];

  constructor({ seed = 1, chunks = 5, lastLength = 100, isWrongAt }: DatasetOptions = {}) {
    this.key = keccak256(concatHex(['0x6b', toHex(seed, { size: 4 })]));
    const plain = Array.from({ length: chunks }, (_, i) => {
      const length = i === chunks - 1 ? lastLength : CHUNK_BYTES;
      return Uint8Array.from({ length }, (_byte, at) => (seed * 31 + i * 17 + at * 7) % 256);
    });
    this.leaves = plain.map(leafHash);
    const keystream = new Keystream(Buffer.from(this.key.slice(2), 'hex'));
    this.cipherChunks = plain.map((chunk, i) => {
      const cipher = chunk.slice();
      if (i === isWrongAt) cipher[0] = (cipher[0] ?? 0) ^ 1;
      keystream.apply(cipher, i);
      return cipher;
    });
    this.offer = {
      dataset: 9,
      plainRoot: rootOf(this.leaves),
      cipherRoot: rootOf(this.cipherChunks.map(leafHash)),
      chunks,
      lastLength,
      keyHash: keyHash(this.key),
      token: 0,
      price: 1_000n,
      seller: SELLER,
    };
  }

  complaint(index: number): ChunkComplaint {
    return {
      key: this.key,
      index,
      cipherChunk: prefixedHex(this.cipherChunks[index] ?? new Uint8Array()),
      cipherProof: proofOf(this.cipherChunks.map(leafHash), index),
      plainLeaf: prefixedHex(this.leaves[index] ?? new Uint8Array(32)),
      plainProof: proofOf(this.leaves, index),
    };
  }

  purchase(more: Partial<DataPurchase> = {}): DataPurchase {
    return {
      offer: this.offer,
      buyer: BUYER,
      key: BUYERS_KEY.point,
      deliverBy: NOW + 2 * DAY,
      disputeSeconds: DAY,
      ...more,
    };
  }
}

function rootOf(leaves: readonly Uint8Array[]): Hex {
  const tree = new ChunkTree();
  for (const leaf of leaves) tree.append(leaf);
  return prefixedHex(tree.end().root);
}

function proofOf(leaves: readonly Uint8Array[], index: number): readonly Hex[] {
  const tree = new ChunkTree(index);
  for (const leaf of leaves) tree.append(leaf);
  return tree.end().proof.map(prefixedHex);
}
