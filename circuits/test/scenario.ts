/** The honest batch that the circuit tests start from: every operation of the ledger in one `small` batch. */
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import {
  type Actor,
  actor,
  exit,
  register,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';
import type { AccountIndex, ClosedBatch, Field, QueueItem, Shape } from '../../protocol/types.ts';

export const alice = actor(1);
export const bob = actor(2);
export const carol = actor(3);
export const dave = actor(4);
export const FEES = 9;
export const at = (index: number): AccountIndex => accountIndex(index);

export function depositNew(who: Actor, amount: bigint, token = 0): QueueItem {
  return { opcode: 1, token, amount, key: who.key, address: who.address };
}

export function openBatch(tree: AccountTree, shape: Shape = SHAPES.small): OpenBatch {
  return new OpenBatch(
    { number: batchNumber(7), shape, domain: TEST_DOMAIN, timestamp: TEST_TIME, firstBlock: 5n },
    { tree },
  );
}

/** Alice 1 and Bob 2 hold token 0, Carol 3 token 7, the fee account 9 token 0. */
export function fundedTree(): AccountTree {
  const tree = new AccountTree();
  const setup = openBatch(tree, SHAPES.medium);
  setup.applyL1(depositNew(alice, 1000n), at(1));
  setup.applyL1(depositNew(bob, 500n), at(2));
  setup.applyL1(depositNew(carol, 300n, 7), at(3));
  setup.applyL1(depositNew(actor(9), 10n), at(FEES));
  setup.close({ lastBlock: 5n, evmCommitment: 0n });
  return tree;
}

export const close = (batch: OpenBatch): ClosedBatch =>
  batch.close({ lastBlock: 6n, evmCommitment: (3n << 128n) + 4n });

/**
 * L1: a deposit to Bob, a stranger's forced exit of Carol's account (void).
 * Ops: 0 Alice pays Bob 100 with memo and fee 3 · 1 registers Dave at 20 with 50 · 2 exits 40; 3 Bob pays Dave 7, fee 1; 4 Dave pays Alice 57.
 * Slots: 0 Alice · 1 Bob · 2 Carol · 3 fees · 4 Dave.
 */
export function scenario(): { before: AccountTree; closed: ClosedBatch } {
  const tree = fundedTree();
  const batch = openBatch(tree);
  batch.applyL1({ opcode: 2, index: at(2), token: 0, amount: 25n, address: bob.address });
  batch.applyL1({ opcode: 3, index: at(3), address: alice.address });
  batch.nameFeeAccount(at(FEES));
  const memo = [11n, 12n, 13n] as Field[];
  batch.applyTx(
    signed(alice, {
      signer: 1,
      nonce: 0,
      ops: [transfer(1, 2, 100n, { fee: 3n, memo }), register(1, 20, dave, 50n), exit(1, 0xbeefn, 40n)],
    }),
  );
  batch.applyTx(signed(bob, { signer: 2, nonce: 0, ops: [transfer(2, 20, 7n, { fee: 1n })] }));
  batch.applyTx(signed(dave, { signer: 20, nonce: 0, ops: [transfer(20, 1, 57n)] }));
  return { before: fundedTree(), closed: close(batch) };
}

/** L1 operations that take effect: a new account at 30 and the forced exit of Carol's. No ops. */
export function l1Scenario(): { before: AccountTree; closed: ClosedBatch } {
  const tree = fundedTree();
  const batch = openBatch(tree);
  batch.applyL1(depositNew(dave, 77n, 7), at(30));
  batch.applyL1({ opcode: 3, index: at(3), address: carol.address });
  return { before: fundedTree(), closed: close(batch) };
}
