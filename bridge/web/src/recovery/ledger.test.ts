import { encodeAbiParameters, type Hex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor, exit, transfer } from '../../../../protocol/testing/actors.ts';
import type { PostedBatch } from '../../../client/types.ts';
import { TEST_SETTINGS } from '../../../testing/fixture.ts';
import { RecoveryCore } from './recoveryCore.ts';
import { expectRecoveryError } from './testing/expectRecoveryError.ts';
import { ALICE, BOB, CHANNEL, type Intercept, MODEL, RecoveryWorld } from './testing/recoveryWorld.ts';
import type { BatchProgress } from './types.ts';

/** The ledger from L1 alone, and what an endpoint of L1 can do about it. */
let world: RecoveryWorld;
let posted: readonly PostedBatch[];
const alice = (): Hex => world.f.alice.account;
const bob = (): Hex => world.f.bob.account;

beforeAll(async () => {
  world = await RecoveryWorld.start({ isMock: true });
  posted = await world.populate();
  await world.keep();
});
beforeEach(() => world.rewind());
afterAll(() => world?.f.l1.stop());

const core = (intercept: Intercept = (method, params, ask) => ask(method, params)) =>
  new RecoveryCore(world.options(), { l1: world.through(intercept) });

/** An endpoint that changes what it says about one method. */
const changing =
  (wanted: string, change: (answer: unknown, params: unknown) => unknown): Intercept =>
  async (method, params, ask) => {
    const answer = await ask(method, params);
    return method === wanted ? change(answer, params) : answer;
  };

/** JSON-RPC's refusal, as a provider throws it. */
const refusal = (code: number, message = 'no') => Object.assign(new Error(message), { code });

describe('the ledger, from L1 alone', () => {
  it('has every account that the wallet controls, of each kind', async () => {
    const { batch, isFrozen, accounts } = await core().ledger(alice());
    expect({ batch, isFrozen }).toEqual({ batch: 3, isFrozen: false });
    expect(accounts).toEqual([
      {
        ...{ index: ALICE, kind: 'KEY', token: 0, balance: 10_000n - 70n - 3_000n - 211n - 30n },
        ...{ key: actor(ALICE).key, nonce: 2, isEscaped: false },
      },
      { index: MODEL, kind: 'ATTEST', token: 0, balance: 70n, isEscaped: false },
      { index: CHANNEL, kind: 'CHANNEL', token: 0, balance: 3_000n, isEscaped: false },
    ]);
  });

  it('has what left it, forced exits with their queue items, void ones too', async () => {
    const recovery = core();
    const [, second, third] = posted;
    const common = { account: ALICE, token: 0, batch: 2, commitTx: second?.l1.transactionHash };
    const timestamp = second?.header.timestamp;
    expect((await recovery.ledger(alice())).exits).toEqual([
      { ...common, timestamp, recipient: alice().toLowerCase(), amount: 200n, position: 0 },
    ]);
    const forced = {
      ...{ batch: 3, commitTx: third?.l1.transactionHash, timestamp: third?.header.timestamp, token: 0 },
      recipient: bob().toLowerCase(),
    };
    expect((await recovery.ledger(bob())).exits).toEqual([
      { ...common, timestamp, recipient: bob().toLowerCase(), amount: 11n, position: 1 },
      { ...forced, account: BOB, amount: 5_000n, position: 0, queueIndex: 2n },
      { ...forced, account: CHANNEL, amount: 0n, position: 1, queueIndex: 3n, isVoid: true },
    ]);
  });

  it('has nothing for somebody who has nothing', async () => {
    const { accounts, exits } = await core().ledger(world.f.sequencer.account);
    expect([accounts, exits]).toEqual([[], []]);
  });

  it('takes only what is new the next time, and what is committed but not proven never', async () => {
    const asked: string[] = [];
    const recovery = core((method, params, ask) => {
      asked.push(method);
      return ask(method, params);
    });
    const seen: BatchProgress[] = [];
    await recovery.ledger(alice(), { onProgress: (progress) => void seen.push(progress) });
    expect(seen).toEqual([0, 1, 2, 3].map((batch) => ({ batch, of: 3 })));
    await world.batch({ txs: [world.tx(ALICE, 2, [transfer(ALICE, BOB, 5n)])] });
    await world.commit({ txs: [world.tx(ALICE, 3, [exit(ALICE, BigInt(bob()), 400n)])] });
    asked.length = 0;
    const { batch, accounts, exits } = await recovery.ledger(bob());
    expect([batch, accounts[0]?.balance, exits.length]).toEqual([4, 35n, 3]);
    expect(asked.filter((method) => method === 'eth_getTransactionByHash').length).toBe(1);
    asked.length = 0;
    await recovery.ledger(bob());
    expect(asked).toEqual(['eth_blockNumber', 'eth_call']);
  });

  it('begins anew when L1 went back, whether or not it has come further since', async () => {
    const recovery = core();
    const pay = async (amount: bigint) => {
      await world.batch({ txs: [world.tx(ALICE, 2, [transfer(ALICE, BOB, amount)])] });
      return (await recovery.ledger(bob())).accounts[0]?.balance;
    };
    expect(await pay(5n)).toBe(35n);
    await world.rewind();
    expect((await recovery.ledger(bob())).accounts[0]?.balance).toBe(30n);
    expect(await pay(6n)).toBe(36n);
    await world.rewind();
    expect(await pay(7n)).toBe(37n);
    await world.rewind();
    await world.batch({ txs: [world.tx(ALICE, 2, [exit(ALICE, BigInt(bob()), 8n)])] });
    expect(await recovery.ledger(bob())).toMatchObject({ batch: 4, accounts: [{ balance: 30n }] });
    expect((await recovery.ledger(bob())).exits.map(({ amount }) => amount)).toEqual([11n, 5_000n, 0n, 8n]);
  });

  it('takes the last commit of a number: the one before was reverted', async () => {
    await world.commit({ txs: [world.tx(ALICE, 2, [transfer(ALICE, BOB, 1n)])] });
    await world.f.warp(TEST_SETTINGS.proveDeadlineSeconds + 10);
    await world.f.bob.revertBatches();
    world.forgetLast();
    await world.submit({ txs: [world.tx(ALICE, 2, [transfer(ALICE, BOB, 2n)])] });
    expect(await core().ledger(bob())).toMatchObject({ batch: 4, accounts: [{ balance: 32n }] });
  });

  it('two calls at once share one replay; one that is given up does not disturb the other', async () => {
    const asked: string[] = [];
    const recovery = core((method, params, ask) => {
      asked.push(method);
      return ask(method, params);
    });
    const abort = new AbortController();
    const given = recovery.ledger(alice(), { signal: abort.signal, onProgress: () => abort.abort() });
    const kept = recovery.ledger(bob());
    await expectRecoveryError('ABORTED', given);
    expect((await kept).accounts.length).toBe(1);
    expect((await recovery.ledger(alice())).accounts.length).toBe(3);
    const late = new AbortController();
    late.abort();
    await expectRecoveryError('ABORTED', recovery.ledger(alice(), { signal: late.signal }));
  });
});

describe('endpoints with limits', () => {
  it('that refuse long ranges are asked for shorter ones', async () => {
    const ranges: bigint[] = [];
    const recovery = core(async (method, params, ask) => {
      if (method !== 'eth_getLogs') return ask(method, params);
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: Hex; toBlock: Hex }];
      ranges.push(BigInt(toBlock) - BigInt(fromBlock) + 1n);
      if (BigInt(toBlock) - BigInt(fromBlock) >= 18n) throw refusal(-32005, 'block range is too wide');
      return ask(method, params);
    });
    await world.f.clients.testClient.mine({ blocks: 60 });
    expect((await recovery.ledger(alice())).accounts.length).toBe(3);
    expect(ranges[0]).toBeGreaterThan(60n);
    // Once it knows, it does not ask too much again.
    ranges.length = 0;
    await world.batch({ txs: [world.tx(ALICE, 2, [transfer(ALICE, BOB, 5n)])] });
    await recovery.ledger(alice());
    expect(ranges.every((blocks) => blocks <= 45n)).toBe(true);
  });

  it('that answer no logs at all are told so', async () => {
    const recovery = core((method, params, ask) => {
      if (method === 'eth_getLogs') return Promise.reject(refusal(-32601, 'not available on your plan'));
      return ask(method, params);
    });
    const { data } = await expectRecoveryError('L1_LOGS_REFUSED', recovery.ledger(alice()));
    expect(Number(data.blocks)).toBeLessThanOrEqual(16);
  });

  it.each([
    ['logs', 'eth_getLogs', () => []],
    ['transactions', 'eth_getTransactionByHash', () => null],
    ['blocks', 'eth_getBlockByHash', () => null],
  ])('that do not keep old %s: the first batch that is missing', async (_what, method, answer) => {
    const { batch } = (await world.f.bob.state()).proven;
    const { data } = await expectRecoveryError('L1_HISTORY_MISSING', core(changing(method, answer)).ledger(alice()));
    expect(data).toEqual({ batch: 1, of: batch });
  });

  it('that are not there, at the beginning or half-way; the next call goes on', async () => {
    let isAway = true;
    const recovery = core((method, params, ask) => {
      if (isAway) return Promise.reject(new TypeError('Failed to fetch'));
      return ask(method, params);
    });
    await expectRecoveryError('L1_UNREACHABLE', recovery.ledger(alice()));
    isAway = false;
    const goAway = ({ batch }: BatchProgress): void => {
      isAway = batch === 1;
    };
    const half = recovery.ledger(alice(), { onProgress: goAway });
    // Requests that were under way are answered, so it may also get through.
    await half.catch(() => undefined);
    isAway = false;
    expect((await recovery.ledger(alice())).accounts.length).toBe(3);
  });
});

describe('endpoints that lie', () => {
  it('about the chain', async () => {
    const { data } = await expectRecoveryError('WRONG_L1', core(changing('eth_chainId', () => '0x1')).ledger(alice()));
    expect(data).toEqual({ expected: 31337, found: 1 });
  });

  it('about the contract', async () => {
    const elsewhere = { ...world.options(), rollup: bob() };
    const l1 = world.through((method, params, ask) => ask(method, params));
    await expectRecoveryError('NOT_A_ROLLUP', new RecoveryCore(elsewhere, { l1 }).ledger(alice()));
    const other = { ...world.options(), l2ChainId: 7 };
    await expectRecoveryError('NOT_A_ROLLUP', new RecoveryCore(other, { l1 }).ledger(alice()));
  });

  it('about the bytes that were posted', async () => {
    const lie = changing('eth_getTransactionByHash', (answer) => {
      const transaction = answer as { input: Hex };
      // The last byte of the last op; the hash that L1 keeps does not cover it, the commitment does.
      const at = transaction.input.lastIndexOf('01');
      return { ...transaction, input: `${transaction.input.slice(0, at)}02${transaction.input.slice(at + 2)}` };
    });
    await expectRecoveryError('L1_CONTRADICTS', core(lie).ledger(alice()));
  });

  it('about what was posted at all: another transaction', async () => {
    const lie = changing('eth_getTransactionByHash', (answer) => ({ ...(answer as object), input: '0x12345678' }));
    const { data } = await expectRecoveryError('L1_CONTRADICTS', core(lie).ledger(alice()));
    expect(data).toEqual({ batch: 1, reason: 'NOT_A_COMMIT' });
  });

  it('about who posted it, or when', async () => {
    const lie = changing('eth_getBlockByHash', (answer) => ({ ...(answer as object), timestamp: '0x1' }));
    await expectRecoveryError('L1_CONTRADICTS', core(lie).ledger(alice()));
  });

  it('about a root on the way, by a log', async () => {
    const lie = changing('eth_getLogs', (answer) =>
      (answer as { data: Hex }[]).map((log, i) => {
        const words = log.data.slice(2);
        return i === 0
          ? { ...log, data: `${encodeAbiParameters([{ type: 'uint256' }], [1n])}${words.slice(64)}` }
          : log;
      }),
    );
    await expectRecoveryError('L1_CONTRADICTS', core(lie).ledger(alice()));
  });

  it('about the proven root: the replay leads elsewhere', async () => {
    const { root } = (await world.f.bob.state()).proven;
    const hex = root.toString(16).padStart(64, '0');
    const lie = changing('eth_call', (answer) => (answer as string).replaceAll(hex, '1'.padStart(64, '0')));
    await expectRecoveryError('L1_CONTRADICTS', core(lie).ledger(alice()));
  });

  it('with garbage instead of answers', async () => {
    for (const method of ['eth_getLogs', 'eth_call', 'eth_blockNumber', 'eth_getTransactionByHash']) {
      for (const garbage of [{}, 'garbage', -7, [{}]]) {
        const act = core(changing(method, () => garbage)).ledger(alice());
        const error = await act.then(
          () => undefined,
          (thrown: unknown) => thrown as { name: string; code: string },
        );
        expect([method, garbage, error?.name]).toEqual([method, garbage, 'RecoveryError']);
        expect(error?.code).not.toBe('INTERNAL');
      }
    }
  });
});
