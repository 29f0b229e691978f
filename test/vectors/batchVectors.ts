import { batchToJson } from '../../protocol/serialize.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { closedBatches } from '../../protocol/testing/exampleBatches.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import { hex, word } from './hex.ts';

function vector(name: string, { batch, commitment, exits, slots, subroots }: ClosedBatch) {
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
    subroots: subroots.map(word),
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
  const { first, second, third, fourth } = closedBatches();
  return {
    comment:
      'Written by test/vectors/make.ts. The first batch starts from the empty tree, each other from the one before.',
    domain: word(TEST_DOMAIN),
    batches: [
      vector('deposits, transfers, registration, exits, from the empty tree', first),
      vector('smallest shape, EVM commitment', second),
      vector('attest, open, claim, close', third),
      vector('forced exits of a channel that is over and of an attested account', fourth),
    ],
  };
}
