import type { GenesisState } from '../../../genesis/spec.ts';
import { headerOf } from '../../../protocol/codec/header.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import type { EvmBatch, Hex } from '../../../protocol/lane/types.ts';
import {
  actor,
  attest,
  claim,
  open,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../../../protocol/testing/actors.ts';
import type { ClosedBatch } from '../../../protocol/types.ts';
import type { Db } from '../../db.ts';
import { deposit, evmTx } from '../../derive/testing/story.ts';
import { ALICE, BOB, FEES, LANE, type TestBlock } from '../../derive/testing/testSequencer.ts';
import { hexBytes, keccakHex, senderOf } from '../../evm/crypto.ts';
import { decodeEvmTx } from '../../evm/decodeTx.ts';
import type { EvmLane } from '../../evm/evmLane.ts';
import type { EvmTx, TxSource } from '../../evm/types.ts';
import { Ledger } from '../../ledger.ts';
import { openChain } from '../../openChain.ts';
import type { ChainStore } from '../../store.ts';
import type { PostedFacts } from '../types.ts';

/** A chain in a database, as a process that opened it has it. */
export interface SnapshotChain {
  readonly db: Db;
  readonly store: ChainStore;
  readonly lane: EvmLane;
  readonly ledger: Ledger;
}

export async function openSnapshotChain(db: Db, genesis: GenesisState): Promise<SnapshotChain> {
  const { store, lane } = await openChain({ domain: TEST_DOMAIN, genesis }, { db });
  const options = { shapes: ['small', 'dev'], evmLane: LANE, beneficiary: FEES } as const;
  return { db, store, lane, ledger: await Ledger.load(options, { store, lane }) };
}

/** Executes and stores blocks in the open batch, or in a new one. */
export async function addBlocks({ store, lane, ledger }: SnapshotChain, blocks: readonly TestBlock[]): Promise<void> {
  for (const { delta = 0, l1 = [], names = [], txs = [], messages = [], evm = [] } of blocks) {
    const timestamp = Math.max(store.head.timestamp, TEST_TIME) + delta;
    const batch = ledger.open?.batch ?? ledger.begin(timestamp);
    const l1Ops = l1.map(([item, index]) => batch.applyL1(item, index));
    const feeAccounts = [...ledger.feeAccounts, ...names];
    for (const index of names) batch.nameFeeAccount(index);
    for (const tx of txs) batch.applyTx(tx);
    const evmTxs = sourceOf(evm.map((raw) => decoded(raw, lane)));
    const sealed = await ledger.seal({ timestamp, l1Ops, txs, feeAccounts, l1Messages: messages, evmTxs });
    if (sealed === undefined || sealed.executed.txs.length < evm.length)
      throw new RangeError('a block of the test is not valid');
  }
}

/** A batch of these blocks, closed and proven, as L1 has it then. */
export async function addBatch(chain: SnapshotChain, blocks: readonly TestBlock[]): Promise<PostedFacts> {
  await addBlocks(chain, blocks);
  const { closed, evm } = await chain.ledger.close();
  const { number } = closed.batch;
  await chain.store.setStatuses([{ batch: number, status: 'proven' }]);
  return factsOf(closed, evm, chain.store.head.nextQueueIndex);
}

export function factsOf({ batch, commitment, exits }: ClosedBatch, evm: EvmBatch, nextQueueIndex: bigint): PostedFacts {
  const { number, newRoot, shape, timestamp, firstBlock, lastBlock } = batch;
  return {
    ...{ number, shape, timestamp, firstBlock, lastBlock, nextQueueIndex },
    ledgerRoot: newRoot,
    evmCommitment: evm.commitment,
    dataHash: evm.dataHash,
    c: commitment.c,
    body: commitment.body,
    header: headerOf(batch, exits.length),
  };
}

function decoded(raw: Hex, lane: EvmLane): EvmTx {
  const bytes = hexBytes(raw);
  const tx = decodeEvmTx(bytes, lane.common);
  return { tx, raw: bytes, hash: keccakHex(bytes), sender: senderOf(tx) };
}

function sourceOf(txs: readonly EvmTx[]): TxSource {
  const queue = [...txs];
  return { next: () => queue.shift(), accept: () => undefined, reject: () => undefined };
}

/** Indices of accounts that `marketBlocks` makes. */
export const MODEL = 20;
export const CHANNEL = 30;
const wallet = actor(6);

/** After the story's two batches: a model, a channel, a claim with royalty and fee; the batch's close credits model and fee account. */
export async function marketBlocks(): Promise<TestBlock[]> {
  const [alice, bob] = [actor(1), actor(2)];
  return [
    {
      names: [accountIndex(9)],
      txs: [
        signed(alice, { signer: 1, nonce: 2, ops: [attest(1, MODEL, { royaltyBps: 1000, amount: 5n, fee: 2n })] }),
        signed(bob, {
          signer: 2,
          nonce: 1,
          ops: [open(2, CHANNEL, { provider: 1, voucherKey: wallet, amount: 1000n, model: MODEL })],
        }),
      ],
    },
    {
      delta: 3,
      txs: [
        signed(alice, {
          signer: 1,
          nonce: 3,
          ops: [
            claim(CHANNEL, 1, {
              voucherKey: wallet,
              total: 100n,
              royaltyBps: 1000,
              fee: 3n,
              receiptsRoot: alice.key[0],
            }),
          ],
        }),
      ],
      evm: [await evmTx(BOB, 4, { to: ALICE.address, value: 11n })],
    },
  ];
}

/** What comes after `marketBlocks`: the first of them mirrors what its close credited. */
export async function laterBlocks(): Promise<TestBlock[]> {
  return [
    { messages: [deposit(5)], evm: [await evmTx(ALICE, 3, { to: BOB.address, value: 1n })] },
    {
      delta: 1,
      names: [accountIndex(9)],
      txs: [
        signed(actor(1), {
          signer: 1,
          nonce: 4,
          ops: [
            transfer(MODEL, 1, 2n, { fee: 1n }),
            claim(CHANNEL, 1, { voucherKey: wallet, claimed: 100n, total: 200n, royaltyBps: 1000 }),
          ],
        }),
      ],
    },
  ];
}
