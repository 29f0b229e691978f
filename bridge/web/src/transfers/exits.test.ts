/** An exit is signed once, whatever the node answers or does not. */
import type { Hex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hexToBytes } from '../../../../protocol/bytes.ts';
import { decodeTx } from '../../../../protocol/codec/tx.ts';
import { actor } from '../../../../protocol/testing/actors.ts';
import { ledgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import type { Actor, Bridge } from './api.ts';
import { MemoryStorage } from './testing/memoryBrowser.ts';
import { nodeError, reached, ToldNode, TransferWorld } from './testing/transferWorld.ts';
import { toTrouble } from './trouble.ts';

let world: TransferWorld;
let told: ToldNode;
let taken: Hex[];
let storage: MemoryStorage;
let bridge: Bridge;
let alice: Actor;
const signer = ledgerAccount({ seed: actor(1).seed });

beforeAll(async () => {
  world = await TransferWorld.start();
});
afterAll(() => world?.stop());
beforeEach(() => {
  told = new ToldNode();
  taken = [];
  const [x, y] = actor(1).key;
  told.answers.engram_chainInfo = () => ({
    ...{ domain: world.f.deployment.domain.toString(), l1ChainId: '31337', l2ChainId: '7001' },
    ...{
      rollup: world.config.rollup,
      time: 1_800_000_000,
      fees: [{ token: 0, account: 9, minimumFee: '7' }],
      tokens: [],
    },
  });
  told.answers.engram_getAccount = () => ({
    ...{ index: 1, kind: 'KEY', token: 0, nonce: 4, balance: '1000', claimed: '0', a: String(x), b: String(y), c: '1' },
  });
  told.answers.engram_sendTransaction = ([raw]) => {
    taken.push(raw as Hex);
    return '0x';
  };
  told.answers.engram_getTransactionStatus = ([hash]) => ({ hash, status: taken.length > 0 ? 'pending' : 'unknown' });
  storage = new MemoryStorage();
  reload();
});

function reload(): void {
  bridge = world.open({ storage, told });
  alice = bridge.actor(world.wallet());
}

const exit = (amount = 100n, fee?: bigint) => alice.exit({ account: 1, amount, ledgerKeySigner: signer, fee });
const codeOf = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => undefined,
    (error: unknown) => toTrouble(error).code,
  );
const only = async () => {
  const [transfer, ...rest] = await bridge.transfers(world.alice);
  expect(rest).toEqual([]);
  return transfer;
};

describe('an exit', () => {
  it('goes to the wallet’s address with the fee that the user was told', async () => {
    const { hash } = await exit(100n, 9n);
    const [raw] = taken;
    const { ops, nonce } = decodeTx(hexToBytes(raw ?? '0x'));
    expect(nonce).toBe(4);
    expect(ops).toMatchObject([{ from: 1, to: 0, amount: 100n, fee: 9n, payload: [BigInt(world.alice)] }]);
    expect(await only()).toMatchObject({ kind: 'exit', account: 1, amount: 100n, token: 0, isFinished: false });
    expect(bridge.intents(world.alice)).toMatchObject([{ chain: 'ledger', state: 'sent', hash, raw }]);
    expect(await codeOf(exit())).toBe('ALREADY_SENDING');
  });

  it('with a fee that a lying node made up is not signed, though the page showed it', async () => {
    const rich = { ...(told.answers.engram_getAccount?.([]) as object), balance: (10n ** 20n).toString() };
    told.answers.engram_getAccount = () => rich;
    // 18 ETH, the most that fits into an op
    expect(await codeOf(exit(10n ** 19n, 2n ** 64n - 1n))).toBe('FEE_TOO_HIGH');
    // of a token with few decimals: more than is taken out
    expect(await codeOf(exit(100n, 101n))).toBe('FEE_TOO_HIGH');
    const info = told.answers.engram_chainInfo?.([]) as object;
    told.answers.engram_chainInfo = () => ({ ...info, fees: [{ token: 0, account: 9, minimumFee: '101' }] });
    expect(await codeOf(exit(100n))).toBe('FEE_TOO_HIGH');
    expect(taken).toEqual([]);
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it('that the node forgot is handed in again, byte for byte, in another page too', async () => {
    await exit();
    told.answers.engram_getTransactionStatus = () => ({ status: 'unknown' });
    await only();
    reload();
    await only();
    expect(taken).toHaveLength(3);
    expect(new Set(taken).size).toBe(1);
    expect(await codeOf(exit(500n))).toBe('ALREADY_SENDING');
  });

  it('whose answer is lost is not signed again', async () => {
    const accept = told.answers.engram_sendTransaction;
    told.answers.engram_sendTransaction = (params) => {
      accept?.(params);
      throw nodeError(-32002, 'STOPPED');
    };
    const { hash } = await exit();
    expect(reached(await only())).toBe('sent');
    told.isAway = true;
    expect(reached(await only())).toBe('sent');
    expect(await codeOf(exit())).toBe('ALREADY_SENDING');
    told.isAway = false;
    told.answers.engram_getExits = () => ({
      items: [
        { account: 1, token: 0, amount: '100', transaction: hash, block: '5', batch: 3, timestamp: 1_800_000_000 },
      ],
    });
    expect(await only()).toMatchObject({ id: 'exit:3:1:100:0' });
    expect(bridge.intents(world.alice)).toEqual([]);
    expect(new Set(taken).size).toBe(1);
  });

  it.each([
    [-32000, 'INSUFFICIENT_BALANCE'],
    [-32001, 'FEE_TOO_LOW'],
    [-32001, 'POOL_FULL'],
  ])('that is refused at once (%i %s) leaves nothing behind', async (number, reason) => {
    told.answers.engram_sendTransaction = () => {
      throw nodeError(number, reason);
    };
    expect(await codeOf(exit())).toBe(reason);
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it.each([
    [() => ({ status: 'dropped', reason: { code: 'EXPIRED' } }), () => '0x', 'EXPIRED'],
    [
      () => ({ status: 'unknown' }),
      () => {
        throw nodeError(-32001, 'NONCE_TOO_LOW');
      },
      'REPLACED',
    ],
    [
      () => ({ status: 'dropped', reason: { code: 'STALE' } }),
      () => {
        throw nodeError(-32000, 'BAD_NONCE');
      },
      'BAD_NONCE',
    ],
  ])('that can never be taken in any more says so and is out of the way: %#', async (status, answer, code) => {
    await exit();
    told.answers.engram_getTransactionStatus = status;
    told.answers.engram_sendTransaction = answer;
    expect(await only()).toMatchObject({ isFinished: true, trouble: { code } });
    told.answers.engram_sendTransaction = () => '0x';
    told.answers.engram_getTransactionStatus = () => ({ status: 'pending' });
    await exit();
  });

  it('that came into a block just when it was handed in again did not fail', async () => {
    const { hash } = await exit();
    const statuses = ['unknown'];
    told.answers.engram_getTransactionStatus = () => ({ status: statuses.pop() ?? 'included' });
    told.answers.engram_sendTransaction = () => {
      throw nodeError(-32001, 'NONCE_TOO_LOW');
    };
    const waiting = await only();
    expect(waiting).toMatchObject({ id: expect.stringMatching(/^intent:/), isFinished: false });
    expect(waiting?.trouble).toBeUndefined();
    // and one that was called failed for another reason is no second row beside what the chain shows
    told.answers.engram_getTransactionStatus = () => ({ status: 'unknown' });
    expect(await only()).toMatchObject({ trouble: { code: 'REPLACED' } });
    told.answers.engram_getExits = () => ({
      items: [
        { account: 1, token: 0, amount: '100', transaction: hash, block: '5', batch: 3, timestamp: 1_800_000_000 },
      ],
    });
    expect(await only()).toMatchObject({ id: 'exit:3:1:100:0' });
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it('is refused before it is signed: too much, a closed node, another deployment, another key', async () => {
    await expect(exit(994n)).rejects.toMatchObject({
      ...{ code: 'INSUFFICIENT_FUNDS', data: { token: 0, need: 1001n, have: 1000n } },
    });
    const other = { account: 1, amount: 100n, ledgerKeySigner: ledgerAccount({ seed: actor(2).seed }) };
    expect(await codeOf(alice.exit(other))).toBe('NOT_AUTHORIZED');
    told.isAway = true;
    expect(await codeOf(exit())).toBe('NODE_UNAVAILABLE');
    const alone = world.open().actor(world.wallet());
    expect(await codeOf(alone.exit({ ...other, ledgerKeySigner: signer }))).toBe('NODE_UNAVAILABLE');
    expect(taken).toEqual([]);
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it('is not signed for a chain that L1 does not know', async () => {
    const config = { ...world.config };
    const chain = { ...world.chain, id: 4242 };
    const node = Object.assign(world.node(told), { chain });
    const actor = world.open({ config, node }).actor(world.wallet());
    expect(await codeOf(actor.exit({ account: 1, amount: 1n, ledgerKeySigner: signer }))).toBe('DEPLOYMENT_MISMATCH');
    expect(taken).toEqual([]);
  });
});
