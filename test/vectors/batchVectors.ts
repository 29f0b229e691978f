import { batchToJson } from '../../protocol/serialize.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { closedBatches } from '../../protocol/testing/exampleBatches.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { hex, word } from './hex.ts';

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

export function batchVectors() {
  const { first, second } = closedBatches();
  return {
    comment: 'Written by test/vectors/make.ts. The first batch starts from the empty tree, the second from the first.',
    domain: word(TEST_DOMAIN),
    batches: [vector('every operation, from the empty tree', first), vector('smallest shape, EVM commitment', second)],
  };
}
