/** Contracts ask attested models: real answerers running a real model, one that lies, one that restarts, silence, and the command line. */
import { type Address, bytesToHex, type Hex, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Answerer } from '../../agents/answers/answerer.ts';
import { answerGas } from '../../agents/answers/answerGas.ts';
import { oraclePort } from '../../agents/answers/oraclePort.ts';
import { MemoryDb } from '../../agents/answers/testing/fakeOracle.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { tinyInput, tinyModel } from '../../agents/execution/testing/testModels.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { buildAskModel } from '../../examples/contracts/build.ts';
import { Exit } from '../../node/cli/output.ts';
import { engram } from '../../node/testing/runCli.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import {
  answerQuestion,
  askedIn,
  commitAnswer,
  domainOf,
  getOracleCredit,
  getQuestion,
  ORACLE,
  oracleWalletActions,
  refundQuestion,
  Subtype,
  signOracleAnswer,
  waitForAnswer,
  waitForReveal,
  withdrawOracleCredit,
} from '../../sdk/index.ts';
import { ORACLE_ABI } from '../../sdk/lane/contracts.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { type LanePerson, LaneWorld } from './support/laneWorld.ts';

const FEE = parseEther('0.01') + 1n;
const PRICE = parseEther('0.005');
const OPEN_SECONDS = 600;
const CLI_SECONDS = 400;
const NAMES = ['bob', 'carol', 'dave'] as const;
const INPUT = tinyInput([1, 2, 3, 4]);

let devnet: InstantDevnet;
let world: LaneWorld;
let alice: LanePerson;
let providers: LanePerson[];
/** KEY accounts of the providers. */
const accounts: number[] = [];
let model: number;
let runner: ModelRunner;
let contract: { readonly address: Address; readonly abi: Awaited<ReturnType<typeof buildAskModel>>['abi'] };
const running: Answerer[] = [];
/** Of the providers' machines. */
const clock = new ShiftableClock(systemClock);

beforeAll(async () => {
  devnet = await startInstantDevnet();
  world = await LaneWorld.open(devnet);
  alice = world.who('alice');
  providers = NAMES.map((name) => world.who(name));
  runner = await ModelRunner.load(tinyModel());
  let last = 0n;
  for (const person of [alice, ...providers]) {
    ({ index: last } = await person.l1.depositToLane({ amount: parseEther('1') }));
  }
  for (const { l1, ledger, key } of providers) {
    const { queueIndex } = await l1.deposit({ amount: parseEther('1'), key: key.key });
    accounts.push((await ledger.waitForDeposit(queueIndex)).index);
  }
  await world.evm.waitForMessage(last);
  const [bob = expect.unreachable()] = providers;
  const attested = { from: accounts[0] ?? 0, sha256: runner.sha256, subtype: Subtype.MODEL };
  model = (await bob.ledger.attest(attested)).index;
  const { abi, bytecode } = await buildAskModel();
  const hash = await alice.evm.deployContract({ abi, bytecode, args: [model, accounts, 2] });
  const { contractAddress } = await world.evm.waitForTransactionReceipt({ hash });
  contract = { address: contractAddress ?? expect.unreachable(), abi };
});
afterAll(async () => {
  await Promise.all(running.map((answerer) => answerer.stop()));
  await runner?.close();
  await devnet?.stop();
});

async function now(): Promise<number> {
  return (await alice.ledger.getChainInfo()).time;
}

/** Time passes for the lane and for the providers. No block comes of it: the lane is quiet. */
async function pass(seconds: number): Promise<void> {
  await devnet.rpc.request('engram_devAdvanceTime', [seconds]);
  clock.advance(seconds * 1_000);
}

const commitments = async (): Promise<number> => {
  const events = { address: ORACLE, abi: ORACLE_ABI, eventName: 'Committed', fromBlock: 0n } as const;
  return (await world.evm.getContractEvents(events)).length;
};

async function ask(): Promise<bigint> {
  const args = [bytesToHex(INPUT), (await now()) + OPEN_SECONDS];
  const hash = await alice.evm.writeContract({ ...contract, functionName: 'ask', args, value: FEE });
  return askedIn(await world.evm.waitForTransactionReceipt({ hash })).question;
}

/** @param change what a liar does to the model's output */
async function start(
  at: number,
  { db = new MemoryDb(), change = (output: Uint8Array) => output } = {},
): Promise<Answerer> {
  const { evm, key } = providers[at] ?? expect.unreachable();
  const answerer = await Answerer.start(
    { provider: accounts[at] ?? 0, model, pollMs: 50, fromBlock: 0n },
    {
      oracle: oraclePort(evm),
      account: key,
      runner: {
        sha256: runner.sha256,
        execution: (audit) => runner.execution(audit),
        run: async (...args) => change(await runner.run(...args)),
      },
      db,
      clock,
      log: silentLogger,
      domain: domainOf(world.chain),
    },
  );
  running.push(answerer);
  return answerer;
}

const credits = () => Promise.all(providers.map(({ address }) => getOracleCredit(world.evm, address)));

async function learnt(question: bigint) {
  const found = await world.evm.readContract({ ...contract, functionName: 'answerOf', args: [question] });
  return found as { isThere: boolean; output: Hex }; // AskModel.sol's Answer
}

describe('a contract that asks', () => {
  it('is told what two of three honest runs of the model said; who made it up is not paid', async () => {
    const question = await ask();
    const upsideDown = (output: Uint8Array) => output.slice().fill(0, output.length - 4);
    const liar = await start(2, { change: upsideDown });
    const db = new MemoryDb();
    const first = await start(0, { db });
    const secondDb = new MemoryDb();
    const second = await start(1, { db: secondDb });
    await expect.poll(commitments, { timeout: 20_000 }).toBe(3);
    expect((await getQuestion(world.evm, question)).answered).toEqual([]);
    // The liar is the first to show; who reads it copies nothing.
    for (const answerer of [first, second]) await answerer.stop();
    await pass(OPEN_SECONDS / 2);
    await expect
      .poll(async () => (await getQuestion(world.evm, question)).answered, { timeout: 20_000 })
      .toEqual([accounts[2]]);
    // Killed after their commitments, they go on with the same receipts.
    const firstAgain = await start(0, { db });
    await start(1, { db: secondDb });
    const { output, paid, hasCallbackFailed } = await waitForAnswer(world.evm, question);
    expect(bytesToHex(output)).toBe(bytesToHex(await runner.run(INPUT)));
    expect({ paid, hasCallbackFailed }).toEqual({ paid: accounts.slice(0, 2), hasCallbackFailed: false });
    expect(await learnt(question)).toEqual({ isThere: true, output: bytesToHex(output) });
    expect(await credits()).toEqual([PRICE, PRICE, 0n]);

    // A restart on what the first one wrote down answers nothing twice, and still hears the next question.
    await firstAgain.stop();
    await start(0, { db });
    const next = await ask();
    await expect.poll(commitments, { timeout: 20_000 }).toBe(6);
    await pass(OPEN_SECONDS / 2);
    await waitForAnswer(world.evm, next);
    expect((await getQuestion(world.evm, next)).answered).toEqual(expect.arrayContaining(accounts.slice(0, 2)));
    expect((await getQuestion(world.evm, question)).answered).toHaveLength(3);
    await liar.stop();
  });

  it('gets what could not be divided back, and providers what they earned, from Oracle’s balance', async () => {
    const [bob = expect.unreachable()] = providers;
    const { amount } = await withdrawOracleCredit(bob.evm);
    expect(amount).toBe(2n * PRICE);
    const before = await world.balance(contract.address, 0);
    const hash = await alice.evm.writeContract({ ...contract, functionName: 'takeBack', args: [1n] });
    expect((await world.evm.waitForTransactionReceipt({ hash })).status).toBe('success');
    // Two questions left a wei each; one was paid out.
    expect((await world.balance(contract.address, 0)) - before).toBe(1n);
    expect(await world.balance(ORACLE, 0)).toBe((await credits()).reduce((sum, credit) => sum + credit));
  });

  it('is told nothing by who copies an answer, or shows its own too early', async () => {
    await Promise.all(running.splice(0).map((answerer) => answerer.stop()));
    const question = await ask();
    const { price } = await getQuestion(world.evm, question);
    const said = { question, model, price, input: INPUT, output: await runner.run(INPUT), time: await now() };
    const [bob = expect.unreachable(), carol = expect.unreachable()] = providers;
    const honest = signOracleAnswer(bob.ledger, bob.key, said);
    const copy = signOracleAnswer(carol.ledger, carol.key, said);
    await commitAnswer(bob.evm, honest);
    // What is committed to names its provider: the same commitment is of no use to another.
    await commitAnswer(carol.evm, honest);
    const show = (person: LanePerson, receipt: SignedReceipt) => {
      const provider = accounts[providers.indexOf(person)] ?? 0;
      return answerQuestion(person.evm, { provider, output: said.output, receipt });
    };
    const refusal = (error: string) => ({ code: 'LANE_REVERTED', details: { error } });
    await expect(show(bob, honest)).rejects.toMatchObject(refusal('TooEarlyToReveal'));
    await pass(OPEN_SECONDS / 2);
    await commitAnswer(carol.evm, copy); // in the block that says that it is time
    await waitForReveal(world.evm, question);
    await show(bob, honest);
    await expect(show(carol, copy)).rejects.toMatchObject(refusal('NotCommitted'));
    await expect(show(carol, honest)).rejects.toMatchObject(refusal('ReceiptSignature'));
    expect(await getQuestion(world.evm, question)).toMatchObject({ status: 'open', answered: [accounts[0]] });
  });

  it('gets its fee back if nobody answers in time, and nobody is paid for that', async () => {
    await Promise.all(running.splice(0).map((answerer) => answerer.stop()));
    const paidBefore = await credits();
    const question = await ask();
    await expect(refundQuestion(alice.evm, question)).rejects.toMatchObject({
      code: 'LANE_REVERTED',
      details: { error: 'TooEarly' },
    });
    await pass(OPEN_SECONDS + 1);
    await alice.ledger.waitFor(
      await (providers[0] ?? expect.unreachable()).ledger.transfer({
        from: accounts[0] ?? 0,
        to: accounts[1] ?? 0,
        amount: 1n,
      }),
      'included',
    );
    const before = await world.balance(contract.address, 0);
    const hash = await alice.evm.writeContract({ ...contract, functionName: 'takeBack', args: [question] });
    expect((await world.evm.waitForTransactionReceipt({ hash })).status).toBe('success');
    expect((await getQuestion(world.evm, question)).status).toBe('refunded');
    expect(await world.balance(contract.address, 0)).toBe(before);
    await expect(waitForAnswer(world.evm, question)).rejects.toMatchObject({ code: 'NO_ANSWER' });
    expect((await learnt(question)).isThere).toBe(false);
    expect(await credits()).toEqual(paidBefore);
    // Who answers now is too late.
    const late = await start(1);
    await late.stop();
    expect((await getQuestion(world.evm, question)).answered).toEqual([]);
  });
});

it('an answerer learns what became of its transactions: in a block, failed there, or nowhere', async () => {
  const [bob = expect.unreachable()] = providers;
  const port = oraclePort(bob.evm);
  const provider = accounts[0] ?? 0;
  const input = Uint8Array.of(1);
  const { question } = await alice.evm.extend(oracleWalletActions).askModel({
    model,
    providers: [provider],
    input,
    fee: 7n,
    deadline: (await now()) + OPEN_SECONDS,
  });
  const said = { question, model, price: 7n, input, output: Uint8Array.of(2), time: await now() };
  const answer = {
    provider,
    output: said.output,
    receipt: signOracleAnswer(bob.ledger, bob.key, said),
    gas: answerGas({ quorum: 1, callbackGas: 0, outputBytes: 1 }),
  };
  const first = await port.send(answer);
  await expect.poll(() => port.outcome(first)).toBe('included');
  // A crash between sending and noting it sends it once more: only gas is lost.
  const again = await port.send(answer);
  await expect.poll(() => port.outcome(again)).toBe('failed');
  expect(await port.outcome(`0x${'ab'.repeat(32)}`)).toBe('unknown');
  expect((await getQuestion(world.evm, question)).status).toBe('answered');
});

describe('engram oracle', () => {
  const node = (): string[] => ['--rpc', devnet.rpcUrl];

  const run = (...args: readonly (string | number)[]) => engram('oracle', ...args.map(String));

  it('asks, shows, refunds and withdraws', async () => {
    const asking = [
      'ask',
      '--model',
      model,
      '--providers',
      accounts.join(),
      '--fee',
      '0.002ether',
      '--for',
      CLI_SECONDS,
    ];
    const byAlice = ['--dev', 'alice', ...node()];
    const asked = await run(...asking, '--input-hex', bytesToHex(INPUT), '--json', ...byAlice);
    expect(asked.exit).toBe(0);
    const { question } = asked.json;
    expect((await run('status', question, '--json', ...node())).json).toMatchObject({
      status: 'open',
      model,
      quorum: 2,
    });
    expect((await run('status', question, ...node())).stdout).toMatch(/^answered +nobody yet$/m);
    const early = await run('refund', question, '--json', ...byAlice);
    expect([early.exit, early.json.error.code]).toEqual([Exit.REFUSED, 'LANE_REVERTED']);

    expect((await run('status', question, ...node())).stdout).toMatch(/^shown from .+, if committed to before$/m);
    const before = await commitments();
    await start(0);
    await start(1);
    await expect.poll(commitments, { timeout: 20_000 }).toBe(before + 2);
    await pass(CLI_SECONDS / 2);
    await waitForAnswer(world.evm, BigInt(question));
    const { json } = await run('status', question, '--json', ...node());
    expect(json.answer).toMatchObject({ output: bytesToHex(await runner.run(INPUT)), paid: accounts.slice(0, 2) });
    expect((await run('status', question, ...node())).stdout).toMatch(/^callback failed +no$/m);

    const carol = providers[1]?.address ?? expect.unreachable();
    const earned = await getOracleCredit(world.evm, carol);
    const taken = await run('withdraw', '--json', '--dev', 'carol', ...node());
    expect(taken.json).toMatchObject({ to: carol, amount: earned.toString() });
    const again = await run('withdraw', '--json', '--dev', 'carol', ...node());
    expect([again.exit, again.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOTHING_OWED']);
  });

  it('names what is wrong', async () => {
    const ask = ['ask', '--model', model, '--providers', accounts.join(), '--fee', '1', '--json', '--dev', 'alice'];
    const noInput = await run(...ask, ...node());
    expect([noInput.exit, noInput.json.error.code]).toEqual([Exit.USAGE, 'BAD_INPUT']);
    const noFile = await run(...ask, '--input', '/nowhere', ...node());
    expect([noFile.exit, noFile.json.error.code]).toEqual([Exit.USAGE, 'BAD_FILE']);
    const none = await run('status', 999, '--json', ...node());
    expect([none.exit, none.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOT_FOUND']);
    const twice = [accounts[0], accounts[0]].join();
    const refused = await run(
      'ask',
      '--model',
      model,
      '--providers',
      twice,
      '--fee',
      1,
      '--input-text',
      'x',
      '--json',
      '--dev',
      'alice',
      ...node(),
    );
    expect(refused.json.error.message).toContain('DuplicateProvider');
    expect((await run('ask', '--model', model)).exit).toBe(Exit.USAGE);
  });
});
