/**
 * An hour of trade, simulated: two agents that need each other's models and a third that sells both cheaper and cheats. The rules are the
 * ledger's (a node in memory), models, dialogue, announcements and learning are the real ones; only time and the network are made up.
 */
import { createHash } from 'node:crypto';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { type LedgerAccount, ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import type { LedgerClient } from '../../sdk/client.ts';
import type { FakeNode } from '../../sdk/testing/fakeNode.ts';
import { ConsumerStore } from '../consumer/consumerStore.ts';
import type { Reexecutor } from '../consumer/reexecution.ts';
import { SellerDesk } from '../dialogue/sellerDesk.ts';
import { announce } from '../discovery/announce.ts';
import { registerAgent } from '../discovery/registerAgent.ts';
import { SeededRandom } from '../models/seededRandom.ts';
import { labelled, labelOf, type Task } from '../models/task.ts';
import { CheatingShop, Shop, type Ware } from './shop.ts';
import { Trader } from './trader.ts';
import { channelsOf, totalOf, World } from './world.ts';

export interface SimulationOptions {
  readonly seed: string;
  /** The models that are traded, to be run. */
  readonly runners: Readonly<Record<Task, Reexecutor>>;
  /** Default an hour. */
  readonly seconds?: number;
  /** Between two purchases of an agent. Default 180. */
  readonly everySeconds?: number;
  /** Answers of a purchase. Default 5. */
  readonly answers?: number;
  readonly onEvent?: (event: TradeEvent) => void;
}

export interface TradeEvent {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly buyer: string;
  readonly seller: string;
  readonly task: Task;
  readonly price: bigint;
  readonly answers: number;
  /** Of these, as the labels that only the buyer knows say. */
  readonly right: number;
  /** What the seller was caught at. */
  readonly fault?: string;
}

export interface AgentReport {
  readonly name: string;
  readonly sells: readonly Task[];
  readonly soldAnswers: number;
  /** What the ledger paid it, fees and royalties off. */
  readonly income: bigint;
  readonly spent: bigint;
  readonly bought: number;
  readonly right: number;
}

export interface SimulationReport {
  readonly seed: string;
  readonly seconds: number;
  readonly agents: readonly AgentReport[];
  /** When and by whom the cheat was caught. */
  readonly caught: readonly { readonly by: string; readonly at: number; readonly fault: string }[];
  /** Answers that were bought of the cheat after its buyer had caught it. */
  readonly boughtAfterwards: number;
  /** The cheat's income in each quarter of the time. */
  readonly cheatIncome: readonly bigint[];
  /** All money is where it should be. */
  readonly isConserved: boolean;
  readonly events: readonly TradeEvent[];
}

const FUNDS = 10_000_000n;
const ROYALTY_BPS = 500;
const HONEST_PRICE = 1_000n;
const CHEAT_PRICE = 600n;
const MAX_PRICE = 1_500n;

interface Agent {
  readonly name: string;
  readonly account: LedgerAccount;
  readonly client: LedgerClient;
  readonly key: AccountIndex;
  readonly shop: Shop;
  readonly sells: readonly Task[];
  readonly wants: Task | undefined;
  readonly trader: Trader;
}

/** The same report for the same seed, every time. */
export async function simulateTrade(options: SimulationOptions): Promise<SimulationReport> {
  const { seed, seconds = 3_600, everySeconds = 180, answers = 5 } = options;
  const world = new World();
  const random = new SeededRandom(`traders ${seed}`);
  const models = await attestModels(world, options);
  const agents = await openAgents(world, { models, random, runners: options.runners });
  const [, , cheat] = agents;
  if (cheat === undefined) throw new RangeError('three agents');
  const deposited = totalOf(world.node);
  const events: TradeEvent[] = [];
  const quarters: bigint[] = [];
  for (let at = 0; at < seconds; at += everySeconds) {
    for (const agent of agents) {
      const event = await trade(agent, { at, models, answers, seed, agents, runners: options.runners });
      if (event === undefined) continue;
      events.push(event);
      options.onEvent?.(event);
    }
    world.advance(everySeconds);
    for (const { shop } of agents) await shop.claim();
    if (Math.floor((4 * (at + everySeconds)) / seconds) > quarters.length) quarters.push(incomeOf(world.node, cheat));
  }
  // until every escrow is over; what was not spent comes back
  world.advance(3 * 86_400);
  for (const { trader } of agents) await trader.reclaim();
  world.advance(1);
  const caught = events.flatMap(({ buyer: by, at, fault, seller }) =>
    fault !== undefined && seller === cheat.name ? [{ by, at, fault }] : [],
  );
  const late = events.filter(
    ({ buyer, at, seller }) => seller === cheat.name && caught.some((c) => c.by === buyer && at > c.at),
  );
  return {
    ...{ seed, seconds, caught, events },
    agents: await Promise.all(agents.map((agent) => reportOf(world.node, agent, events))),
    boughtAfterwards: late.reduce((sum, event) => sum + event.answers, 0),
    cheatIncome: quarters.map((sum, i) => sum - (quarters[i - 1] ?? 0n)),
    isConserved: totalOf(world.node) === deposited && (await isSettled(world.node, agents)),
  };
}

async function attestModels(world: World, { runners }: SimulationOptions): Promise<Record<Task, number>> {
  const maker = ledgerAccount({ seed: seedOf('maker') });
  world.node.deposit(maker, FUNDS);
  const client = world.clientOf(maker);
  const attest = async (task: Task) =>
    (await client.attest({ sha256: runners[task].sha256, subtype: Subtype.MODEL, royaltyBps: ROYALTY_BPS })).index;
  return { digits: await attest('digits'), text: await attest('text') };
}

async function openAgents(
  world: World,
  {
    models,
    random,
    runners,
  }: { models: Record<Task, number>; random: SeededRandom; runners: SimulationOptions['runners'] },
): Promise<readonly Agent[]> {
  const plans = [
    { name: 'Ada', sells: ['digits'], wants: 'text', price: HONEST_PRICE },
    { name: 'Ben', sells: ['text'], wants: 'digits', price: HONEST_PRICE },
    { name: 'Cat', sells: ['digits', 'text'], wants: undefined, price: CHEAT_PRICE },
  ] as const;
  const agents: Agent[] = [];
  for (const { name, sells, wants, price } of plans) {
    const account = ledgerAccount({ seed: seedOf(name) });
    const key = world.node.deposit(account, FUNDS) as AccountIndex; // of the node's own list
    const client = world.clientOf(account);
    const { index: agent } = await registerAgent(client, { account, name });
    const wares = sells.map(
      (task): Ware => ({ capability: task, model: models[task], token: 0, price, runner: runners[task] }),
    );
    const deps = { client, account, now: world.now };
    const terms = { provider: key, wares };
    const shop = name === 'Cat' ? new CheatingShop({ ...terms, honestAnswers: 12 }, deps) : new Shop(terms, deps);
    const endpoint = `http://${name.toLowerCase()}.example`;
    world.listen(endpoint, new SellerDesk({ agent }, { client, account, seller: shop, now: world.now }));
    const capabilities = sells.map((task) => ({
      ...{ name: task, price, token: 0, model: models[task] as AccountIndex }, // of the node's own list
      execution: runners[task].execution('public').word,
      sha256: `0x${Buffer.from(runners[task].sha256).toString('hex')}` as const,
    }));
    await announce(client, {
      account,
      document: { agent, owner: key, name, endpoint, capabilities, expiry: world.now() + 86_400 },
    });
    const store = await ConsumerStore.open(memoryDb());
    const trader = new Trader(
      { agent, payer: key, maxPrice: MAX_PRICE, checkShare: 0.2, explore: 0.1 },
      {
        ...{ client, account, store, clock: world.clock, transport: (at) => world.transport(at) },
        random: () => random.unit(),
        newThread: () => Uint8Array.from({ length: 32 }, () => random.below(256)),
      },
    );
    agents.push({ name, account, client, key, shop, sells, wants, trader });
  }
  return agents;
}

async function trade(
  agent: Agent,
  run: {
    at: number;
    models: Record<Task, number>;
    answers: number;
    seed: string;
    agents: readonly Agent[];
    runners: SimulationOptions['runners'];
  },
): Promise<TradeEvent | undefined> {
  const { wants: task, trader, name: buyer } = agent;
  if (task === undefined) return undefined;
  const { at, models, answers: count, seed, agents, runners } = run;
  const asked = labelled(task, { seed: `${seed} ${buyer} ${at}`, count });
  const want = { model: models[task], runner: runners[task] };
  const bought = await trader.buy(
    want,
    asked.map(({ input }) => input),
  );
  if (bought === undefined) return undefined;
  const { seller, price, outputs, fault } = bought;
  const right = outputs.filter((output, i) => labelOf(task, output) === asked[i]?.label).length;
  const name = agents.find(({ key }) => key === seller)?.name ?? String(seller);
  return {
    at,
    buyer,
    seller: name,
    task,
    price,
    answers: outputs.length,
    right,
    ...(fault !== undefined && { fault }),
  };
}

async function reportOf(node: FakeNode, agent: Agent, events: readonly TradeEvent[]): Promise<AgentReport> {
  const { name, sells, shop, trader } = agent;
  const own = events.filter(({ buyer }) => buyer === name);
  const spent = (await trader.scores()).reduce((sum, score) => sum + score.spent, 0n);
  const sum = (of: (event: TradeEvent) => number) => own.reduce((total, event) => total + of(event), 0);
  return {
    ...{ name, sells, spent, soldAnswers: shop.answers, income: incomeOf(node, agent) },
    bought: sum(({ answers }) => answers),
    right: sum(({ right }) => right),
  };
}

/** What came from channels, by the ledger: claims less royalties. */
function incomeOf(node: FakeNode, { key }: Agent): bigint {
  return channelsOf(node)
    .filter(({ provider }) => provider === key)
    .reduce((sum, { claimed }) => sum + claimed - (claimed * BigInt(ROYALTY_BPS)) / 10_000n, 0n);
}

/** Every agent has what it began with, less what it spent, plus what it earned, and no money is left in escrow. */
async function isSettled(node: FakeNode, agents: readonly Agent[]): Promise<boolean> {
  for (const agent of agents) {
    const paid = channelsOf(node)
      .filter(({ payer }) => payer === agent.key)
      .reduce((sum, { claimed }) => sum + claimed, 0n);
    if (node.account(agent.key)?.balance !== FUNDS - paid + incomeOf(node, agent)) return false;
  }
  return channelsOf(node).every(({ balance }) => balance === 0n);
}

function seedOf(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`engram trader ${name}`).digest());
}
