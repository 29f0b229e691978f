import { encodeFunctionData } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BASE8 } from '../protocol/crypto/babyjub.ts';
import { R_FIELD } from '../protocol/field.ts';
import { actor } from '../protocol/testing/actors.ts';
import type { Field } from '../protocol/types.ts';
import { rollupAbi } from './client/abi.ts';
import { type Contract, expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';

const { queueFee, registrationFee } = TEST_SETTINGS;
const ETHER = 10n ** 18n;
const key = actor(1).key;

let f: Fixture;
beforeAll(async () => {
  f = await Fixture.start();
});
beforeEach(() => f.reset());
afterAll(() => f?.l1.stop());

async function registered(name: string, args: readonly unknown[] = []): Promise<{ token: Contract; id: number }> {
  const token = await f.deployTest(name, args);
  const { id } = await f.alice.registerToken(token.address);
  return { token, id };
}

describe('deposits of ETH', () => {
  it('queues a new account with its key, owner and deadline', async () => {
    const entry = await f.alice.depositNew({ token: 0, amount: 5n, key, owner: f.bob.account });
    expect(entry.queueIndex).toBe(0n);
    expect(entry.item).toEqual({ opcode: 1, token: 0, amount: 5n, key, address: BigInt(f.bob.account) });
    expect(entry.deadline).toBe((await f.now()) + TEST_SETTINGS.queueDeadlineSeconds);
    expect(await f.balance(f.deployment.address)).toBe(TEST_SETTINGS.bond + queueFee + 5n);
    expect((await f.alice.state()).queueTail).toBe(1n);
  });

  it('queues a top-up and a forced exit in the name of the caller', async () => {
    const topUp = await f.alice.depositTo({ index: 7, token: 0, amount: 9n });
    const exit = await f.bob.forcedExit(2 ** 24 - 1);
    expect(topUp.item).toEqual({ opcode: 2, index: 7, token: 0, amount: 9n, address: BigInt(f.alice.account) });
    expect(exit.item).toEqual({ opcode: 3, index: 2 ** 24 - 1, address: BigInt(f.bob.account) });
    expect(await f.alice.readQueue(0n, 2n)).toEqual([topUp, exit]);
    expect(await f.alice.readQueue(1n, 2n)).toEqual([exit]);
  });

  it.each([
    ['without the fee', 5n, 5n],
    ['with less than the amount', 5n, 4n + queueFee],
    ['with more than amount and fee', 5n, 6n + queueFee],
  ])('refuses a deposit %s', async (_name, amount, value) => {
    const call = f.alice.calls.depositNew({ token: 0, amount, key, owner: f.alice.account });
    const error = await expectError('WrongValue', f.alice.send({ ...call, value }));
    expect(error.data).toEqual({ args: [amount + queueFee, value] });
  });

  it('refuses a forced exit without the fee', async () => {
    await expectError('WrongValue', f.alice.send({ ...f.alice.calls.forcedExit(1), value: 0n }));
  });

  it('refuses ETH that nobody accounts for', async () => {
    await expectError('StrayEther', f.alice.send({ to: f.deployment.address, data: '0x', value: 1n }));
  });

  it('refuses to hold 2^96 wei or more', async () => {
    await f.clients.testClient.setBalance({ address: f.alice.account, value: 1n << 100n });
    const room = (1n << 96n) - 1n - TEST_SETTINGS.bond - queueFee;
    await expectError('VaultFull', f.alice.depositNew({ token: 0, amount: room + 1n, key }));
    const entry = await f.alice.depositNew({ token: 0, amount: room, key });
    expect(entry.item).toMatchObject({ amount: room });
  });
});

describe('keys and indices', () => {
  const off = [key[0], ((key[1] + 1n) % R_FIELD) as Field] as const;
  it.each([
    ['off the curve', off],
    ['x not canonical', [(key[0] + R_FIELD) as Field, key[1]] as const],
    ['y not canonical', [key[0], (key[1] + R_FIELD) as Field] as const],
    ['the origin', [0n as Field, 0n as Field] as const],
  ])('refuses a key %s', async (_name, bad) => {
    await expectError('KeyOffCurve', f.alice.depositNew({ token: 0, amount: 1n, key: bad }));
  });

  it.each([
    ['the base point', BASE8],
    ['the identity, of order 1', [0n as Field, 1n as Field] as const],
    ['the point of order 2', [0n as Field, (R_FIELD - 1n) as Field] as const],
  ])('takes %s', async (_name, point) => {
    await f.alice.depositNew({ token: 0, amount: 1n, key: point });
  });

  it.each([0, 2 ** 24, 2 ** 32 - 1])('refuses index %i', async (index) => {
    await expectError('IndexOutOfRange', f.alice.depositTo({ index, token: 0, amount: 1n }));
    await expectError('IndexOutOfRange', f.alice.forcedExit(index));
  });

  it('refuses a new account without an owner on L1', async () => {
    const owner = '0x0000000000000000000000000000000000000000';
    await expectError('ZeroAddress', f.alice.depositNew({ token: 0, amount: 1n, key, owner }));
  });
});

describe('registration of tokens', () => {
  it('hands out ids from 1 for a fee that is burned', async () => {
    const { token, id } = await registered('PlainToken', ['Plain', 'PLN']);
    const second = await registered('NoReturnToken');
    expect([id, second.id]).toEqual([1, 2]);
    expect((await f.alice.tokenAddress(1)).toLowerCase()).toBe(token.address.toLowerCase());
    expect(await f.alice.pendingWithdrawal(0, '0x000000000000000000000000000000000000dEaD')).toBe(2n * registrationFee);
  });

  it('refuses a second registration, an account without code, a wrong fee', async () => {
    const { token } = await registered('PlainToken', ['Plain', 'PLN']);
    await expectError('TokenAlreadyRegistered', f.bob.registerToken(token.address));
    await expectError('TokenNotContract', f.bob.registerToken(f.alice.account));
    const call = f.bob.calls.registerToken(f.verifier);
    await expectError('WrongValue', f.bob.send({ ...call, value: registrationFee - 1n }));
  });

  it('refuses deposits of an id nobody registered', async () => {
    const call = f.alice.calls.depositNew({ token: 3, amount: 1n, key, owner: f.alice.account });
    await expectError('UnknownToken', f.alice.send(call));
  });
});

describe('deposits of ERC-20 tokens', () => {
  it('takes a plain token and the fee in ETH', async () => {
    const { token, id } = await registered('PlainToken', ['Plain', 'PLN']);
    await token.write('mint', [f.alice.account, 100n]);
    const entry = await f.alice.depositNew({ token: id, amount: 40n, key });
    expect(entry.item).toMatchObject({ token: id, amount: 40n });
    expect(await token.read('balanceOf', [f.deployment.address])).toBe(40n);
  });

  it('takes a token without return values', async () => {
    const { token, id } = await registered('NoReturnToken');
    await token.write('mint', [f.alice.account, 100n]);
    expect((await f.alice.depositNew({ token: id, amount: 40n, key })).item).toMatchObject({ amount: 40n });
  });

  it('credits what arrived of a token that takes a fee', async () => {
    const { token, id } = await registered('FeeToken');
    await token.write('mint', [f.alice.account, 1000n]);
    expect((await f.alice.depositNew({ token: id, amount: 1000n, key })).item).toMatchObject({ amount: 990n });
  });

  it('refuses a token that answers false', async () => {
    const { token, id } = await registered('FalseToken');
    await token.write('mint', [f.alice.account, 1000n]);
    await expectError('SafeERC20FailedOperation', f.alice.depositNew({ token: id, amount: 10n, key }));
    expect((await f.alice.state()).queueTail).toBe(0n);
  });

  it('keeps a token that lies about balances below 2^96 in all', async () => {
    const { token, id } = await registered('LyingToken');
    const half = 1n << 95n;
    await f.alice.depositNew({ token: id, amount: half, key });
    await token.write('reset');
    await expectError('VaultFull', f.alice.depositNew({ token: id, amount: half, key }));
    await token.write('reset');
    await expectError('VaultFull', f.alice.depositNew({ token: id, amount: 1n << 200n, key }));
    await token.write('reset');
    expect((await f.alice.depositNew({ token: id, amount: half - 1n, key })).item).toMatchObject({ amount: half - 1n });
  });

  it('does not let a token call back into a deposit', async () => {
    const { token, id } = await registered('ReentrantToken', []);
    await token.write('mint', [f.alice.account, 1000n]);
    await token.write('mint', [token.address, 1000n]);
    const data = encodeFunctionData({
      abi: rollupAbi,
      functionName: 'depositNew',
      args: [0, ETHER, key[0], key[1], token.address],
    });
    await token.write('arm', [f.deployment.address, data], { value: ETHER + queueFee });
    const entry = await f.alice.depositNew({ token: id, amount: 10n, key });
    expect(entry).toMatchObject({ queueIndex: 0n, item: { amount: 10n } });
    expect(await token.read('wasCalledBack')).toBe(false);
    expect(await token.read('answer')).toBe('0x3ee5aeb5'); // ReentrancyGuardReentrantCall()
    expect((await f.alice.state()).queueTail).toBe(1n);
  });
});
