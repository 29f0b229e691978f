import type { Block } from '../chain/block.ts';
import type { EvmLane } from '../chain/evm/evmLane.ts';
import { nextBaseFee } from '../chain/evm/fees.ts';
import { Ledger, type LedgerOptions, type SealedBlock } from '../chain/ledger.ts';
import type { ChainStore } from '../chain/store.ts';
import { type Account, type AccountIndex, Opcode } from '../protocol/types.ts';
import type { EvmPool } from './evm/evmPool.ts';
import { FeeAccounts, type FeeAccountsOptions } from './feeAccounts.ts';
import { IndexAllocator } from './indexAllocator.ts';
import type { Mempool } from './mempool.ts';

export interface ChainStateOptions {
  readonly ledger: LedgerOptions;
  readonly feeAccounts: FeeAccountsOptions;
}

export interface ChainStateDeps {
  readonly store: ChainStore;
  readonly lane: EvmLane;
  readonly mempool: Mempool;
  readonly evmPool: EvmPool;
  readonly onBlock: (block: Block, isOwn: boolean) => void;
}

/** What is in memory of the chain's head, and follows the store: with every block, and anew after a rollback. */
export class ChainState {
  readonly #options: ChainStateOptions;
  readonly #deps: ChainStateDeps;
  readonly indices = new IndexAllocator({ isLive: (index) => this.account(index) !== undefined });
  #ledger: Ledger | undefined;
  #feeAccounts: FeeAccounts | undefined;

  constructor(options: ChainStateOptions, deps: ChainStateDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Rebuilds everything from the store. @throws ChainError STORE_CORRUPT, BLOCK_INVALID */
  async load(): Promise<void> {
    const { store, lane } = this.#deps;
    const ledger = await Ledger.load(this.#options.ledger, { store, lane });
    const feeAccounts = await FeeAccounts.load(this.#options.feeAccounts, {
      store,
      account: (index) => ledger.account(index),
    });
    // All at once: in between they would speak of different chains.
    this.#ledger = ledger;
    this.#feeAccounts = feeAccounts;
    this.indices.forget();
    for (const [index, account] of ledger.closedTree.entries()) this.indices.learn(index, account);
  }

  /** `load` was called. */
  get ledger(): Ledger {
    // Whoever composes the parts loads first.
    return this.#ledger as Ledger;
  }

  /** As of the last block. */
  account(index: AccountIndex): Account | undefined {
    return this.#ledger?.account(index);
  }

  /** The operator's account for fees of a token. */
  feeAccountOf(token: number): AccountIndex | undefined {
    return this.#feeAccounts?.of(token);
  }

  /** A block was stored, whoever made it: pools and look-ups follow, then others are told. `isOwn`: this node built it. */
  async onSealed({ block, executed }: SealedBlock, { isOwn }: { isOwn: boolean }): Promise<void> {
    const { mempool, evmPool, lane, onBlock } = this.#deps;
    mempool.onBlock(block.txs);
    this.#feeAccounts?.onBlock(block);
    for (const { opcode, to } of block.txs.flatMap(({ ops }) => ops)) {
      const account = opcode === Opcode.OPEN ? this.account(to) : undefined;
      if (account !== undefined) this.indices.learn(to, account);
    }
    await evmPool.onBlock({
      txs: executed.txs.slice(executed.systemTxs),
      baseFee: nextBaseFee(lane.head),
    });
    onBlock(block, isOwn);
  }
}
