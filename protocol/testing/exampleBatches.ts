import { accountIndex, batchNumber } from '../ids.ts';
import { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import { AccountTree } from '../tree.ts';
import type { ClosedBatch, Field, QueueItem, Shape } from '../types.ts';
import { type Actor, actor, exit, register, signed, TEST_DOMAIN, TEST_TIME, transfer } from './actors.ts';

const alice = actor(1);
const bob = actor(2);
const carol = actor(3);
const dave = actor(4);
const collector = actor(5);

function depositNew(who: Actor, amount: bigint, token = 0): QueueItem {
  return { opcode: 1, token, amount, key: who.key, address: who.address };
}

function open(tree: AccountTree, number: number, shape: Shape): OpenBatch {
  const timestamp = TEST_TIME + number;
  const firstBlock = BigInt(10 * number);
  return new OpenBatch({ number: batchNumber(number), shape, domain: TEST_DOMAIN, timestamp, firstBlock }, { tree });
}

/** From the empty tree: deposits, one of them void, a forced exit, memos, a bundle, REGISTER, EXIT, fees in two tokens. */
function firstBatch(tree: AccountTree): ClosedBatch {
  const batch = open(tree, 1, SHAPES.dev);
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
  const batch = open(tree, 2, SHAPES.small);
  batch.applyL1({ opcode: 2, index: accountIndex(1), token: 0, amount: 5n, address: alice.address });
  batch.nameFeeAccount(accountIndex(9));
  batch.applyTx(signed(alice, { signer: 1, nonce: 1, ops: [transfer(1, 1, 10n, { fee: 1n }), exit(1, 0xbeefn, 20n)] }));
  batch.applyTx(signed(bob, { signer: 2, nonce: 1, ops: [exit(2, bob.address, 1n), transfer(2, 10, 3n)] }));
  return batch.close({ lastBlock: 20n, evmCommitment: (1n << 255n) + 3n });
}

/** The two batches of test/vectors/batch.json: the first from the empty tree, the second on top of it. */
export function closedBatches(): { readonly first: ClosedBatch; readonly second: ClosedBatch } {
  const tree = new AccountTree();
  const first = firstBatch(tree);
  return { first, second: secondBatch(tree) };
}
