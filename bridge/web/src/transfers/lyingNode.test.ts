/** A node that lies, is away or hides things: what L1 says stays what it is. */
import { toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor } from '../../../../protocol/testing/actors.ts';
import { reached, ToldNode, TransferWorld } from './testing/transferWorld.ts';
import type { Transfer } from './types.ts';

let world: TransferWorld;
let told: ToldNode;
const HASH = toHex(7, { size: 32 });

/** Batch 1: deposit of account 1; batch 2: two exits, proven; batch 3: an exit, committed; batch 4: nowhere yet. */
beforeAll(async () => {
  world = await TransferWorld.start();
  await world.f.alice.depositNew({ token: 0, amount: 1_000n, key: actor(1).key });
  await world.prove(await world.commit({ queue: await world.queue(0n) }));
  await world.prove(await world.commit({ txs: [world.exit([30n, 20n])] }));
  await world.commit({ txs: [world.exit([10n])] });
  await world.f.alice.depositTo({ index: 1, token: 0, amount: 5n });
});
afterAll(() => world?.stop());
beforeEach(() => {
  told = new ToldNode();
});

interface ToldExit {
  readonly batch: number;
  readonly amount: number;
  readonly account?: number;
  readonly token?: number;
  readonly more?: object;
}

function says(exits: readonly ToldExit[]): void {
  const items = exits.map(({ batch, amount, account = 1, token = 0, more }) => ({
    ...{ account, recipient: world.alice, token, amount: String(amount), transaction: HASH, block: String(batch) },
    ...{ batch, timestamp: 1_700_000_000, status: 'proven', proveTx: HASH, ...more },
  }));
  told.answers.engram_getExits = () => ({ items });
}

const HONEST: readonly ToldExit[] = [
  { batch: 3, amount: 10 },
  { batch: 2, amount: 20 },
  { batch: 2, amount: 30 },
];

async function exits(): Promise<ReadonlyMap<string, Transfer>> {
  const all = await world.open({ told }).transfers(world.alice);
  return new Map(all.filter(({ kind }) => kind === 'exit').map((transfer) => [transfer.id, transfer]));
}

describe('exits that a node tells of', () => {
  it('are as far as L1 says, whatever the node calls them', async () => {
    says(HONEST);
    const found = await exits();
    expect([...found.keys()].sort()).toEqual(['exit:2:1:20:0', 'exit:2:1:30:0', 'exit:3:1:10:0']);
    expect(reached(found.get('exit:2:1:30:0'))).toBe('claimable');
    // the node said proven
    expect(reached(found.get('exit:3:1:10:0'))).toBe('committed');
    expect(found.get('exit:3:1:10:0')?.trouble).toBeUndefined();
  });

  it('that never were are not owed: in a proven, a committed or a future batch', async () => {
    says([
      { batch: 2, amount: 999 },
      { batch: 3, amount: 888 },
      { batch: 4, amount: 777 },
      { batch: 77, amount: 666 },
      ...HONEST,
    ]);
    const found = await exits();
    for (const id of ['exit:2:1:999:0', 'exit:3:1:888:0']) {
      expect(found.get(id)).toMatchObject({ trouble: { code: 'NOT_ON_L1' } });
      expect(found.get(id)?.action).toBeUndefined();
      expect(reached(found.get(id))).toBe('inBlock');
    }
    for (const id of ['exit:4:1:777:0', 'exit:77:1:666:0']) expect(reached(found.get(id))).toBe('inBlock');
    expect(reached(found.get('exit:2:1:30:0'))).toBe('claimable');
    expect(reached(found.get('exit:3:1:10:0'))).toBe('committed');
  });

  it('that it hides are found by what L1 credited', async () => {
    says([{ batch: 2, amount: 20 }]);
    expect([...(await exits()).keys()].sort()).toEqual(['exit:2:1:20:0', 'exit:2:1:30:0']);
  });

  it('have the sums that L1 credited, not those that the node names', async () => {
    says([
      { batch: 2, amount: 50 },
      { batch: 2, amount: 20, token: 3 },
    ]);
    const found = await exits();
    expect(found.get('exit:2:1:50:0')).toMatchObject({ trouble: { code: 'NOT_ON_L1' } });
    expect(found.get('exit:2:1:20:0')).toMatchObject({ token: 0, action: 'withdraw' });
    expect(found.get('exit:2:1:30:0')).toMatchObject({ token: 0, action: 'withdraw' });
  });

  it.each([
    ['a number', 7],
    ['items that are none', { items: [{ account: 'one' }] }],
    [
      'an amount that is no number',
      { items: [{ account: 1, token: 0, amount: '1e9', block: '1', batch: 1, timestamp: 1 }] },
    ],
    ['an amount of a million digits', { items: [{ account: 1, token: 0, amount: '9'.repeat(10 ** 6) }] }],
    ['nothing', null],
  ])('are read from L1 if the answer is %s', async (_name, answer) => {
    told.answers.engram_getExits = () => answer;
    expect([...(await exits()).keys()].sort()).toEqual(['exit:2:1:20:0', 'exit:2:1:30:0', 'exit:3:1:10:0']);
  });

  it('are read from L1 if it has no list, or is away, which is said', async () => {
    delete told.answers.engram_getExits;
    expect([...(await exits()).keys()].sort()).toEqual(['exit:2:1:20:0', 'exit:2:1:30:0', 'exit:3:1:10:0']);
    told.isAway = true;
    const bridge = world.open({ told });
    const away = await bridge.transfers(world.alice);
    expect(away.filter(({ kind }) => kind === 'exit')).toHaveLength(3);
    expect(bridge.troubles()).toEqual([{ code: 'NODE_UNAVAILABLE', data: { reason: 'STOPPED' } }]);
    told.isAway = false;
    await bridge.transfers(world.alice);
    expect(bridge.troubles()).toEqual([]);
  });

  it('that go on for ever are not read for ever', async () => {
    const item = { account: 1, recipient: world.alice, token: 0, amount: '1', block: '9', batch: 9, timestamp: 1 };
    told.answers.engram_getExits = () => ({ items: Array.from({ length: 100 }, () => item), next: 'more' });
    await world.open({ told }).transfers(world.alice);
    expect(told.calls.filter(({ method }) => method === 'engram_getExits').length).toBe(10);
  });
});

describe('a look when nothing is new', () => {
  it('asks L1 and the node a handful of questions', async () => {
    says(HONEST);
    const asked: string[] = [];
    const l1 = world.l1(({ method }, pass) => {
      asked.push(method);
      return pass();
    });
    const bridge = world.open({ told, l1 });
    const first = await bridge.transfers(world.alice);
    asked.length = 0;
    told.calls.length = 0;
    expect(await bridge.transfers(world.alice)).toEqual(first);
    // head, state, attested batch, two questions for logs, one for what is committed and not proven; the chain's id once a client
    expect(asked.sort()).toEqual(
      ['eth_call', 'eth_call', 'eth_getBlockByNumber', 'eth_getLogs', 'eth_getLogs', 'eth_getLogs'].sort(),
    );
    expect(told.calls.length).toBeLessThanOrEqual(6);
  });
});

describe('deposits that a node tells of', () => {
  const takes = (first: number, ops: readonly object[]): void => {
    told.answers.engram_getBlock = () => ({
      ...{ number: '1', batch: 1, timestamp: 1_700_000_000, firstQueueIndex: String(first) },
      l1Ops: ops.map((op) => ({ index: 1, amount: '1000', isVoid: false, ...op })),
    });
  };
  const deposit = async (queueIndex: number): Promise<Transfer> => {
    const all = await world.open({ told }).transfers(world.alice);
    return all.find(({ id }) => id === `deposit:${queueIndex}`) ?? expect.unreachable();
  };

  it('are in a block by its word, and no further', async () => {
    takes(0, [{}, {}]);
    expect(reached(await deposit(1))).toBe('inBlock');
    expect(reached(await deposit(0))).toBe('proven');
  });

  it('are not void because the node says so', async () => {
    takes(0, [{ isVoid: true }, { isVoid: true }]);
    expect(await deposit(0)).toMatchObject({ isFinished: true });
    expect((await deposit(0)).trouble).toBeUndefined();
    // not proven yet: its word is shown, and no money with it
    expect(await deposit(1)).toMatchObject({ trouble: { code: 'DEPOSIT_VOID' }, isFinished: false });
    expect((await deposit(1)).action).toBeUndefined();
  });

  it('stay on L1 if its blocks make no sense', async () => {
    takes(5, []);
    expect(reached(await deposit(1))).toBe('onL1');
    told.answers.engram_getBlock = () => ({
      number: '9'.repeat(30),
      batch: 1,
      timestamp: 1,
      firstQueueIndex: '9',
      l1Ops: [],
    });
    expect(reached(await deposit(1))).toBe('onL1');
  });
});

describe('withdrawals from the EVM lane that a node tells of', () => {
  const withdrawal = (index: number, amount: string, status: string) => ({
    ...{ index: String(index), sender: world.alice, recipient: world.alice, token: 0, amount, account: 0 },
    ...{ block: '2', transactionHash: HASH, status },
  });

  it('are claimable only with a proof that L1 accepts', async () => {
    const real = world.lane.withdraw({ amount: 3n, recipient: world.alice });
    const proof = (index: bigint) => ({
      ...{ withdrawal: withdrawal(Number(index), '3', 'claimable'), root: world.lane.outbox.root, batch: 2 },
      siblings: world.lane.outbox.proof(real.index),
    });
    told.answers.engram_getWithdrawals = () => [withdrawal(0, '3', 'claimable'), withdrawal(1, '4', 'claimable')];
    told.answers.engram_getWithdrawalProof = ([index]) => proof(BigInt(String(index)));
    const found = async (index: number): Promise<Transfer | undefined> =>
      (await world.open({ told }).transfers(world.alice)).find(({ id }) => id === `laneWithdrawal:${index}`);
    for (const index of [0, 1]) {
      // the root is nowhere on L1 yet
      expect(await found(index)).toMatchObject({ trouble: { code: 'NOT_ON_L1' } });
      expect((await found(index))?.action).toBeUndefined();
    }
  });

  it('are the owner’s own: nobody is made to pay for the claim of somebody else’s', async () => {
    const real = world.lane.withdraw({ amount: 3n, recipient: world.bob, sender: world.bob });
    told.answers.engram_getWithdrawals = () => [
      { ...withdrawal(Number(real.index), '3', 'claimable'), sender: world.bob, recipient: world.bob },
    ];
    const all = await world.open({ told }).transfers(world.alice);
    expect(all.filter(({ kind }) => kind === 'laneWithdrawal')).toEqual([]);
  });
});
