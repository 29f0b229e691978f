import { encodeAbiParameters, encodeErrorResult, encodeFunctionData, type Hex, size, toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TokenMessage } from '../protocol/lane/types.ts';
import { rollupAbi } from './client/abi.ts';
import { evmLaneAbi } from './client/evmLaneAbi.ts';
import { EvmLaneReader } from './client/evmLaneClient.ts';
import { bridgeError } from './client/revert.ts';
import type { Address } from './client/types.ts';
import { type Contract, expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { LaneWorld, lower } from './testing/laneWorld.ts';
import { ANY_PROOF } from './testing/ledger.ts';

const NOBODY = `0x${'00'.repeat(20)}` as const;
const SOMEONE = `0x${'a1'.repeat(20)}` as const;

let f: Fixture;
let w: LaneWorld;
beforeAll(async () => {
  f = await Fixture.start();
});
beforeEach(async () => {
  await f.reset();
  w = await LaneWorld.open(f);
});
afterAll(() => f?.l1.stop());

async function registered(name: string, args: readonly unknown[] = []): Promise<{ token: Contract; id: number }> {
  const token = await f.deployTest(name, args);
  const { id } = await f.alice.registerToken(token.address);
  return { token, id };
}

const plain = async () => {
  const { token, id } = await registered('PlainToken', ['Plain', 'PLN']);
  await token.write('mint', [f.alice.account, 1000n]);
  return { token, id };
};
const vaultOf = (token: Contract) => token.read('balanceOf', [w.address]);

describe('messages with ETH', () => {
  it('say who sends what to whom, in order, with the time of L1', async () => {
    const deposit = { to: SOMEONE, amount: 5n, gasLimit: 70_000n, data: '0x010203', refundTo: f.bob.account } as const;
    const first = await w.alice.depositEvm(deposit);
    expect(first).toEqual({
      ...deposit,
      ...{ kind: 'deposit', index: 0n, token: 0, sender: lower(f.alice.account), refundTo: lower(f.bob.account) },
      l1Timestamp: await f.now(),
    });
    const second = await w.bob.depositEvm({ amount: 7n });
    expect(second).toMatchObject({ index: 1n, to: lower(f.bob.account), gasLimit: 0n, data: '0x' });
    expect(await w.alice.messageCount()).toBe(2n);
    expect(await w.alice.messages(0n, 2n)).toEqual([first, second]);
    expect(await w.alice.messages(1n, 9n)).toEqual([second]);
    expect(await w.alice.messages(1n, 1n)).toEqual([]);
    expect(await f.balance(w.address)).toBe(12n);
  });

  it('may bring nothing, and as much gas and data as the rules allow', async () => {
    const data = toHex(new Uint8Array(4_096).fill(0xee));
    expect(await w.alice.depositEvm({ amount: 0n, gasLimit: 1_000_000n, data })).toMatchObject({ amount: 0n, data });
  });

  it('are refused with more gas, more data, nobody to get them, nobody to refund', async () => {
    await expectError('MessageGasTooHigh', w.alice.depositEvm({ amount: 1n, gasLimit: 1_000_001n }));
    await expectError('MessageGasTooHigh', w.alice.depositEvm({ amount: 1n, gasLimit: 2n ** 64n - 1n }));
    const tooLong = toHex(new Uint8Array(4_097));
    expect(size(tooLong)).toBe(4_097);
    await expectError('MessageTooLong', w.alice.depositEvm({ amount: 1n, data: tooLong }));
    await expectError('ZeroAddress', w.alice.depositEvm({ amount: 1n, to: NOBODY }));
    await expectError('ZeroAddress', w.alice.depositEvm({ amount: 1n, refundTo: NOBODY }));
    expect(await w.alice.messageCount()).toBe(0n);
  });

  it('are refused with 2^96 wei', async () => {
    await f.clients.testClient.setBalance({ address: f.alice.account, value: 1n << 100n });
    await expectError('VaultFull', w.alice.depositEvm({ amount: 1n << 96n }));
    await w.alice.depositEvm({ amount: (1n << 96n) - 1n });
  });

  it('are the only way in: ETH sent along with nothing is refused', async () => {
    await expectError('StrayEther', w.alice.send({ to: w.address, data: '0x', value: 1n }));
    const { data } = w.alice.calls.collect(0);
    await expectError('L1_REVERTED', w.alice.send({ to: w.address, data, value: 1n }));
    await expectError('L1_REVERTED', w.alice.send({ to: w.address, data: '0x12345678', value: 0n }));
  });

  it('end with a freeze: nothing would arrive any more', async () => {
    const { id } = await plain();
    await f.alice.forcedExit(9);
    await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await f.bob.freeze();
    await expectError('Frozen', w.alice.depositEvm({ amount: 1n }));
    await expectError('Frozen', w.alice.depositEvmToken({ token: id, amount: 1n }));
  });
});

describe('reading messages', () => {
  it('goes over several log ranges and leaves out what is younger than asked', async () => {
    const deposits = [];
    for (let i = 0; i < 5; i += 1) deposits.push(await w.alice.depositEvm({ amount: BigInt(i) }));
    const { address, deployedAt } = f.deployment;
    const options = { address: w.address, deployedAt, rollup: address, logRange: 2n };
    const reader = await EvmLaneReader.connect(options, f.clients.publicClient);
    expect(await reader.messages(1n, 5n)).toEqual(deposits.slice(1));
    const toBlock = (await f.clients.publicClient.getBlockNumber()) - 2n;
    expect(await reader.messages(0n, 9n, { toBlock })).toEqual(deposits.slice(0, 3));
    expect(await reader.messageCount({ blockNumber: toBlock })).toBe(3n);
  });

  it('before the contract was there finds none', async () => {
    expect(await w.alice.messageCount({ blockNumber: f.deployment.deployedAt })).toBe(0n);
    expect(await w.alice.attestedBatch({ blockNumber: f.deployment.deployedAt })).toBe(0);
  });

  it('that are missing from the node’s logs is an error', async () => {
    await w.alice.depositEvm({ amount: 1n });
    await w.alice.depositEvm({ amount: 2n });
    const fromBlock = await f.clients.publicClient.getBlockNumber();
    await expectError('UNKNOWN_MESSAGE', w.alice.messages(0n, 2n, { fromBlock }));
  });
});

describe('messages with tokens', () => {
  it('come after the first word of the token', async () => {
    const { token, id } = await plain();
    const first = await w.alice.depositEvmToken({ token: id, amount: 60n, to: SOMEONE });
    const people = { sender: lower(f.alice.account), to: SOMEONE, refundTo: lower(f.alice.account) };
    expect(await w.alice.messages(0n, 2n)).toEqual([
      { kind: 'token', index: 0n, l1Timestamp: await f.now(), token: id, name: 'Plain', symbol: 'PLN', decimals: 18 },
      first,
    ]);
    expect(first).toMatchObject({ index: 1n, token: id, amount: 60n, gasLimit: 0n, data: '0x', ...people });
    await w.alice.depositEvmToken({ token: id, amount: 40n });
    expect(await w.alice.messageCount()).toBe(3n);
    expect(await vaultOf(token)).toBe(100n);
  });

  it('are refused for a token that nobody registered, and for ETH', async () => {
    const call = (token: number) => w.alice.send(w.alice.calls.depositEvmToken({ ...people(), token, amount: 1n }));
    await expectError('UnknownToken', call(1));
    await expectError('UnknownToken', call(0));
    await expectError('UnknownToken', w.alice.depositEvmToken({ token: 1, amount: 1n }));
  });

  it('are refused with nobody to get them or to refund', async () => {
    const { id } = await plain();
    await expectError('ZeroAddress', w.alice.depositEvmToken({ token: id, amount: 1n, to: NOBODY }));
    await expectError('ZeroAddress', w.alice.depositEvmToken({ token: id, amount: 1n, refundTo: NOBODY }));
  });

  it('are of what arrived when the token keeps a part', async () => {
    const { token, id } = await registered('FeeToken');
    await token.write('mint', [f.alice.account, 1000n]);
    expect(await w.alice.depositEvmToken({ token: id, amount: 1000n })).toMatchObject({ amount: 990n });
    expect(await vaultOf(token)).toBe(990n);
  });

  it('are refused when the token answers false, and taken when it answers nothing', async () => {
    const { id } = await registered('FalseToken');
    await expectError('SafeERC20FailedOperation', w.alice.depositEvmToken({ token: id, amount: 1n }));
    const { token, id: silent } = await registered('NoReturnToken');
    await token.write('mint', [f.alice.account, 9n]);
    expect(await w.alice.depositEvmToken({ token: silent, amount: 9n })).toMatchObject({ amount: 9n });
  });

  it('of a token that lies are of that token alone, and below 2^96', async () => {
    const { id } = await registered('LyingToken');
    expect(await w.alice.depositEvmToken({ token: id, amount: 10n ** 20n })).toMatchObject({
      token: id,
      amount: 10n ** 20n,
    });
    const { token, id: more } = await registered('LyingToken');
    await expectError('VaultFull', w.alice.depositEvmToken({ token: more, amount: 1n << 96n }));
    await token.write('reset');
    expect(await f.balance(w.address)).toBe(0n);
  });
});

const people = () => ({ to: f.alice.account, refundTo: f.alice.account });

describe('a token that calls back during a deposit', () => {
  let token: Contract;
  let id: number;
  beforeEach(async () => {
    ({ token, id } = await registered('ReentrantToken'));
    await token.write('mint', [f.alice.account, 10_000n]);
    await token.write('mint', [token.address, 10_000n]);
  });

  it('cannot deposit a second time', async () => {
    const inner = w.alice.calls.depositEvmToken({ ...people(), token: id, amount: 50n });
    await token.write('arm', [w.address, inner.data]);
    expect(await w.alice.depositEvmToken({ token: id, amount: 100n })).toMatchObject({ amount: 100n });
    expect(await token.read('wasCalledBack')).toBe(false);
    expect(await token.read('answer')).toBe(
      encodeErrorResult({ abi: evmLaneAbi, errorName: 'ReentrancyGuardReentrantCall' }),
    );
  });

  /** Account 1 of the ledger holds the token and leaves 700 of it to the lane. */
  async function owing({ isProven }: { isProven: boolean }) {
    const queue = [await w.deposit(1000n, id)];
    const outcome = await w.commit({ queue, txs: [w.exit(1, 700n)] });
    if (isProven) await f.bob.proveBatches([{ posted: outcome.posted, proof: ANY_PROOF }]);
    return outcome;
  }
  const collecting = () =>
    encodeFunctionData({ abi: rollupAbi, functionName: 'withdraw', args: [id, f.deployment.evmLane] });
  const attack = () => w.alice.depositEvmToken({ token: id, amount: 100n });

  it('cannot have what the rollup owes the lane counted as its deposit', async () => {
    await owing({ isProven: true });
    await token.write('arm', [f.deployment.address, collecting()]);
    const error = await expectError('PaidMeanwhile', attack());
    expect(error.data).toEqual({ args: [BigInt(id)] });
    await w.bob.collect(id);
    expect(await vaultOf(token)).toBe(700n);
  });

  it('not even if it proves the batch and collects within the call', async () => {
    const { posted } = await owing({ isProven: false });
    const sequence = await f.deployTest('Sequence');
    const { data: proving } = f.bob.calls.proveBatches([{ posted, proof: ANY_PROOF }]);
    const run = encodeFunctionData({
      abi: sequence.abi,
      functionName: 'run',
      args: [
        [f.deployment.address, f.deployment.address],
        [proving, collecting()],
      ],
    });
    await token.write('arm', [sequence.address, run]);
    await expectError('PaidMeanwhile', attack());
    expect(await w.alice.messageCount()).toBe(0n);
  });
});

describe('what a token says of itself', () => {
  const string = (text: string) => encodeAbiParameters([{ type: 'string' }], [text]);
  const bytes = (content: Hex) => encodeAbiParameters([{ type: 'bytes' }], [content]);
  const word = (text: string) => toHex(text, { size: 32 });
  const uint = (value: bigint) => encodeAbiParameters([{ type: 'uint256' }], [value]);
  const Mood = { ANSWER: 0, REVERT: 1, BURN_GAS: 2, ANSWER_AT_LENGTH: 3 } as const;
  const unnamed = { name: 'Token 1', symbol: 'T1' };

  async function said(mood: number, text: Hex, decimals: Hex): Promise<TokenMessage> {
    const { token, id } = await registered('OddToken');
    await token.write('set', [mood, text, decimals]);
    const { events } = await w.bob.announceToken(id);
    const [event] = events;
    if (event?.type !== 'message' || event.message.kind !== 'token') return expect.unreachable();
    return event.message;
  }

  it.each<[string, Hex, string]>([
    ['a string', string('Wrapped ₮'), 'Wrapped ₮'],
    ['64 bytes', string('x'.repeat(64)), 'x'.repeat(64)],
    ['a word', word(''), ''],
    ['bytes in a word, as old tokens do', `0x4d616b6572${'00'.repeat(27)}`, 'Maker'],
    ['a full word', `0x${'41'.repeat(32)}`, 'A'.repeat(32)],
    ['bytes that are no text', bytes('0x41ff42'), 'A\ufffdB'],
    ['a byte order mark and a zero', bytes('0xefbbbf4100'), '\ufeffA\u0000'],
  ])('is taken when it is %s', async (_name, text, expected) => {
    const { name, symbol, decimals } = await said(Mood.ANSWER, text, uint(6n));
    const isEmpty = expected === '';
    expect({ name, symbol }).toEqual(isEmpty ? unnamed : { name: expected, symbol: expected });
    expect(decimals).toBe(6);
  });

  it.each<[string, Hex]>([
    ['nothing', '0x'],
    ['31 bytes', `0x${'41'.repeat(31)}`],
    ['64 bytes', `0x${'41'.repeat(64)}`],
    ['an empty string', string('')],
    ['a string of 65 bytes', string('x'.repeat(65))],
    ['a string that claims more than it is', `0x${uint(32n).slice(2)}${uint(33n).slice(2)}${'41'.repeat(32)}`],
    ['a length beyond all memory', `0x${uint(32n).slice(2)}${'ff'.repeat(32)}${'41'.repeat(32)}`],
    ['an offset somewhere else', `0x${uint(64n).slice(2)}${uint(1n).slice(2)}${'41'.repeat(32)}`],
  ])('counts as nothing when it is %s', async (_name, text) => {
    expect(await said(Mood.ANSWER, text, uint(0n))).toMatchObject({ ...unnamed, decimals: 0 });
  });

  it.each<[string, Hex, number]>([
    ['255', uint(255n), 255],
    ['256', uint(256n), 18],
    ['2^256 - 1', uint(2n ** 256n - 1n), 18],
    ['nothing', '0x', 18],
    ['31 bytes', `0x${'01'.repeat(31)}`, 18],
  ])('gives decimals for %s', async (_name, answer, decimals) => {
    expect(await said(Mood.ANSWER, string('Odd'), answer)).toMatchObject({ name: 'Odd', decimals });
  });

  it.each([
    ['reverts', Mood.REVERT],
    ['burns all its gas', Mood.BURN_GAS],
  ])('is left out when the token %s', async (_name, mood) => {
    expect(await said(mood, string('Odd'), uint(6n))).toMatchObject({ ...unnamed, decimals: 18 });
  });

  it('costs a bounded amount of gas, whatever the token does', async () => {
    for (const mood of [Mood.BURN_GAS, Mood.ANSWER_AT_LENGTH]) {
      const { token, id } = await registered('OddToken');
      await token.write('set', [mood, string('Odd'), uint(6n)]);
      expect((await w.bob.announceToken(id)).gasUsed).toBeLessThan(500_000n);
    }
  });

  it('is said once, by a deposit or by anyone', async () => {
    const { id } = await plain();
    expect(await w.alice.isAnnounced(id)).toBe(false);
    await w.bob.announceToken(id);
    expect(await w.alice.isAnnounced(id)).toBe(true);
    await expectError('TokenAlreadyAnnounced', w.bob.announceToken(id));
    expect(await w.alice.depositEvmToken({ token: id, amount: 1n })).toMatchObject({ index: 1n });
    await expectError('UnknownToken', w.bob.announceToken(0));
    await expectError('UnknownToken', w.bob.announceToken(2));
  });

  it('cannot be suppressed by a caller who brings too little gas', async () => {
    const { token, id } = await registered('OddToken');
    await token.write('set', [Mood.ANSWER, string('Odd'), uint(6n)]);
    const call = w.bob.calls.announceToken(id);
    const wallet = f.clients.walletClient(f.l1.accounts[3] ?? expect.unreachable());
    const seen = new Set<string>();
    for (let gas = 40_000n; gas <= 260_000n; gas += 10_000n) {
      const snapshot = await f.clients.testClient.snapshot();
      const hash = await wallet.sendTransaction({ ...call, gas });
      const { status } = await f.clients.publicClient.waitForTransactionReceipt({ hash });
      if (status === 'success') {
        const [message] = await w.alice.messages(0n, 1n);
        expect(message, `gas ${gas}`).toMatchObject({ name: 'Odd', symbol: 'Odd', decimals: 6 });
      }
      seen.add(status);
      await f.clients.testClient.revert({ id: snapshot });
    }
    expect(seen).toEqual(new Set(['reverted', 'success']));
    await expectError('NotEnoughGas', simulateWith(call.to, call.data, 90_000n));
  });

  async function simulateWith(to: Address, data: Hex, gas: bigint): Promise<void> {
    await f.clients.publicClient.call({ to, data, gas }).catch((error: unknown) => {
      throw bridgeError(error);
    });
  }
});
