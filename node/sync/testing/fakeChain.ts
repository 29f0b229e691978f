import { privateKeyToAccount } from 'viem/accounts';
import { ChainError } from '../../../chain/errors.ts';
import { signDigest } from '../../../chain/wire/signatures.ts';
import type { ChainItem, WireBlock } from '../../../chain/wire/types.ts';
import { batchNumber } from '../../../protocol/ids.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { type BatchClose, blockDigest, closeDigest } from '../../../protocol/network/digests.ts';
import type { Field } from '../../../protocol/types.ts';

export const DOMAIN = 77n as Field;
/** Two slots: a block's number says nothing of it, its timestamp does. */
export const SLOT_SECONDS = 10;

/** Signs blocks. */
export function proposer(n: number): { readonly key: Hex; readonly address: Hex } {
  const key: Hex = `0x${n.toString(16).padStart(64, '0')}`;
  return { key, address: privateKeyToAccount(key).address.toLowerCase() as Hex }; // still an address
}

/** An empty block; its hash is whatever is asked for. */
export function block(
  parent: Pick<WireBlock, 'number' | 'hash'>,
  { hash, timestamp, batch = 1, firstQueueIndex = 0n }: BlockFacts,
): WireBlock {
  return {
    ...{ number: parent.number + 1n, parentHash: parent.hash, hash, timestamp, batch: batchNumber(batch) },
    ...{ batchTimestamp: timestamp, l1: { firstQueueIndex, ops: [] }, txs: [], feeAccounts: [], l1Messages: [] },
    ...{ evmTxs: [], beneficiary: `0x${'00'.repeat(20)}`, ledgerRoot: 1n as Field },
  };
}

interface BlockFacts {
  readonly hash: bigint;
  readonly timestamp: number;
  readonly batch?: number;
  readonly firstQueueIndex?: bigint;
}

export const GENESIS = { number: 0n, hash: 1n };

export function signedBlock(of: WireBlock, key: Hex): ChainItem & { kind: 'block' } {
  return { kind: 'block', block: of, signature: signDigest(blockDigest(DOMAIN, of), key) };
}

export function signedClose(close: BatchClose, key: Hex): ChainItem & { kind: 'close' } {
  return { kind: 'close', close, signature: signDigest(closeDigest(DOMAIN, close), key) };
}

/** A chain of blocks that only link: those in `invalid` break a rule. */
export class FakeChain {
  blocks: WireBlock[] = [];
  closedBatch = 0;
  readonly invalid = new Set<bigint>();
  readonly rollbacks: bigint[] = [];

  get head() {
    const last = this.blocks.at(-1);
    return {
      block: last?.number ?? GENESIS.number,
      hash: last?.hash ?? GENESIS.hash,
      timestamp: last?.timestamp ?? 0,
      closedBatch: this.closedBatch,
      nextQueueIndex: 0n,
      inboxCount: 0n,
      open: last !== undefined && last.batch > this.closedBatch ? { number: last.batch } : undefined,
    };
  }

  get store() {
    const chain = this;
    return {
      domain: DOMAIN,
      get head() {
        return chain.head;
      },
      header: async (number: bigint) => {
        const found = this.#at(number);
        if (found === undefined) return undefined;
        const { parentHash, timestamp, hash } = found;
        return { parentHash: bytes(parentHash), timestamp: BigInt(timestamp), hash: () => bytes(hash) };
      },
      block: async (number: bigint) => {
        const found = this.#at(number);
        return found && { l1: found.l1, evm: { inboxCount: 0n } };
      },
      summary: async () => undefined,
    };
  }

  async importBlock(next: WireBlock): Promise<void> {
    const { head } = this;
    if (next.parentHash !== head.hash || next.number !== head.block + 1n) throw new ChainError('OUT_OF_ORDER', {});
    if (this.invalid.has(next.hash)) throw new ChainError('BLOCK_INVALID', { block: next.number });
    this.blocks.push(next);
  }

  async importClose({ number }: BatchClose): Promise<void> {
    this.closedBatch = number;
  }

  async rollback(toBlock: bigint): Promise<void> {
    this.rollbacks.push(toBlock);
    this.blocks = this.blocks.filter(({ number }) => number <= toBlock);
  }

  #at(number: bigint): WireBlock | undefined {
    return this.blocks.find((one) => one.number === number);
  }
}

function bytes(hash: bigint): Uint8Array {
  return Buffer.from(hash.toString(16).padStart(64, '0'), 'hex');
}
