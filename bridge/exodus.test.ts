import { afterAll, beforeAll, expect, it } from 'vitest';
import { controllerOf, packState } from '../protocol/account.ts';
import { accountIndex } from '../protocol/ids.ts';
import { actor, attest, claim, open, signed, transfer } from '../protocol/testing/actors.ts';
import type { ProvenLeaf } from './client/types.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';

const [ALICE, BOB, MODEL, FINE_TUNE, CHANNEL, OTHER_CHANNEL] = [1, 2, 3, 4, 5, 6] as const;
const { bond, queueFee } = TEST_SETTINGS;

let f: Fixture;
beforeAll(async () => {
  f = await Fixture.start();
});
afterAll(() => f?.l1.stop());

it('after a freeze every account leaves once, and the vault ends with nothing but the bond and the fees', async () => {
  const ledger = new TestLedger(f.deployment.domain);
  const queue = [
    await f.alice.depositNew({ token: 0, amount: 10_000n, key: actor(ALICE).key }),
    await f.bob.depositNew({ token: 0, amount: 5_000n, key: actor(BOB).key }),
  ];
  const timestamp = await f.now();
  const terms = { voucherKey: actor(9), expiry: timestamp + 3600 };
  const txs = [
    signed(actor(ALICE), {
      ...{ signer: ALICE, nonce: 0, validUntil: 2 ** 40 - 1 },
      ops: [
        attest(ALICE, MODEL, { royaltyBps: 1000 }),
        open(ALICE, CHANNEL, { ...terms, provider: BOB, model: MODEL, amount: 3_000n }),
      ],
    }),
    signed(actor(BOB), {
      ...{ signer: BOB, nonce: 0, validUntil: 2 ** 40 - 1 },
      ops: [
        attest(BOB, FINE_TUNE, { parent: MODEL, amount: 70n }),
        open(BOB, OTHER_CHANNEL, { ...terms, provider: ALICE, amount: 900n }),
        claim(CHANNEL, BOB, { total: 1_001n, royaltyBps: 1000, voucherKey: actor(9) }),
        transfer(BOB, MODEL, 5n),
      ],
    }),
  ];
  const closed = ledger.close({ timestamp, shape: 'dev', queue, txs });
  const posted = await f.sequencer.commitBatch(closed, NO_EVM);
  await f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
  const late = await f.alice.depositTo({ index: MODEL, token: 0, amount: 11n });
  await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
  await f.bob.freeze();

  const leafOf = (n: number): ProvenLeaf => {
    const account = ledger.tree.get(accountIndex(n)) ?? expect.unreachable();
    const { a, b, c } = account;
    return { leaf: { index: n, state: packState(account), a, b, c }, proof: ANY_PROOF };
  };
  const indices = [...ledger.tree.entries()].map(([index]) => index);
  expect(indices.sort((a, b) => a - b)).toEqual([ALICE, BOB, MODEL, FINE_TUNE, CHANNEL, OTHER_CHANNEL]);
  for (const index of indices) {
    const account = ledger.tree.get(index) ?? expect.unreachable();
    const controller = controllerOf(index, account);
    const beside = controller === index ? undefined : leafOf(controller);
    await f.bob.escape(leafOf(index).leaf, ANY_PROOF, beside);
    await expectError('AlreadyEscaped', f.bob.escape(leafOf(index).leaf, ANY_PROOF, beside));
  }
  await f.alice.refund(late);

  const alice = 10_000n - 3_000n + 100n + 5n + (3_000n - 1_001n); // her account, her model's royalty and gift, what the channel still held
  const bob = 5_000n + 901n - 5n; // with what he claimed; his attestation and his channel came back whole
  expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(alice + 11n + queueFee);
  expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(bob);
  await f.alice.withdraw(0);
  await f.bob.withdraw(0);
  await f.sequencer.withdraw(0); // the fees of the two items that a batch took in
  expect(await f.balance(f.deployment.address)).toBe(bond);
});
