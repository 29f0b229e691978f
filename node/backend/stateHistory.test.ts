import { beforeEach, describe, expect, it } from 'vitest';
import { addBlock, openLedger } from '../../chain/testing/fixture.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, register, signed, transfer } from '../../protocol/testing/actors.ts';
import { EMPTY_ROOT, verifyAccountProof } from '../../protocol/tree.ts';
import type { QueueItem } from '../../protocol/types.ts';
import { StateHistory } from './stateHistory.ts';

const [ALICE, BOB, CAROL] = [actor(1), actor(2), actor(3)];
const deposit = (who: typeof ALICE, amount: bigint): QueueItem => ({
  opcode: 1,
  token: 0,
  amount,
  key: who.key,
  address: who.address,
});

let chain: Awaited<ReturnType<typeof openLedger>>;
let history: StateHistory;
const close = () => chain.ledger.close();

beforeEach(async () => {
  chain = await openLedger(memoryDb());
  history = new StateHistory({ store: chain.store, ledger: () => chain.ledger });
  await addBlock(chain, { deposits: [deposit(ALICE, 100n), deposit(BOB, 50n)] });
  await close();
  await addBlock(chain, { txs: [signed(ALICE, { signer: 1, nonce: 0, ops: [transfer(1, 2, 10n)] })] });
  await close();
  await addBlock(chain, { txs: [signed(ALICE, { signer: 1, nonce: 1, ops: [register(1, 3, CAROL, 20n)] })] });
  await close();
});

async function rootOf(batch: number) {
  const summary = await chain.store.summary(batch);
  return summary?.newRoot ?? EMPTY_ROOT;
}

describe('the state as of an earlier batch', () => {
  it('is undone from the newest, whichever batch comes first', async () => {
    for (const [batch, balance] of [
      [1, 100n],
      [2, 90n],
      [3, 70n],
    ] as const) {
      const fresh = new StateHistory({ store: chain.store, ledger: () => chain.ledger });
      const proof = await fresh.proof(accountIndex(1), batch);
      expect(proof.account?.balance).toBe(balance);
      expect(verifyAccountProof(proof, await rootOf(batch))).toBe(true);
    }
  });

  it('follows the batches and steps back after a reorg', async () => {
    for (const batch of [1, 3, 2, 0, 2]) {
      const proof = await history.proof(accountIndex(1), batch);
      expect(verifyAccountProof(proof, await rootOf(batch))).toBe(true);
    }
  });

  it('proves the absence of what came later', async () => {
    const proof = await history.proof(accountIndex(3), 2);
    expect(proof.account).toBeUndefined();
    expect(verifyAccountProof(proof, await rootOf(2))).toBe(true);
    expect((await history.proof(accountIndex(3), 3)).account?.balance).toBe(20n);
  });

  it('leaves out the open batch', async () => {
    await addBlock(chain, { txs: [signed(BOB, { signer: 2, nonce: 0, ops: [transfer(2, 1, 5n)] })] });
    expect((await history.proof(accountIndex(2), 3)).account?.balance).toBe(60n);
  });

  it('answers requests at the same time one by one', async () => {
    const proofs = await Promise.all([3, 1, 2, 0].map((batch) => history.proof(accountIndex(1), batch)));
    expect(proofs.map(({ account }) => account?.balance)).toEqual([70n, 100n, 90n, undefined]);
  });
});
