/**
 * A random history of everything that moves value: after every batch both tokens are, to the wei, where L1 says that the money for them is.
 * In the end the chain is derived from L1 alone and is the same. `LANE_SEED=n` repeats a history.
 */
import { type Address, encodeFunctionData, erc20Abi, type Hex, parseEther } from 'viem';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { tempDb } from '../../chain/testing/tempDb.ts';
import { deriveFromL1 } from '../../node/cli/deriveFromL1.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { INBOX, INBOX_ABI, laneTokenAddress } from '../../sdk/index.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { type LanePerson, LaneWorld, sides } from './support/laneWorld.ts';

const ETH = 0;
const NAMES = ['alice', 'bob', 'carol'] as const;
const BATCHES = 5;
/** Of which at most two leave the ledger: a batch of the smaller shapes takes no more. */
const STEPS_OF_A_BATCH = 8;
const GAS = parseEther('0.01');
/** Refuses every call. */
const REFUSING: Hex = '0x6005600c60003960056000f360006000fd';

const seed = Number(process.env.LANE_SEED ?? Date.now() % 1_000_000);
const random = new SeededRandom(seed);

let devnet: InstantDevnet;
let world: LaneWorld;
let people: readonly LanePerson[];
let refusing: Address;
let TEST: number;
/** Ledger account by person and token. */
const accounts = new Map<string, number>();

beforeAll(async () => {
  devnet = await startInstantDevnet();
  world = await LaneWorld.open(devnet);
  people = NAMES.map((name) => world.who(name));
  TEST = world.token.id;
  for (const person of people) {
    await world.mint(person.name, parseEther('100'));
    const { index } = await person.l1.depositToLane({ amount: parseEther('2') });
    await world.evm.waitForMessage(index);
    for (const token of [ETH, TEST]) {
      const { queueIndex } = await person.l1.deposit({ token, amount: parseEther('5'), key: person.key.key });
      accounts.set(`${person.name}:${token}`, (await person.ledger.waitForDeposit(queueIndex)).index);
    }
  }
  const hash = await world.who('alice').evm.sendTransaction({ data: REFUSING });
  refusing = (await world.evm.waitForTransactionReceipt({ hash })).contractAddress ?? expect.unreachable();
  world.holders.add(refusing);
});
afterAll(() => devnet?.stop());

const account = (person: LanePerson, token: number): number =>
  accounts.get(`${person.name}:${token}`) ?? expect.unreachable();

/** Something between nothing and all, and now and then all of it. */
function part(of: bigint): bigint {
  if (of <= 0n) return 0n;
  return random.oneIn(8) ? of : random.big(of) + 1n;
}

async function spendable(person: LanePerson, token: number): Promise<bigint> {
  const balance = await world.balance(person.address, token);
  const rest = token === ETH ? balance - GAS : balance;
  return rest > 0n ? rest : 0n;
}

async function mined(hash: Hex): Promise<void> {
  await world.evm.waitForTransactionReceipt({ hash });
}

/** Withdrawals that L1 has not paid, as far as this test knows. */
const open: bigint[] = [];

const STEPS = {
  'from L1': async (person, token) => {
    const to = random.oneIn(4) ? refusing : random.pick(people).address;
    const refundTo = random.pick(people).address;
    const amount = random.big(parseEther('1')) + 1n;
    const { index } = await person.l1.depositToLane({ token, amount, to, refundTo });
    await world.evm.waitForMessage(index);
  },
  'from the ledger': async (person, token) => {
    const from = account(person, token);
    const amount = part((await person.ledger.getAccount(from)).balance);
    if (amount === 0n) return;
    await person.ledger.waitFor(await person.ledger.exitToLane({ from, token, amount }), 'included');
  },
  'to L1': async (person, token) => {
    const amount = part(await spendable(person, token));
    if (amount === 0n) return;
    const recipient = random.pick(people).address;
    open.push((await person.evm.withdrawFromLane({ token, amount, recipient })).index);
  },
  'to the ledger': async (person, token) => {
    const amount = part(await spendable(person, token));
    if (amount === 0n) return;
    // now and then an account of the other token: L1 gives the money to the recipient
    const to = account(random.pick(people), random.oneIn(4) ? TEST - token : token);
    open.push((await person.evm.withdrawFromLane({ token, amount, account: to })).index);
  },
  'on the lane': async (person, token) => {
    const amount = part(await spendable(person, token));
    const to = random.pick(people).address;
    if (token === ETH) return mined(await person.evm.sendTransaction({ to, value: amount }));
    if ((await world.evm.getCode({ address: laneTokenAddress(token) })) === undefined) return;
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, amount] });
    await mined(await person.evm.sendTransaction({ to: laneTokenAddress(token), data }));
  },
  'what was refused': async (person, token) => {
    const args = [token, random.oneIn(3) ? refusing : random.pick(people).address] as const;
    const data = encodeFunctionData({ abi: INBOX_ABI, functionName: 'claimPending', args });
    // it may fail: there may be nothing, or the recipient refuses it again
    await mined(await person.evm.sendTransaction({ to: INBOX, data, gas: 400_000n }));
  },
  'paid by L1': async (person) => {
    const at = random.int(Math.max(open.length, 1));
    const withdrawal = open[at];
    if (withdrawal === undefined || (await world.evm.getLane()).attestedBatch === 0) return;
    const { queueTail } = await person.l1.getBridgeState();
    const paid = await person.l1
      .claimWithdrawal({ client: person.evm, withdrawal })
      .catch((error: { code?: string }) => {
        if (error.code !== 'NOT_CLAIMABLE') throw error;
      });
    if (paid === undefined) return;
    open.splice(at, 1);
    if ((await person.l1.getBridgeState()).queueTail > queueTail) await person.ledger.waitForDeposit(queueTail);
    const again = person.l1.claimWithdrawal({ client: person.evm, withdrawal });
    await expect(again).rejects.toMatchObject({ code: 'AlreadyClaimed' });
  },
} satisfies Record<string, (person: LanePerson, token: number) => Promise<void>>;

async function expectBalanced(when: string): Promise<void> {
  for (const token of [ETH, TEST]) {
    const books = await world.books(token);
    const { onLane, onL1 } = sides(books);
    expect(onLane, `seed ${seed}, ${when}, token ${token}`).toBe(onL1);
  }
}

it('holds whatever happens', async () => {
  onTestFailed(() => console.error(`LANE_SEED=${seed}`));
  const names = Object.keys(STEPS) as (keyof typeof STEPS)[]; // the literal's own keys
  for (let batch = 1; batch <= BATCHES; batch += 1) {
    let exits = 0;
    for (let step = 0; step < STEPS_OF_A_BATCH; step += 1) {
      const name = random.pick(names);
      if (name === 'from the ledger') exits += 1;
      if (name === 'from the ledger' && exits > 2) continue;
      await STEPS[name](random.pick(people), random.pick([ETH, TEST]));
    }
    await world.settle();
    await expectBalanced(`after ${batch} rounds`);
  }
}, 300_000);

it('is what L1’s data alone lead to', async () => {
  const { db, remove } = await tempDb();
  try {
    const { evmLane: address, deployedAt, node } = devnet;
    const lane = await EvmLaneReader.connect({ address, deployedAt }, world.l1);
    const rollup = await devnet.as('grace');
    const derived = await deriveFromL1({ genesis: 'devnet', deployedAt }, { rollup, lane, db });
    expect(derived.totals).toMatchObject({ differing: [], replaced: [] });
    const last = node.store.head.closedBatch;
    expect(derived.deriver.head.batch).toBe(last);
    expect(derived.last?.evm.commitment).toBe((await node.store.evmBatch(last))?.commitment);
    const block = await world.evm.getBlock({ blockNumber: derived.deriver.head.header.number });
    expect(derived.deriver.head.blockHash).toBe(block.hash);
  } finally {
    await remove();
  }
}, 120_000);
