import { afterAll, beforeAll, expect, it } from 'vitest';
import { actor, exit, signed, transfer } from '../protocol/testing/actors.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import type { Op, SignedTx } from '../protocol/types.ts';
import type { RollupClient } from './client/rollupClient.ts';
import type { Address, QueueEntry } from './client/types.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { type Contract, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';

const SEED = Number(process.env.ENGRAM_TEST_SEED ?? 1);
const ROUNDS = 20;

let f: Fixture;
let token: Contract;
beforeAll(async () => {
  f = await Fixture.start();
  token = await f.deployTest('PlainToken', ['Plain', 'PLN']);
  for (const { account } of [f.alice, f.bob]) await token.write('mint', [account, 10n ** 9n]);
  await f.alice.registerToken(token.address);
});
afterAll(() => f?.l1.stop());

/**
 * Random deposits (some void), forced exits (some void), transfers, exits, proofs and withdrawals. At every step what the contract
 * holds is exactly what the ledger, the queue, unproven exits, withdrawals owed, fees and the bond add up to.
 */
it(`keeps its books to the wei over random traffic (seed ${SEED})`, async () => {
  const random = new SeededRandom(SEED);
  const ledger = new TestLedger(f.deployment.domain);
  const people = [f.alice, f.bob] as const;
  const nonces = new Map<number, number>();
  let waiting: QueueEntry[] = [];
  const seen = { voids: 0, forcedExits: 0, exits: 0 };

  const queueSomething = async (who: RollupClient): Promise<void> => {
    const id = random.int(2);
    const amount = BigInt(random.int(1000));
    const index = 1 + random.int(ledger.tree.size + 2);
    const kind = random.int(3);
    if (kind === 0 && ledger.tree.size < 12) {
      waiting.push(await who.depositNew({ token: id, amount, key: actor(random.int(5)).key }));
    } else if (kind === 1) waiting.push(await who.depositTo({ index, token: id, amount }));
    else waiting.push(await who.forcedExit(index));
  };

  const someTxs = (): SignedTx[] => {
    const accounts = [...ledger.tree.entries()];
    if (accounts.length < 2) return [];
    const [signer, account] = random.pick(accounts);
    // Half of the balance at most: the forced exits of this very batch come first and may leave nothing.
    if (account.balance < 4n || waiting.some(({ item }) => item.opcode === 3 && item.index === signer)) return [];
    const targets = accounts.filter(([, other]) => other.token === account.token);
    const ops: Op[] = [exit(signer, BigInt(random.pick(people).account), account.balance / 4n)];
    ops.push(transfer(signer, random.pick(targets)[0], account.balance / 4n));
    const nonce = nonces.get(signer) ?? 0;
    nonces.set(signer, nonce + 1);
    return [signed(actor(1), { signer, nonce, ops })];
  };

  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = random.int(5); i > 0; i -= 1) await queueSomething(random.pick(people));
    const queue = waiting.slice(0, 8);
    const txs = someTxs();
    waiting = waiting.slice(8);
    const closed = ledger.close({ timestamp: await f.now(), shape: 'dev', queue, txs });
    seen.voids += closed.batch.l1Ops.filter(({ opcode, isVoid }) => opcode === 2 && isVoid).length;
    seen.forcedExits += closed.batch.l1Ops.filter(({ opcode, amount }) => opcode === 3 && amount > 0n).length;
    seen.exits += closed.exits.length;
    const posted = await f.sequencer.commitBatch(closed, NO_EVM);
    await f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
    if (random.int(3) === 0) {
      for (const who of people) if ((await who.pendingWithdrawal(0, who.account)) > 0n) await who.withdraw(0);
    }
    await expectBalanced(ledger, waiting, `round ${round}`);
  }
  expect((await f.alice.state()).proven.batch).toBe(ROUNDS);
  // The traffic was worth its name.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
});

async function expectBalanced(ledger: TestLedger, waiting: readonly QueueEntry[], when: string): Promise<void> {
  const { bond, queueFee, registrationFee } = TEST_SETTINGS;
  for (const id of [0, 1]) {
    let owed = 0n;
    for (const [, account] of ledger.tree.entries()) if (account.token === id) owed += account.balance;
    for (const { item } of waiting) if (item.opcode !== 3 && item.token === id) owed += item.amount;
    for (const { account } of [f.alice, f.bob, f.sequencer]) owed += await f.alice.pendingWithdrawal(id, account);
    if (id === 0) owed += bond + registrationFee + BigInt(waiting.length) * queueFee;
    expect(await held(id, f.deployment.address), `${when}, token ${id}`).toBe(owed);
  }
}

async function held(id: number, owner: Address): Promise<bigint> {
  if (id === 0) return f.balance(owner);
  return (await token.read('balanceOf', [owner])) as bigint; // uint256
}
