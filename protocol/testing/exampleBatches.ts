import { GRACE_SECONDS } from '../account.ts';
import { accountIndex, batchNumber } from '../ids.ts';
import { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import { AccountTree } from '../tree.ts';
import { type ClosedBatch, type Field, type QueueItem, type Shape, Subtype } from '../types.ts';
import {
  type Actor,
  actor,
  artefact,
  attest,
  claim,
  close,
  exit,
  open,
  register,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from './actors.ts';

const alice = actor(1);
const bob = actor(2);
const carol = actor(3);
const dave = actor(4);
const collector = actor(5);
/** Signs the vouchers of Bob's channels. */
const bobsWallet = actor(6);

const EXPIRY = TEST_TIME + 1800;

function depositNew(who: Actor, amount: bigint, token = 0): QueueItem {
  return { opcode: 1, token, amount, key: who.key, address: who.address };
}

function begin(tree: AccountTree, number: number, shape: Shape, timestamp = TEST_TIME + number): OpenBatch {
  const firstBlock = BigInt(10 * number);
  return new OpenBatch({ number: batchNumber(number), shape, domain: TEST_DOMAIN, timestamp, firstBlock }, { tree });
}

/** From the empty tree: deposits, one of them void, a forced exit, memos, a bundle, REGISTER, EXIT, fees in two tokens. */
function firstBatch(tree: AccountTree): ClosedBatch {
  const batch = begin(tree, 1, SHAPES.dev);
  batch.applyL1(depositNew(alice, 1_000_000n), accountIndex(1));
  batch.applyL1(depositNew(bob, 20_000n), accountIndex(2));
  batch.applyL1(depositNew(carol, 777n, 3), accountIndex(70_000));
  batch.applyL1(depositNew(collector, 0n), accountIndex(9));
  batch.applyL1({ opcode: 2, index: accountIndex(2), token: 0, amount: 55n, address: alice.address });
  batch.applyL1({ opcode: 2, index: accountIndex(2), token: 3, amount: 66n, address: alice.address });
  batch.applyL1({ opcode: 3, index: accountIndex(70_000), address: carol.address });
  batch.applyL1({ opcode: 3, index: accountIndex(1), address: carol.address });
  batch.nameFeeAccount(accountIndex(9));
  const memo = [0x6d656d6fn, 0n, 42n] as Field[];
  batch.applyTx(
    signed(alice, {
      signer: 1,
      nonce: 0,
      ops: [transfer(1, 2, 1000n, { fee: 5n, memo }), register(1, 10, dave, 500n, 5n), transfer(1, 10, 1n)],
    }),
  );
  batch.applyTx(signed(bob, { signer: 2, nonce: 0, ops: [exit(2, bob.address, 300n, 2n)] }));
  batch.applyTx(signed(dave, { signer: 10, nonce: 0, ops: [transfer(10, 1, 1n, { memo: [7n as Field] })] }));
  return batch.close({ lastBlock: 12n, evmCommitment: 0n });
}

/** On top of the first: the smallest shape, nearly full, with an EVM commitment of 256 bits. */
function secondBatch(tree: AccountTree): ClosedBatch {
  const batch = begin(tree, 2, SHAPES.small);
  batch.applyL1({ opcode: 2, index: accountIndex(1), token: 0, amount: 5n, address: alice.address });
  batch.nameFeeAccount(accountIndex(9));
  batch.applyTx(signed(alice, { signer: 1, nonce: 1, ops: [transfer(1, 1, 10n, { fee: 1n }), exit(1, 0xbeefn, 20n)] }));
  batch.applyTx(signed(bob, { signer: 2, nonce: 1, ops: [exit(2, bob.address, 1n), transfer(2, 10, 3n)] }));
  return batch.close({ lastBlock: 20n, evmCommitment: (1n << 255n) + 3n });
}

/** Accounts of the third batch. */
export const AI = { dataset: 20, model: 21, fineTune: 22, channel: 30, plainChannel: 31, oldChannel: 32 } as const;

/**
 * On top of the second, every AI operation: a lineage of three attested in one bundle, channels with and without a royalty and one that
 * was over when it opened, two claims of a channel in a bundle, ATTEST accounts that pay, a CLOSE.
 */
function thirdBatch(tree: AccountTree): ClosedBatch {
  const batch = begin(tree, 3, SHAPES.dev);
  batch.nameFeeAccount(accountIndex(9));
  const { dataset, model, fineTune, channel, plainChannel, oldChannel } = AI;
  const lineage = [
    attest(1, dataset, { artefact: artefact('dataset'), subtype: Subtype.DATASET, fee: 2n }),
    attest(1, model, { artefact: artefact('model'), provenance: 77n as Field, parent: dataset, royaltyBps: 250 }),
    attest(1, fineTune, { artefact: artefact('fine-tune'), parent: model, royaltyBps: 1234, amount: 40n }),
  ];
  batch.applyTx(signed(alice, { signer: 1, nonce: 2, ops: lineage }));
  const terms = { provider: 10, voucherKey: bobsWallet, expiry: EXPIRY };
  const channels = [
    open(2, channel, { ...terms, amount: 5000n, model: fineTune, fee: 3n }),
    open(2, plainChannel, { ...terms, amount: 600n }),
    open(2, oldChannel, { ...terms, amount: 70n, model: dataset, expiry: TEST_TIME - GRACE_SECONDS }),
  ];
  batch.applyTx(signed(bob, { signer: 2, nonce: 2, ops: channels }));
  const voucher = { voucherKey: bobsWallet, royaltyBps: 1234 };
  const claims = [
    claim(channel, 10, { ...voucher, total: 1001n, receiptsRoot: 5n as Field }),
    claim(channel, 10, { ...voucher, total: 3000n, claimed: 1001n, receiptsRoot: 6n as Field, fee: 4n }),
    transfer(10, fineTune, 9n),
  ];
  batch.applyTx(signed(dave, { signer: 10, nonce: 1, ops: claims }));
  batch.applyTx(signed(alice, { signer: 1, nonce: 3, ops: [transfer(fineTune, dataset, 15n, { fee: 1n })] }));
  batch.applyTx(signed(bob, { signer: 2, nonce: 3, ops: [close(oldChannel, 2, 50n, 1n, [8n as Field])] }));
  return batch.close({ lastBlock: 30n, evmCommitment: 0n });
}

/**
 * On top of the third, once its channels are over: forced exits of a channel (one for the wrong address) and of an ATTEST account, a
 * deposit into a channel, CLOSE, an exit from an ATTEST account.
 */
function fourthBatch(tree: AccountTree): ClosedBatch {
  const batch = begin(tree, 4, SHAPES.dev, EXPIRY + GRACE_SECONDS);
  const { dataset, fineTune, channel, plainChannel } = AI;
  batch.applyL1({ opcode: 3, index: accountIndex(channel), address: dave.address });
  batch.applyL1({ opcode: 3, index: accountIndex(channel), address: bob.address });
  batch.applyL1({ opcode: 3, index: accountIndex(fineTune), address: alice.address });
  batch.applyL1({ opcode: 2, index: accountIndex(plainChannel), token: 0, amount: 11n, address: carol.address });
  const validUntil = EXPIRY + 2 * GRACE_SECONDS;
  batch.applyTx(signed(bob, { signer: 2, nonce: 4, validUntil, ops: [close(plainChannel, 2, 611n)] }));
  batch.applyTx(signed(alice, { signer: 1, nonce: 4, validUntil, ops: [exit(dataset, alice.address, 15n)] }));
  return batch.close({ lastBlock: 40n, evmCommitment: 0n });
}

export interface ExampleBatches {
  readonly first: ClosedBatch;
  readonly second: ClosedBatch;
  readonly third: ClosedBatch;
  readonly fourth: ClosedBatch;
}

/** The batches of test/vectors/batch.json: the first from the empty tree, each other on top of the one before. */
export function closedBatches(): ExampleBatches {
  const tree = new AccountTree();
  const first = firstBatch(tree);
  const second = secondBatch(tree);
  const third = thirdBatch(tree);
  return { first, second, third, fourth: fourthBatch(tree) };
}
