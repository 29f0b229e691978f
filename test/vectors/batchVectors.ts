import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { batchToJson } from '../../protocol/serialize.ts';
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
import type { ClosedBatch, Field, QueueItem, Shape } from '../../protocol/types.ts';
import { hex, word } from './hex.ts';

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

function vector(name: string, { batch, commitment, exits, slots }: ClosedBatch) {
  const { body, words, bodyHash, dataHash, c, r, y } = commitment;
  return {
    name,
    shapeId: SHAPES[batch.shape].id,
    batch: batchToJson(batch),
    exits: exits.map(({ recipient, token, amount }) => ({
      recipient: word(recipient),
      token,
      amount: amount.toString(),
    })),
    oldRoot: word(batch.oldRoot),
    newRoot: word(batch.newRoot),
    words: words.map(word),
    body: hex(body),
    bodyHash: word(bodyHash),
    dataHash: word(dataHash),
    c: word(c),
    r: word(r),
    y: word(y),
    slots: slots.map(({ index, birth }) => ({ index, birth })),
  };
}

export function closedBatches(): { readonly first: ClosedBatch; readonly second: ClosedBatch } {
  const tree = new AccountTree();
  const first = firstBatch(tree);
  return { first, second: secondBatch(tree) };
}

export function batchVectors() {
  const { first, second } = closedBatches();
  return {
    comment: 'Written by test/vectors/make.ts. The first batch starts from the empty tree, the second from the first.',
    domain: word(TEST_DOMAIN),
    batches: [vector('every operation, from the empty tree', first), vector('smallest shape, EVM commitment', second)],
  };
}
