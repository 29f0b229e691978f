/** What an address has: by L1 where L1 knows, by the node's word or recovery's where it does not. */
import { toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor } from '../../../../protocol/testing/actors.ts';
import type { Recovery } from '../recovery/types.ts';
import { ToldNode, TransferWorld } from './testing/transferWorld.ts';

let world: TransferWorld;
let told: ToldNode;
const [x, y] = actor(1).key;

beforeAll(async () => {
  world = await TransferWorld.start();
  const token = await world.f.deployTest('PlainToken', ['Test', 'TEST']);
  await world.f.alice.registerToken(token.address);
  await token.write('mint', [world.alice, 12n]);
  const lying = await world.f.deployTest('OddToken');
  await world.f.alice.registerToken(lying.address);
  await world.f.alice.depositNew({ token: 0, amount: 100n, key: actor(1).key });
  await world.prove(await world.commit({ queue: await world.queue(0n) }));
  await world.prove(await world.commit({ txs: [world.exit([9n])] }));
});
afterAll(() => world?.stop());
beforeEach(() => {
  told = new ToldNode();
  const account = {
    index: 4,
    kind: 'KEY',
    token: 0,
    nonce: 2,
    balance: '91',
    claimed: '0',
    a: `${x}`,
    b: `${y}`,
    c: '1',
  };
  told.answers.engram_getAccountsByAddress = () => [account];
  told.answers.engram_getChannels = () => [{ index: 6, token: 1, balance: '5' }];
  told.answers.engram_getAttestations = () => ({ items: [{ index: 5, token: 0, balance: '3' }] });
  told.answers.eth_getBalance = () => toHex(77n);
  told.answers.eth_call = () => toHex(8n, { size: 32 });
});

const recovery = (): Recovery => ({
  ledger: async () => ({
    batch: 2,
    isFrozen: false,
    exits: [],
    accounts: [{ index: 1, kind: 'KEY', token: 0, balance: 91n }],
  }),
  prove: () => expect.unreachable(),
  stop: () => undefined,
});

describe('holdings', () => {
  it('are L1’s, the lane’s and the accounts of all kinds', async () => {
    const holdings = await world.open({ told }).holdings(world.alice);
    expect(holdings).toMatchObject({
      ...{ owner: world.alice, source: 'node', owed: [{ token: 0, amount: 9n }] },
      accounts: [
        { index: 4, kind: 'KEY', balance: 91n, key: [x, y], nonce: 2 },
        { index: 5, kind: 'ATTEST', balance: 3n },
        { index: 6, kind: 'CHANNEL', token: 1, balance: 5n },
      ],
      lane: [
        { token: 0, amount: 77n },
        { token: 1, amount: 8n },
        { token: 2, amount: 8n },
      ],
    });
    expect(holdings.l1.find(({ token }) => token === 1)?.amount).toBe(12n);
  });

  it('of a node without a market lack attestations, and nothing else', async () => {
    delete told.answers.engram_getAttestations;
    const { accounts } = await world.open({ told }).holdings(world.alice);
    expect(accounts.map(({ index }) => index)).toEqual([4, 6]);
  });

  it('come from L1 alone while the node is away, or answers nonsense', async () => {
    told.isAway = true;
    expect(await world.open({ told, recovery: recovery() }).holdings(world.alice)).toMatchObject({
      ...{ source: 'l1', batch: 2, lane: [], owed: [{ token: 0, amount: 9n }], accounts: [{ index: 1, balance: 91n }] },
    });
    told.isAway = false;
    told.answers.engram_getAccountsByAddress = () => [{ index: 'x' }];
    expect(await world.open({ told, recovery: recovery() }).holdings(world.alice)).toMatchObject({ source: 'l1' });
    await expect(world.open({ told }).holdings(world.alice)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('cost what is told', async () => {
    const { queueFee } = await world.f.alice.parameters();
    const bridge = world.open({ told });
    told.answers.engram_getFees = () => [{ token: 1, account: 3, minimumFee: '21' }];
    told.answers.eth_gasPrice = () => toHex(5n);
    expect(await bridge.feeOf('deposit', 0)).toMatchObject({ queueFee, gas: { units: 55_000n } });
    expect((await bridge.feeOf('withdraw', 0)).queueFee).toBeUndefined();
    expect(await bridge.feeOf('exit', 1)).toEqual({ ledgerFee: 21n });
    expect(await bridge.feeOf('exit', 0)).toEqual({ ledgerFee: 0n });
    expect((await bridge.feeOf('laneWithdrawal', 0)).gas?.price).toBe(5n);
    expect(await world.open().feeOf('exit', 0)).toEqual({});
  });
});
