import { expect, it } from 'vitest';
import { MAX_MESSAGE_GAS, SYSTEM_TX_GAS } from '../../protocol/lane/constants.ts';
import { ALICE, announcement, BOB, deposit, ETHER, fromLedger, newLane, RECIPIENTS } from '../testing/fixture.ts';
import { inboxCall, LEDGER_CALL_GAS } from './inboxCall.ts';

it('carries ETH as value, tokens as an argument, and has gas for both Inbox and the recipient', () => {
  expect(inboxCall(deposit({ gasLimit: MAX_MESSAGE_GAS }))).toMatchObject({
    value: ETHER,
    gasLimit: MAX_MESSAGE_GAS + SYSTEM_TX_GAS,
    refundTo: BOB,
  });
  expect(inboxCall(deposit({ token: 7, gasLimit: 0n }))).toMatchObject({
    value: 0n,
    gasLimit: SYSTEM_TX_GAS,
    refundTo: BOB,
  });
  expect(inboxCall(announcement())).toMatchObject({ value: 0n, gasLimit: SYSTEM_TX_GAS });
  expect(inboxCall(fromLedger())).toMatchObject({
    value: ETHER,
    gasLimit: LEDGER_CALL_GAS + SYSTEM_TX_GAS,
    refundTo: ALICE,
  });
  expect(inboxCall(fromLedger({ token: 7 }))).toMatchObject({ value: 0n, refundTo: ALICE });
});

it("gives an EXIT's recipient as much gas as Inbox does, and no more", async () => {
  const lane = await newLane();
  const outcome = await lane.deliver(fromLedger({ to: RECIPIENTS.GasBurner }));
  expect(outcome).toMatchObject({ isSuccess: true });
  expect(outcome.gasUsed).toBeGreaterThan(LEDGER_CALL_GAS);
  expect(outcome.gasUsed).toBeLessThan(LEDGER_CALL_GAS + 200_000n);
});

it('leaves room at the worst there is: a new token, the longest data, a recipient that burns its gas', async () => {
  const lane = await newLane();
  const data = `0x${'ff'.repeat(4_096)}` as const;
  const outcome = await lane.deliver(
    deposit({ token: 65_535, to: RECIPIENTS.GasBurner, data, gasLimit: MAX_MESSAGE_GAS }),
  );
  expect(outcome).toMatchObject({ isSuccess: true });
  expect(outcome.gasUsed).toBeGreaterThan(MAX_MESSAGE_GAS);
  expect(outcome.gasLeft).toBeGreaterThan(150_000n);
  const text = '\u{1f9e0}'.repeat(16);
  const named = await lane.deliver(announcement({ index: 1n, name: text, symbol: text }));
  expect(named).toMatchObject({ isSuccess: true });
  expect(named.gasLeft).toBeGreaterThan(150_000n);
});
