import { decodeEventLog, encodeFunctionData } from 'viem';
import { beforeEach, describe, expect, it } from 'vitest';
import { INBOX, OUTBOX, PRECOMPILES, SYSTEM_SENDER, TOKEN_FACTORY } from '../../protocol/lane/addresses.ts';
import { MAX_MESSAGE_DATA, MAX_MESSAGE_GAS } from '../../protocol/lane/constants.ts';
import type { Hex, LaneMessage } from '../../protocol/lane/types.ts';
import {
  ALICE,
  announcement,
  BOB,
  DELEGATED_TO_FACTORY,
  DELEGATED_TO_INBOX,
  deposit,
  ETHER,
  fromLedger,
  INVALID_CODE,
  L1_SENDER,
  newLane,
  RECIPIENTS,
  SELF_DESTRUCTOR,
} from '../testing/fixture.ts';
import { errorName, type Outcome, type TestLane } from '../testing/lane.ts';
import { INBOX_ABI } from './abi.ts';
import { tokenAddress } from './inboxCall.ts';

const TOKEN = 7;
let lane: TestLane;
beforeEach(async () => {
  lane = await newLane();
});

const WITNESS_ABI = ['caller', 'l1Sender', 'isDelivering', 'value', 'gasSeen', 'dataBytes'].map((name) => ({
  type: 'function' as const,
  name,
  stateMutability: 'view' as const,
  inputs: [],
  outputs: [{ type: typeOf(name), name: '' }],
}));

function typeOf(name: string): string {
  if (name === 'isDelivering') return 'bool';
  return name === 'caller' || name === 'l1Sender' ? 'address' : 'uint256';
}

const witness = (name: string) => lane.read(WITNESS_ABI, RECIPIENTS.Witness, name);
const pending = (token: number, owner: Hex) => lane.read(INBOX_ABI, INBOX, 'pending', [token, owner]);
const erc20 = (functionName: string, args: readonly unknown[] = []) =>
  lane.read(ERC20, tokenAddress(TOKEN), functionName, args);
const ERC20 = [
  {
    type: 'function',
    name: 'balanceOf',
    stateMutability: 'view',
    inputs: [{ type: 'address' }],
    outputs: [{ type: 'uint256' }],
  },
  { type: 'function', name: 'totalSupply', stateMutability: 'view', inputs: [], outputs: [{ type: 'uint256' }] },
] as const;

/** The one MessageDelivered of a system transaction, which has to succeed. */
function delivered(outcome: Outcome) {
  expect(outcome).toMatchObject({ isSuccess: true });
  const events = outcome.logs.flatMap((log) => {
    if (log.address !== INBOX) return [];
    const event = decodeEventLog({ abi: INBOX_ABI, topics: [...log.topics] as [Hex, ...Hex[]], data: log.data });
    return event.eventName === 'MessageDelivered' ? [event.args] : [];
  });
  expect(events).toHaveLength(1);
  return events[0];
}

function call(functionName: 'claimPending', token: number, to: Hex): Hex {
  return encodeFunctionData({ abi: INBOX_ABI, functionName, args: [token, to] });
}

describe('ETH', () => {
  it('reaches a plain account', async () => {
    expect(delivered(await lane.deliver(deposit()))).toEqual({
      kind: 1,
      index: 0n,
      to: expect.stringMatching(new RegExp(ALICE, 'i')),
      token: 0,
      amount: ETHER,
      success: true,
    });
    expect(await lane.balance(ALICE)).toBe(ETHER);
    expect(await lane.balance(INBOX)).toBe(0n);
  });

  it('reaches a contract with data, which learns who sent it on L1', async () => {
    delivered(await lane.deliver(deposit({ to: RECIPIENTS.Witness, data: '0x1234567890' })));
    expect(String(await witness('caller')).toLowerCase()).toBe(INBOX);
    expect(String(await witness('l1Sender')).toLowerCase()).toBe(L1_SENDER);
    expect(await witness('isDelivering')).toBe(true);
    expect(await witness('value')).toBe(ETHER);
    expect(await witness('dataBytes')).toBe(5n);
  });

  it('carries a message without money', async () => {
    expect(
      delivered(await lane.deliver(deposit({ to: RECIPIENTS.Witness, data: '0x12345678', amount: 0n }))),
    ).toMatchObject({
      success: true,
    });
    expect(await witness('dataBytes')).toBe(4n);
  });

  it('gives the recipient all the gas the message names, with the longest data there are', async () => {
    const data: Hex = `0x${'ff'.repeat(MAX_MESSAGE_DATA)}`;
    delivered(await lane.deliver(deposit({ to: RECIPIENTS.Witness, data, gasLimit: MAX_MESSAGE_GAS })));
    // What is lacking was spent on getting to the first instruction; 2,300 come with the value.
    expect(await witness('gasSeen')).toBeGreaterThan(MAX_MESSAGE_GAS - 500n);
    expect(await witness('gasSeen')).toBeLessThanOrEqual(MAX_MESSAGE_GAS + 2_300n);
  });

  it('or a token does so too, even while its contract is being deployed', async () => {
    const data: Hex = `0x${'ff'.repeat(MAX_MESSAGE_DATA)}`;
    delivered(await lane.deliver(deposit({ token: TOKEN, to: RECIPIENTS.Witness, data, gasLimit: MAX_MESSAGE_GAS })));
    expect(await witness('gasSeen')).toBeGreaterThan(MAX_MESSAGE_GAS - 500n);
    expect(String(await witness('l1Sender')).toLowerCase()).toBe(L1_SENDER);
    expect(await witness('value')).toBe(0n);
    expect(await erc20('balanceOf', [RECIPIENTS.Witness])).toBe(ETHER);
  });

  it('from an EXIT of the ledger reaches the controller, with no sender on L1', async () => {
    expect(delivered(await lane.deliver(fromLedger()))).toMatchObject({
      kind: 3,
      index: 12n,
      amount: ETHER,
      success: true,
    });
    expect(await lane.balance(ALICE)).toBe(ETHER);
    expect(delivered(await lane.deliver(fromLedger({ to: RECIPIENTS.Wallet })))).toMatchObject({ success: true });
    expect(await lane.balance(RECIPIENTS.Wallet)).toBe(ETHER);
  });

  it('is withdrawn again by a contract in the same call', async () => {
    expect(delivered(await lane.deliver(deposit({ to: RECIPIENTS.Forwarder, data: '0x01' })))).toMatchObject({
      success: true,
    });
    expect(await lane.balance(OUTBOX)).toBe(ETHER);
  });
});

describe('what cannot be delivered', () => {
  it('waits for refundTo, who takes it to wherever he likes, once', async () => {
    expect(delivered(await lane.deliver(deposit({ to: INVALID_CODE })))).toMatchObject({ success: false });
    delivered(await lane.deliver(deposit({ index: 1n, to: INVALID_CODE, amount: 5n })));
    expect(await pending(0, BOB)).toBe(ETHER + 5n);
    expect(await lane.balance(INBOX)).toBe(ETHER + 5n);

    const stranger = await lane.send({ from: ALICE, to: INBOX, data: call('claimPending', 0, ALICE) });
    expect(errorName(INBOX_ABI, stranger.returned)).toBe('NothingPending');
    expect(await lane.send({ from: BOB, to: INBOX, data: call('claimPending', 0, ALICE) })).toMatchObject({
      isSuccess: true,
    });
    expect(await lane.balance(ALICE)).toBe(ETHER + 5n);
    const again = await lane.send({ from: BOB, to: INBOX, data: call('claimPending', 0, ALICE) });
    expect(errorName(INBOX_ABI, again.returned)).toBe('NothingPending');
  });

  it('waits for the controller if it came from the ledger', async () => {
    expect(delivered(await lane.deliver(fromLedger({ to: INVALID_CODE })))).toMatchObject({ success: false });
    expect(await pending(0, INVALID_CODE)).toBe(ETHER);
  });

  it('stays pending when the place it is claimed to refuses it', async () => {
    delivered(await lane.deliver(deposit({ to: INVALID_CODE })));
    const refused = await lane.send({ from: BOB, to: INBOX, data: call('claimPending', 0, INVALID_CODE) });
    expect(errorName(INBOX_ABI, refused.returned)).toBe('CallFailed');
    expect(await pending(0, BOB)).toBe(ETHER);
  });

  it.each([INBOX, OUTBOX, TOKEN_FACTORY, SYSTEM_SENDER])('is not claimed to the protocol itself (%s)', async (to) => {
    delivered(await lane.deliver(deposit({ to: INVALID_CODE })));
    const refused = await lane.send({ from: BOB, to: INBOX, data: call('claimPending', 0, to) });
    expect(errorName(INBOX_ABI, refused.returned)).toBe('ReservedAddress');
  });

  it('of a token is minted only when it is claimed', async () => {
    delivered(await lane.deliver(deposit({ token: TOKEN, to: INVALID_CODE, data: '0x01', amount: 9n })));
    expect(await pending(TOKEN, BOB)).toBe(9n);
    // The call failed and took everything with it, the token's first deployment too.
    delivered(await lane.deliver(deposit({ index: 1n, token: TOKEN, amount: 1n })));
    expect(await erc20('totalSupply')).toBe(1n);
    await lane.send({ from: BOB, to: INBOX, data: call('claimPending', TOKEN, ALICE) });
    expect(await erc20('balanceOf', [ALICE])).toBe(10n);
    expect(await pending(TOKEN, BOB)).toBe(0n);
  });

  it('of a token that lies about its amounts neither wraps around nor blocks', async () => {
    const huge = 2n ** 256n - 1n;
    delivered(await lane.deliver(deposit({ token: TOKEN, amount: huge })));
    for (const index of [1n, 2n]) {
      expect(delivered(await lane.deliver(deposit({ index, token: TOKEN, amount: huge })))).toMatchObject({
        success: false,
      });
    }
    expect(await pending(TOKEN, BOB)).toBe(huge);
  });
});

describe('no message makes a system transaction fail', () => {
  const { GasBurner, ReturnBomb, RevertBomb, Thief, Witness } = RECIPIENTS;
  const precompiles: readonly Hex[] = [1, 2, 4, 5, 8, 9, 0x0b, 0x11].map(
    (n): Hex => `0x${n.toString(16).padStart(40, '0')}`,
  );
  const targets: readonly (readonly [string, Hex])[] = [
    ['a contract that burns its gas', GasBurner],
    ['a return bomb', ReturnBomb],
    ['a revert bomb', RevertBomb],
    ['a thief', Thief],
    ['a witness', Witness],
    ['a contract that destroys itself into Inbox', SELF_DESTRUCTOR],
    ['invalid code', INVALID_CODE],
    ['the zero address', '0x0000000000000000000000000000000000000000'],
    ['Inbox', INBOX],
    ['Outbox', OUTBOX],
    ['TokenFactory', TOKEN_FACTORY],
    ['the system sender', SYSTEM_SENDER],
    ['a token', tokenAddress(TOKEN)],
    ...PRECOMPILES.map((address) => [`precompile ${address}`, address] as const),
    ...precompiles.map((address) => [`precompile ${address}`, address] as const),
  ];
  const data: Hex = `0x${'fe'.repeat(MAX_MESSAGE_DATA)}`;

  it.each(targets)('%s', async (_name, to) => {
    const messages: LaneMessage[] = [
      deposit({ to, data, refundTo: to }),
      deposit({ index: 1n, to }),
      deposit({ index: 2n, to, gasLimit: 0n, data: '0x00' }),
      deposit({ index: 3n, to, token: TOKEN, data, refundTo: to }),
      deposit({ index: 4n, to, token: TOKEN, data: '0x00', gasLimit: 0n }),
      fromLedger({ to }),
      fromLedger({ to, token: TOKEN }),
    ];
    for (const message of messages) {
      const outcome = await lane.deliver(message);
      delivered(outcome);
      // What a worse case than these would have left.
      expect(outcome.gasLeft).toBeGreaterThan(100_000n);
    }
    const [all, fromL1] = (await lane.read(INBOX_ABI, INBOX, 'delivered')) as [bigint, bigint];
    expect([all, fromL1]).toEqual([7n, 5n]);
    expect(await lane.nonce(SYSTEM_SENDER)).toBe(7n);
    // Nothing is lost: it arrived or it waits. (What destroys itself pays Inbox, which keeps it.)
    const waiting = ((await pending(0, BOB)) as bigint) + (to === BOB ? 0n : ((await pending(0, to)) as bigint));
    const arrived = to === SELF_DESTRUCTOR ? 0n : await lane.balance(to);
    if (to !== SELF_DESTRUCTOR && to !== INBOX) expect(waiting + arrived).toBe(4n * ETHER);
    expect(await lane.balance(INBOX)).toBeGreaterThanOrEqual(waiting);
  });

  it('names of any length and any bytes are taken, cut', async () => {
    const texts = ['', '\u0000'.repeat(1_000), '\u{1f9e0}'.repeat(100_000), '\ud800lone', '\ufeffbom', 'é'.repeat(64)];
    let index = 0n;
    for (const text of texts) {
      const outcome = await lane.deliver(announcement({ index, name: text, symbol: text, decimals: 255 }));
      expect(delivered(outcome)).toMatchObject({ kind: 2, success: true });
      expect(outcome.gasLeft).toBeGreaterThan(100_000n);
      index += 1n;
    }
  });

  it('metadata of ETH are not taken, and the next message follows all the same', async () => {
    expect(delivered(await lane.deliver(announcement({ token: 0 })))).toMatchObject({ success: false });
    expect(delivered(await lane.deliver(deposit({ index: 1n })))).toMatchObject({ success: true });
  });
});

describe('nobody else', () => {
  it.each([ALICE, OUTBOX, TOKEN_FACTORY, INBOX])('%s can deliver', async (from) => {
    const me = ALICE;
    const attempts: Hex[] = [
      encodeFunctionData({ abi: INBOX_ABI, functionName: 'deliverEther', args: [0n, me, me, 0n, me, '0x'] }),
      encodeFunctionData({ abi: INBOX_ABI, functionName: 'deliverToken', args: [0n, me, 1, me, 1n, 0n, me, '0x'] }),
      encodeFunctionData({ abi: INBOX_ABI, functionName: 'deliverMetadata', args: [0n, 1, 'x', 'y', 1] }),
      encodeFunctionData({ abi: INBOX_ABI, functionName: 'deliverFromLedger', args: [1, me, 1, 1n] }),
    ];
    if (from === ALICE) {
      attempts.push(encodeFunctionData({ abi: INBOX_ABI, functionName: 'mintAndCall', args: [1, me, 1n, 0n, '0x'] }));
    }
    for (const data of attempts) {
      const outcome = await lane.callAs({ from, to: INBOX, data });
      expect(errorName(INBOX_ABI, outcome.returned)).toBe('NotSystem');
    }
  });

  it('gains anything by re-entering from within a delivery', async () => {
    for (const message of [
      deposit({ to: RECIPIENTS.Thief }),
      deposit({ index: 1n, token: TOKEN, to: RECIPIENTS.Thief, data: '0x01' }),
    ]) {
      // Successful: it got through all of its attempts.
      expect(delivered(await lane.deliver(message))).toMatchObject({ success: true });
    }
    const abi = [
      { type: 'function', name: 'successes', stateMutability: 'view', inputs: [], outputs: [{ type: 'uint256' }] },
    ] as const;
    expect(await lane.read(abi, RECIPIENTS.Thief, 'successes')).toBe(0n);
  });

  it('makes Inbox mint by a message that calls TokenFactory, or deliver by one that calls Inbox', async () => {
    const mint = encodeFunctionData({
      abi: [
        {
          type: 'function',
          name: 'mint',
          stateMutability: 'nonpayable',
          inputs: [{ type: 'uint16' }, { type: 'address' }, { type: 'uint256' }],
          outputs: [],
        },
      ],
      functionName: 'mint',
      args: [TOKEN, ALICE, ETHER],
    });
    const inner = encodeFunctionData({
      abi: INBOX_ABI,
      functionName: 'mintAndCall',
      args: [TOKEN, ALICE, ETHER, 0n, '0x'],
    });
    const attacks = [
      deposit({ to: TOKEN_FACTORY, data: mint, amount: 0n }),
      deposit({ index: 1n, to: INBOX, data: inner, amount: 0n }),
      deposit({ index: 2n, token: 8, to: TOKEN_FACTORY, data: mint, amount: 0n }),
      deposit({ index: 3n, token: 8, to: INBOX, data: inner, amount: 0n }),
      // Accounts that have borrowed the code: Inbox is the caller, but the account is not Inbox.
      deposit({ index: 4n, to: DELEGATED_TO_INBOX, data: inner, amount: 0n }),
    ];
    for (const attack of attacks) expect(delivered(await lane.deliver(attack))).toMatchObject({ success: false });
    // It deploys a token of its own; the real one does not know it.
    delivered(await lane.deliver(deposit({ index: 5n, to: DELEGATED_TO_FACTORY, data: mint, amount: 0n })));
    delivered(await lane.deliver(deposit({ index: 6n, token: TOKEN, amount: 1n })));
    expect(await erc20('totalSupply')).toBe(1n);
  });

  it('delivers a message twice, or out of order', async () => {
    delivered(await lane.deliver(deposit()));
    for (const index of [0n, 2n]) {
      const outcome = await lane.deliver(deposit({ index }));
      expect(outcome).toMatchObject({ isSuccess: false });
      expect(errorName(INBOX_ABI, outcome.returned)).toBe('OutOfOrder');
    }
    expect(await lane.balance(ALICE)).toBe(ETHER);
  });

  it('sees a sender outside of a delivery', async () => {
    const abi = ['wasDelivering', 'hadSender'].map((name) => ({
      type: 'function' as const,
      name,
      stateMutability: 'view' as const,
      inputs: [],
      outputs: [{ type: 'bool' as const }],
    }));
    delivered(await lane.deliver(deposit({ to: RECIPIENTS.RevertBomb })));
    const look = encodeFunctionData({
      abi: [{ type: 'function', name: 'look', stateMutability: 'nonpayable', inputs: [], outputs: [] }],
      functionName: 'look',
    });
    expect(await lane.send({ from: ALICE, to: RECIPIENTS.Latecomer, data: look })).toMatchObject({ isSuccess: true });
    expect(await lane.read(abi, RECIPIENTS.Latecomer, 'wasDelivering')).toBe(false);
    expect(await lane.read(abi, RECIPIENTS.Latecomer, 'hadSender')).toBe(false);
    await expect(lane.read(INBOX_ABI, INBOX, 'l1Sender')).rejects.toMatchObject({ code: 'NotDelivering' });
  });
});
