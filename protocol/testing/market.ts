import { accountIndex, batchNumber } from '../ids.ts';
import { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import { AccountTree } from '../tree.ts';
import type { Account, ClosedBatch, Op, QueueItem, SignedTx } from '../types.ts';
import { type Actor, actor, attest, open, type SignedClaim, signed, TEST_DOMAIN, TEST_TIME } from './actors.ts';

/** Owner of models, payer of channels, provider, someone with another token. */
export const [alice, bob, dave, carol]: readonly [Actor, Actor, Actor, Actor] = [
  actor(1),
  actor(2),
  actor(4),
  actor(3),
];
/** Signs the vouchers of Bob's channels. */
export const wallet = actor(6);

/** Accounts of `market()`. Carol's are of token 7, all others of token 0. */
export const AT = {
  alice: 1,
  bob: 2,
  carol: 3,
  dave: 4,
  fees: 9,
  dataset: 10,
  /** Child of the dataset; 1000 basis points. */
  model: 11,
  /** All of a claim is its royalty. */
  greedy: 12,
  carolsModel: 13,
  /** Bob pays Dave, with `model`. */
  channel: 30,
  /** Bob pays Dave, without a model. */
  plain: 31,
  /** Bob pays Dave, with `greedy`. */
  greedyChannel: 32,
  /** Bob pays Carol, who cannot take his token. */
  wrongToken: 33,
} as const;

export const EXPIRY = TEST_TIME + 1000;
const NEVER = 2 ** 40 - 1;

export function openAt(tree: AccountTree, timestamp = TEST_TIME, shape = SHAPES.dev): OpenBatch {
  const options = { number: batchNumber(5), shape, domain: TEST_DOMAIN, timestamp, firstBlock: 5n };
  return new OpenBatch(options, { tree });
}

export function close(batch: OpenBatch): ClosedBatch {
  return batch.close({ lastBlock: 9n, evmCommitment: 0n });
}

/** Signs with the account's own key at its current nonce. */
export function by(batch: OpenBatch, who: Actor, signer: number, ...ops: (Op | SignedClaim)[]): SignedTx {
  const nonce = batch.account(accountIndex(signer))?.nonce ?? 0;
  return signed(who, { signer, nonce, ops, validUntil: NEVER });
}

/** A tree with people, models and channels. */
export function market(): AccountTree {
  const tree = new AccountTree();
  const batch = openAt(tree, TEST_TIME - 10, SHAPES.medium);
  const deposit = (who: Actor, index: number, amount: bigint, token = 0) => {
    const item: QueueItem = { opcode: 1, token, amount, key: who.key, address: who.address };
    batch.applyL1(item, accountIndex(index));
  };
  deposit(alice, AT.alice, 1000n);
  deposit(bob, AT.bob, 100_000n);
  deposit(carol, AT.carol, 500n, 7);
  deposit(dave, AT.dave, 100n);
  deposit(actor(9), AT.fees, 0n);
  batch.applyTx(
    by(
      batch,
      alice,
      AT.alice,
      attest(AT.alice, AT.dataset, { royaltyBps: 500 }),
      attest(AT.alice, AT.model, { parent: AT.dataset, royaltyBps: 1000, amount: 50n }),
      attest(AT.alice, AT.greedy, { royaltyBps: 10_000 }),
    ),
  );
  batch.applyTx(by(batch, carol, AT.carol, attest(AT.carol, AT.carolsModel)));
  const terms = { voucherKey: wallet, expiry: EXPIRY, provider: AT.dave, amount: 10_000n };
  batch.applyTx(
    by(
      batch,
      bob,
      AT.bob,
      open(AT.bob, AT.channel, { ...terms, model: AT.model }),
      open(AT.bob, AT.plain, terms),
      open(AT.bob, AT.greedyChannel, { ...terms, model: AT.greedy }),
      open(AT.bob, AT.wrongToken, { ...terms, provider: AT.carol }),
    ),
  );
  close(batch);
  return tree;
}

export function balance(state: OpenBatch | AccountTree, index: number): bigint | undefined {
  return look(state, index)?.balance;
}

export function look(state: OpenBatch | AccountTree, index: number): Account | undefined {
  return state instanceof AccountTree ? state.get(accountIndex(index)) : state.account(accountIndex(index));
}
