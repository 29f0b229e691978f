import { Block } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createMPT } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { MerkleStateManager } from '@ethereumjs/statemanager';
import { Account, Address, bytesToHex, createAccount, hexToBytes } from '@ethereumjs/util';
import { Bloom, createVM, encodeReceipt, runTx, type VM } from '@ethereumjs/vm';
import type { GenesisState } from '../../../genesis/spec.ts';
import { BEACON_ROOTS, BLOCK_HASHES } from '../../../genesis/systemContracts.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { RING } from '../blockRun.ts';
import { createEngramEvm } from '../engramEvm.ts';
import { wordBytes } from '../fast/words.ts';
import type { EvmTx, ExecutedBlock } from '../types.ts';
import { DOMAIN } from './laneFixture.ts';

export interface ReferenceBlock {
  readonly stateRoot: string;
  readonly receiptsRoot: string;
  readonly transactionsRoot: string;
  readonly logsBloom: string;
  readonly gasUsed: bigint;
}

/**
 * The same chain by EthereumJS's own means: its state manager on its trie, its interpreter, its JavaScript cryptography, transactions
 * that recover their senders. Blocks come from the lane, so that only what follows from them is compared.
 */
export class ReferenceChain {
  readonly #vm: VM;
  readonly #state: MerkleStateManager;

  private constructor(vm: VM, state: MerkleStateManager) {
    this.#vm = vm;
    this.#state = state;
  }

  static async open(genesis: GenesisState): Promise<ReferenceChain> {
    const common = new Common({ chain: { ...Mainnet, chainId: Number(genesis.chainId) }, hardfork: Hardfork.Prague });
    const state = new MerkleStateManager({ common });
    await state.checkpoint();
    for (const { address, balance, nonce, code, storage } of genesis.accounts) {
      const at = new Address(hexToBytes(address));
      await state.putAccount(at, createAccount({ balance, nonce: BigInt(nonce) }));
      if (code.length > 0) await state.putCode(at, code);
      for (const [slot, value] of storage) await state.putStorage(at, hexToBytes(slot), hexToBytes(value));
    }
    await state.commit();
    const hashes = new Address(hexToBytes(BLOCK_HASHES.address));
    const blockchain = {
      getBlock: async (number: number) => {
        const hash = await state.getStorage(hashes, wordBytes(BigInt(number) % RING));
        return { hash: () => Uint8Array.from([...new Uint8Array(32 - hash.length), ...hash]) };
      },
      putBlock: async () => {},
      shallowCopy: () => blockchain,
    };
    const evm = await createEngramEvm({ common, stateManager: state, domain: DOMAIN, blockchain });
    return new ReferenceChain(await createVM({ common, stateManager: state, evm, blockchain }), state);
  }

  async stateRoot(): Promise<string> {
    return bytesToHex(await this.#state.getStateRoot());
  }

  /**
   * Executes the users' transactions of a block (there must be no messages) as its header says.
   * @param refused hashes of those that have to be invalid where they stand
   */
  async run(
    { header }: ExecutedBlock,
    txs: readonly EvmTx[],
    refused: ReadonlySet<Hex> = new Set(),
  ): Promise<ReferenceBlock> {
    const block = new Block(header, [], [], undefined, { freeze: false });
    const state = this.#state;
    await state.checkpoint();
    const beacon = new Address(hexToBytes(BEACON_ROOTS.address));
    const at = header.timestamp % RING;
    await state.putStorage(beacon, wordBytes(at), wordBytes(header.timestamp));
    await state.putStorage(beacon, wordBytes(at + RING), header.parentBeaconBlockRoot ?? new Uint8Array(32));
    const hashes = new Address(hexToBytes(BLOCK_HASHES.address));
    await state.putStorage(hashes, wordBytes((header.number - 1n) % RING), header.parentHash);
    const [receipts, transactions] = [await createMPT(), await createMPT()];
    const bloom = new Bloom();
    let gasUsed = 0n;
    let i = 0;
    for (const { hash, tx, raw } of txs) {
      const run = runTx(this.#vm, { tx, block, blockGasUsed: gasUsed, skipHardForkValidation: true });
      if (refused.has(hash)) {
        const isValid = await run.then(
          () => true,
          () => false,
        );
        if (isValid) throw new RangeError(`a valid transaction was refused: ${hash}`);
        continue;
      }
      const result = await run;
      gasUsed += result.totalGasSpent;
      bloom.or(result.bloom);
      await receipts.put(RLP.encode(i), encodeReceipt(result.receipt, tx.type));
      await transactions.put(RLP.encode(i), raw);
      i++;
    }
    const fees = gasUsed * (header.baseFeePerGas ?? 0n);
    if (fees > 0n) {
      const account = (await state.getAccount(header.coinbase)) ?? new Account();
      account.balance += fees;
      await state.putAccount(header.coinbase, account);
    }
    await state.commit();
    return {
      stateRoot: await this.stateRoot(),
      receiptsRoot: bytesToHex(receipts.root()),
      transactionsRoot: bytesToHex(transactions.root()),
      logsBloom: bytesToHex(bloom.bitvector),
      gasUsed,
    };
  }
}

/** The same numbers of a block of ours. */
export function rootsOf({ header }: ExecutedBlock): ReferenceBlock {
  return {
    stateRoot: bytesToHex(header.stateRoot),
    receiptsRoot: bytesToHex(header.receiptTrie),
    transactionsRoot: bytesToHex(header.transactionsTrie),
    logsBloom: bytesToHex(header.logsBloom),
    gasUsed: header.gasUsed,
  };
}
