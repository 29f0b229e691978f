/** Batches that are not proven can be given up and built anew: whoever followed them must not go on from what no longer is. */
import { describe, expect, test } from 'vitest';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { bodyOf, decodeBody, encodeBody } from '../../protocol/codec/body.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import {
  commit,
  E,
  EPOCH,
  REVEAL,
  SERVICE,
  ServiceWorld,
  START,
  w,
} from '../../protocol/epochs/testing/serviceWorld.ts';
import { closedBatchFromJson, closedBatchToJson } from '../../protocol/serialize.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { randomBatch } from '../../protocol/testing/randomBatch.ts';
import { AccountTree } from '../../protocol/tree.ts';
import { type Field, L1Opcode, Opcode } from '../../protocol/types.ts';
import { LedgerFollower } from './ledgerFollower.ts';
import type { LedgerSource } from './ledgerSource.ts';
import { WorldChain } from './testing/worldChain.ts';

const GOOD = w([1, 60_000]);
const REVEALS = START + EPOCH - REVEAL;

/** A chain whose batches can still be given up; `fork` tells its batches from those of another. */
function unsettled(world: ServiceWorld, fork: number, final = 0): LedgerSource {
  const chain = new WorldChain(world);
  const id = async (number: number) => BigInt(fork * 1_000 + number) as Field; // small
  return {
    last: () => chain.last(),
    batch: async (number) => ({ ...(await chain.batch(number)), id: await id(number) }),
    unsettled: { final: async () => final, id },
  };
}

async function follow(world: ServiceWorld, db = memoryDb()) {
  let source = unsettled(world, 1);
  const switched: LedgerSource = {
    last: () => source.last(),
    batch: (number) => source.batch(number),
    unsettled: {
      final: async () => (await source.unsettled?.final()) ?? 0,
      id: async (number) => source.unsettled?.id(number),
    },
  };
  const options = { service: SERVICE, document: world.document, domain: TEST_DOMAIN };
  const open = () => LedgerFollower.open(options, { source: switched, db });
  const follower = await open();
  await follower.sync();
  return {
    follower,
    open,
    to: (next: LedgerSource) => {
      source = next;
    },
  };
}

function begun(): ServiceWorld {
  return new ServiceWorld().begin().join([500n, 400n], 2).at(START);
}

describe('a follower of batches that can be given up', () => {
  test('the last batch is built anew with the same ops and another time: a commitment in time is late then', async () => {
    const first = begun().at(REVEALS - 1, [E(1), commit(1, 0, GOOD)]);
    const second = begun().at(REVEALS, [E(1), commit(1, 0, GOOD)]);
    const { follower, to } = await follow(first);
    expect(follower.ledger.scores?.commitments.size).toBe(1);
    to(unsettled(second, 2));
    await follower.sync();
    expect(follower.ledger.scores?.commitments.size).toBe(0);
    expect(follower.ledger.state()).toEqual(second.ledger.state());
  });

  test('so is one before it, while the ledger’s roots stay the same', async () => {
    const first = begun()
      .at(REVEALS - 1, [E(1), commit(1, 0, GOOD)])
      .at(REVEALS + 5);
    const second = begun()
      .at(REVEALS, [E(1), commit(1, 0, GOOD)])
      .at(REVEALS + 5)
      .at(REVEALS + 6);
    const { follower, to } = await follow(first);
    to(unsettled(second, 2));
    await follower.sync();
    expect(follower.ledger.state()).toEqual(second.ledger.state());
  });

  test('it was away meanwhile: what it had stored is not gone on from', async () => {
    const first = begun().at(REVEALS - 1, [E(1), commit(1, 0, GOOD)]);
    const second = begun()
      .at(REVEALS, [E(1), commit(1, 0, GOOD)])
      .at(REVEALS + 5);
    const { to, open } = await follow(first);
    to(unsettled(second, 2, 3));
    const again = await open();
    await again.sync();
    expect(again.ledger.state()).toEqual(second.ledger.state());
  });

  test('they are given up while they are read: no batch of the one chain stays among those of the other', async () => {
    const first = begun()
      .at(REVEALS - 1, [E(1), commit(1, 0, GOOD)])
      .at(REVEALS + 5);
    const second = begun()
      .at(REVEALS, [E(1), commit(1, 0, GOOD)])
      .at(REVEALS + 5);
    const { follower, to } = await follow(begun());
    const [old, next] = [unsettled(first, 1), unsettled(second, 2)];
    const seen = first.batches.length;
    let reads = 0;
    to({
      ...next,
      // The first read of the batch that was given up still gets it.
      batch: async (number) => {
        reads += 1;
        return number === seen - 1 && reads <= 2 ? old.batch(number) : next.batch(number);
      },
      unsettled: { final: async () => 0, id: async (number) => (number < seen - 1 ? old : next).unsettled?.id(number) },
    });
    await follower.sync();
    await follower.sync();
    expect(follower.ledger.scores?.commitments.size).toBe(0);
    expect(follower.ledger.state()).toEqual(second.ledger.state());
  });
});

describe('a node and L1', () => {
  test('tell the same operations of chains with forced exits, void deposits, royalties and exits', () => {
    const random = new SeededRandom(7);
    const tree = new AccountTree();
    let [forced, voids, exits, royalties] = [0, 0, 0, 0];
    for (let i = 1; i <= 40; i += 1) {
      const closed = randomBatch(tree, random, i, false);
      const { batch } = closedBatchFromJson(JSON.parse(JSON.stringify(closedBatchToJson(closed))));
      const posted = encodeBody(bodyOf(closed.batch, closed.exits));
      const { l1Ops, txOps } = decodeBody(posted, headerOf(closed.batch, closed.exits.length));
      expect({ l1Ops, ops: txOps }).toEqual({ l1Ops: batch.l1Ops, ops: batch.txs.map(({ ops }) => ops) });
      forced += l1Ops.filter(({ opcode, isVoid }) => opcode === L1Opcode.FORCED_EXIT && !isVoid).length;
      voids += l1Ops.filter(({ isVoid }) => isVoid).length;
      exits += txOps.flat().filter(({ opcode }) => opcode === Opcode.EXIT).length;
      royalties += txOps.flat().filter(({ opcode, payload }) => opcode === Opcode.CLAIM && payload[2] !== 0n).length;
    }
    expect([forced, voids, exits, royalties].every((count) => count > 0)).toBe(true);
  });
});
