/** The honest batches that the circuit tests start from: together, every operation of the ledger in `small` batches. */
import { GRACE_SECONDS, packAttestation, packChannel } from '../../protocol/account.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import {
  type Actor,
  actor,
  attest,
  claim,
  close as closeOp,
  exit,
  open,
  register,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';
import {
  type Account,
  type AccountIndex,
  type ClosedBatch,
  type Field,
  Kind,
  type QueueItem,
  type Shape,
  Subtype,
} from '../../protocol/types.ts';

export const alice = actor(1);
export const bob = actor(2);
export const carol = actor(3);
export const dave = actor(4);
export const FEES = 9;
export const at = (index: number): AccountIndex => accountIndex(index);

export function depositNew(who: Actor, amount: bigint, token = 0): QueueItem {
  return { opcode: 1, token, amount, key: who.key, address: who.address };
}

/** An honest batch and the tree before it. */
export interface Scenario {
  readonly before: AccountTree;
  readonly closed: ClosedBatch;
}

export function openBatch(tree: AccountTree, shape: Shape = SHAPES.small, timestamp: number = TEST_TIME): OpenBatch {
  return new OpenBatch({ number: batchNumber(7), shape, domain: TEST_DOMAIN, timestamp, firstBlock: 5n }, { tree });
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
export function scenario(): Scenario {
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
export function l1Scenario(): Scenario {
  const tree = fundedTree();
  const batch = openBatch(tree);
  batch.applyL1(depositNew(dave, 77n, 7), at(30));
  batch.applyL1({ opcode: 3, index: at(3), address: carol.address });
  return { before: fundedTree(), closed: close(batch) };
}

export const MODEL = 5;
export const CHANNEL = 6;
export const SECOND_CHANNEL = 7;
/** The model's royalty: 2.5 %. */
export const BPS = 250;
/** Of CHANNEL; its vouchers are Carol's to sign. */
export const EXPIRY = TEST_TIME + 1000;
export const OVER = EXPIRY + GRACE_SECONDS;

/**
 * Alice 1 pays, Bob 2 provides and owns the model 5; channels 6 and 7 (Alice to Bob, voucher key Carol's, 1000 and 70 in it, the first has paid 300 in
 * two claims, the second has no model); the fee account 9. All of token 0.
 */
export function channelTree(): AccountTree {
  const tree = fundedTree();
  const account = (kind: 2 | 3, balance: bigint, words: { a: Field; b: Field; c: Field }): Account => {
    return { kind, token: 0, nonce: 0, balance, claimed: 0n, ...words };
  };
  const model = packAttestation({ owner: at(2), parent: at(0), royaltyBps: BPS, subtype: Subtype.MODEL });
  tree.set(at(MODEL), account(Kind.ATTEST, 11n, { a: 77n as Field, b: 0n as Field, c: model }));
  const key = { a: carol.key[0], b: carol.key[1] };
  const terms = { provider: at(2), payer: at(1), expiry: EXPIRY };
  const channel = account(Kind.CHANNEL, 1000n, { ...key, c: packChannel({ ...terms, model: at(MODEL) }) });
  tree.set(at(CHANNEL), { ...channel, nonce: 2, claimed: 300n });
  tree.set(
    at(SECOND_CHANNEL),
    account(Kind.CHANNEL, 70n, { ...key, c: packChannel({ ...terms, model: at(0), expiry: EXPIRY - 500 }) }),
  );
  return tree;
}

/**
 * Bob claims twice from channel 6 (total 700, then 801: delta 400 and 101, royalty 10 and 2; the first pays a fee of 5) and Alice tops it up by 40.
 * Ops: 0, 1 CLAIM; 2 TRANSFER. Signature slots: 0, 1 vouchers; 2 Bob; 3 Alice. Slots: 0 Alice · 1 Bob · 2 model · 3 channel · 4 fees.
 */
export function claimScenario(): Scenario {
  const batch = openBatch(channelTree());
  batch.nameFeeAccount(at(FEES));
  const of = { voucherKey: carol, royaltyBps: BPS };
  batch.applyTx(
    signed(bob, {
      signer: 2,
      nonce: 0,
      ops: [
        claim(CHANNEL, 2, { ...of, total: 700n, claimed: 300n, receiptsRoot: 99n as Field, fee: 5n }),
        claim(CHANNEL, 2, { ...of, total: 801n, claimed: 700n, receiptsRoot: 100n as Field }),
      ],
    }),
  );
  batch.applyTx(signed(alice, { signer: 1, nonce: 0, ops: [transfer(1, CHANNEL, 40n)] }));
  return { before: channelTree(), closed: close(batch) };
}

/**
 * Alice attests a fine-tune of the model at 20 and opens a channel to Bob for it at 21. Ops: 0 ATTEST (amount 3), 1 OPEN (amount 60). Signature slot 0.
 * Slots: 0 a padding slot (index 0) · 1 Alice · 2 the model · 3 the fine-tune · 4 the channel.
 */
export function createScenario(): Scenario {
  const batch = openBatch(channelTree());
  batch.applyTx(
    signed(alice, {
      signer: 1,
      nonce: 0,
      ops: [
        attest(1, 20, {
          artefact: 1234n as Field,
          provenance: 5678n as Field,
          parent: MODEL,
          royaltyBps: 10_000,
          amount: 3n,
        }),
        open(1, 21, { provider: 2, voucherKey: dave, amount: 60n, model: 20, expiry: EXPIRY }),
      ],
    }),
  );
  return { before: channelTree(), closed: close(batch) };
}

/**
 * Once the channels are over: L1 0 Alice's forced exit of channel 7, 1 hers of the model (void: Bob owns it). Ops: 0 Alice closes channel 6 (900 of its 1000);
 * 1 Bob takes 4 from the model. Slots: 0 Alice · 1 Bob · 2 model · 3 channel 6 · 4 channel 7.
 */
export function overScenario(): Scenario {
  const batch = openBatch(channelTree(), SHAPES.small, OVER);
  batch.applyL1({ opcode: 3, index: at(SECOND_CHANNEL), address: alice.address });
  batch.applyL1({ opcode: 3, index: at(MODEL), address: alice.address });
  const validUntil = OVER + 10;
  batch.applyTx(signed(alice, { signer: 1, nonce: 0, ops: [closeOp(CHANNEL, 1, 900n)], validUntil }));
  batch.applyTx(signed(bob, { signer: 2, nonce: 0, ops: [transfer(MODEL, 2, 4n)], validUntil }));
  return { before: channelTree(), closed: close(batch) };
}
