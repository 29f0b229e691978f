/** Nothing is sent twice, nothing is signed that cannot be paid, and what was sent is found again. */
import { type Hex, parseEther, toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor } from '../../../../protocol/testing/actors.ts';
import type { LaneWallet } from '../../../../sdk/lane/sendOnLane.ts';
import type { Actor, Bridge } from './api.ts';
import { MemoryLocks, MemoryStorage } from './testing/memoryBrowser.ts';
import { type Hook, providerError, reached, ToldNode, TransferWorld } from './testing/transferWorld.ts';
import { type TransferError, toTrouble } from './trouble.ts';

let world: TransferWorld;
beforeAll(async () => {
  world = await TransferWorld.start();
  await world.f.keep();
});
afterAll(() => world?.stop());
beforeEach(async () => {
  await world.f.clients.testClient.setAutomine(true);
  // what a test sent last and did not wait for is not to come into the next one's blocks
  await world.f.clients.testClient.mine({ blocks: 1 });
  await world.f.reset();
  world.ahead = 0;
});

const { key } = actor(1);
const ONE = parseEther('1');

/** How often the wallet was asked to send, and a switch to let its answers through. */
class Popup {
  asked = 0;
  /** Instead of signing. */
  answer: ((send: () => Promise<unknown>) => Promise<unknown>) | undefined;

  readonly hook: Hook = async ({ method }, pass) => {
    if (method !== 'eth_sendTransaction') return pass();
    this.asked += 1;
    return this.answer === undefined ? pass() : this.answer(pass);
  };
}

function page(storage = new MemoryStorage(), more: Parameters<TransferWorld['open']>[0] = {}) {
  const popup = new Popup();
  const bridge = world.open({ storage, ...more });
  return { popup, bridge, storage, alice: bridge.actor(world.wallet(popup.hook)) };
}

const deposit = (alice: Actor, amount = ONE) => alice.deposit({ token: 0, amount, key });
const list = (bridge: Bridge) => bridge.transfers(world.alice);
const codeOf = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => undefined,
    (error: unknown) => toTrouble(error).code,
  );
/** A transaction of Alice's that is not in a block, as endpoints tell of it. */
const waiting = (hash: Hex, nonce: number) => ({
  ...{
    hash,
    nonce: toHex(nonce),
    from: world.alice,
    to: world.config.rollup,
    value: '0x0',
    gas: '0x5208',
    gasPrice: '0x1',
  },
  ...{
    blockHash: null,
    blockNumber: null,
    transactionIndex: null,
    input: '0x',
    type: '0x0',
    v: '0x1b',
    r: '0x1',
    s: '0x1',
  },
});
const never = () => new Promise<never>(() => undefined);

describe('a click', () => {
  it('sends one deposit, shown from before the wallet is asked', async () => {
    const { alice, bridge, popup } = page();
    const stages: string[] = [];
    let shown: unknown;
    popup.answer = async (send) => {
      shown = (await list(bridge))[0];
      return send();
    };
    const sent = await alice.deposit({ token: 0, amount: ONE, key, onProgress: ({ stage }) => stages.push(stage) });
    expect(stages).toEqual(['checking', 'checking', 'asking', 'sent']);
    expect(shown).toMatchObject({ kind: 'deposit', amount: ONE, isFinished: false });
    await world.mined(sent.hash);
    expect(await list(bridge)).toMatchObject([{ id: 'deposit:0', amount: ONE }]);
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it('and a second one at once sends once', async () => {
    const { alice, bridge, popup } = page();
    const outcomes = await Promise.allSettled([
      deposit(alice),
      deposit(alice),
      deposit(bridge.actor(world.wallet(popup.hook))),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(toTrouble((outcomes[1] as PromiseRejectedResult).reason).code).toBe('ALREADY_SENDING');
    expect(popup.asked).toBe(1);
  });

  it('waits for what was sent and is not mined, and is free once it is', async () => {
    const { alice, bridge, popup } = page();
    await world.f.clients.testClient.setAutomine(false);
    const { intent, hash } = await deposit(alice);
    expect(await list(bridge)).toMatchObject([{ id: `intent:${intent}` }]);
    expect(reached((await list(bridge))[0])).toBe('sent');
    await expect(deposit(alice)).rejects.toMatchObject({
      ...{ code: 'ALREADY_SENDING', data: { intent, state: 'sent' } },
    });
    // what is a new account now is an account in the list a moment later
    expect(await codeOf(alice.deposit({ token: 0, amount: ONE, key, account: 1 }))).toBe('ALREADY_SENDING');
    // another token is another matter
    expect(await codeOf(alice.deposit({ token: 9, amount: 1n, key }))).toBe('UNKNOWN_TOKEN');
    await world.f.clients.testClient.mine({ blocks: 1 });
    await world.mined(hash);
    await world.f.clients.testClient.setAutomine(true);
    await deposit(alice);
    expect(popup.asked).toBe(2);
  });

  it('that is refused in the wallet leaves nothing behind', async () => {
    const { alice, bridge, popup, storage } = page();
    popup.answer = () => Promise.reject(providerError(4001, 'User denied transaction signature'));
    expect(await codeOf(deposit(alice))).toBe('REJECTED');
    popup.answer = () => Promise.reject(providerError(-32002, 'already pending'));
    expect(await codeOf(deposit(alice))).toBe('WALLET_BUSY');
    expect(await list(bridge)).toEqual([]);
    expect([...storage.entries.values()].join()).not.toContain('deposit');
    popup.answer = undefined;
    await deposit(alice);
  });
});

describe('a reload', () => {
  it('while the wallet asks: blocks the same, until the chain shows it', async () => {
    const first = page();
    let confirm: () => void = () => undefined;
    first.popup.answer = async (send) => {
      await new Promise<void>((resolve) => {
        confirm = resolve;
      });
      return send();
    };
    deposit(first.alice).catch(() => undefined);
    await expect.poll(() => first.popup.asked).toBe(1);
    // the page is gone, the wallet's window is not
    const second = page(first.storage);
    const [waiting] = await list(second.bridge);
    expect(waiting).toMatchObject({ kind: 'deposit', amount: ONE, trouble: { code: 'NOT_SENT' } });
    expect(await codeOf(deposit(second.alice))).toBe('ALREADY_SENDING');
    expect(second.popup.asked).toBe(0);
    confirm();
    await expect.poll(async () => (await list(second.bridge)).map(({ id }) => id)).toEqual(['deposit:0']);
    expect(second.bridge.intents(world.alice)).toEqual([]);
    await deposit(second.alice);
  });

  it('while the wallet asks: is over once it is sure that nothing was sent, or the user says so', async () => {
    const first = page();
    first.popup.answer = never;
    deposit(first.alice).catch(() => undefined);
    await expect.poll(() => first.popup.asked).toBe(1);
    const second = page(first.storage);
    expect(await list(second.bridge)).toHaveLength(1);
    const [lost] = second.bridge.intents(world.alice);
    expect(lost?.state).toBe('lost');
    second.bridge.forget(lost?.id ?? '');
    expect(await list(second.bridge)).toEqual([]);

    const third = page();
    third.popup.answer = never;
    deposit(third.alice).catch(() => undefined);
    await expect.poll(() => third.popup.asked).toBe(1);
    const fourth = page(third.storage);
    expect(await list(fourth.bridge)).toHaveLength(1);
    world.ahead += 300;
    expect(await list(fourth.bridge)).toEqual([]);
    await deposit(fourth.alice);
  });

  it('after the hash and before the block: the same transfer goes on', async () => {
    await world.f.clients.testClient.setAutomine(false);
    const first = page();
    const { hash, intent } = await deposit(first.alice);
    const second = page(first.storage);
    expect(await list(second.bridge)).toMatchObject([{ id: `intent:${intent}`, amount: ONE }]);
    expect(await codeOf(deposit(second.alice))).toBe('ALREADY_SENDING');
    await world.f.clients.testClient.mine({ blocks: 1 });
    await world.mined(hash);
    expect(await list(second.bridge)).toMatchObject([{ id: 'deposit:0' }]);
    // and in a browser that knows nothing
    expect(await list(page().bridge)).toEqual(await list(second.bridge));
  });

  it('a wallet whose answer is lost on the way: nothing is sent again before it is clear', async () => {
    const { alice, bridge, popup } = page();
    popup.answer = async (send) => {
      await send();
      throw new Error('port closed');
    };
    expect(await codeOf(deposit(alice))).toBe('MAYBE_SENT');
    popup.answer = undefined;
    // it was sent, which the chain shows: so that was it
    expect(await list(bridge)).toMatchObject([{ id: 'deposit:0' }]);
    await deposit(alice);
    popup.answer = () => Promise.resolve('done!');
    expect(await codeOf(deposit(alice))).toBe('MAYBE_SENT');
    expect(await codeOf(deposit(alice))).toBe('ALREADY_SENDING');
  });

  it('a transaction that the wallet replaced by another one is given up, a faster one of it is found', async () => {
    const { alice, bridge, popup } = page();
    popup.answer = async (send) => {
      await send();
      return toHex(12345, { size: 32 }); // what is mined has another hash
    };
    await deposit(alice);
    expect((await list(bridge)).map(({ id }) => id)).toEqual(['deposit:0']);
    popup.answer = async () => toHex(6789, { size: 32 });
    await deposit(alice, 2n * ONE);
    await world.f.alice.depositNew({ token: 0, amount: 5n, key });
    // not at once: another endpoint may be further
    expect((await list(bridge)).filter(({ trouble }) => trouble !== undefined)).toEqual([]);
    world.ahead += 60;
    // nor soon: it may wait where this endpoint does not see it
    expect((await list(bridge)).filter(({ trouble }) => trouble !== undefined)).toEqual([]);
    world.ahead += 300;
    const replaced = (await list(bridge)).find(({ id }) => id.startsWith('intent:'));
    expect(replaced).toMatchObject({ amount: 2n * ONE, isFinished: true, trouble: { code: 'REPLACED' } });
    popup.answer = undefined;
    await deposit(alice, 2n * ONE);
  });

  it('a transaction behind another one of the wallet, which L1 did not know of, is not given up while it waits', async () => {
    const hash = toHex(4242, { size: 32 });
    const nonce = await world.f.clients.publicClient.getTransactionCount({ address: world.alice });
    let isKnown = true;
    const l1 = world.l1(({ method, params }, pass) => {
      const isIt = method === 'eth_getTransactionByHash' && (params as readonly unknown[])[0] === hash;
      // the page asked for the nonce before the other one was seen: this one has the next
      return isIt ? Promise.resolve(isKnown ? waiting(hash, nonce + 1) : null) : pass();
    });
    const { alice, bridge, popup } = page(new MemoryStorage(), { l1 });
    popup.answer = async () => hash;
    await deposit(alice);
    await world.f.alice.depositNew({ token: 0, amount: 5n, key });
    for (const ahead of [0, 60, 6_000]) {
      world.ahead += ahead;
      const found = (await list(bridge)).find(({ id }) => id.startsWith('intent:'));
      expect(found).toMatchObject({ amount: ONE, isFinished: false });
      expect(await codeOf(deposit(alice))).toBe('ALREADY_SENDING');
    }
    // now its own nonce is used by another
    isKnown = false;
    await world.f.alice.depositNew({ token: 0, amount: 5n, key });
    await list(bridge);
    world.ahead += 60;
    const replaced = (await list(bridge)).find(({ id }) => id.startsWith('intent:'));
    expect(replaced).toMatchObject({ isFinished: true, trouble: { code: 'REPLACED' } });
  });

  it('a transaction that failed on L1 says so and stands in nobody’s way', async () => {
    const { alice, bridge } = page();
    await world.f.clients.testClient.setAutomine(false);
    await alice.forcedExit({ account: 3 });
    // frozen before it is mined: what was checked is not so any more
    const code = await world.f.clients.publicClient.getCode({ address: world.config.rollup });
    await world.f.clients.testClient.setCode({ address: world.config.rollup, bytecode: '0xfe' });
    await world.f.clients.testClient.mine({ blocks: 1 });
    await world.f.clients.testClient.setCode({ address: world.config.rollup, bytecode: code ?? '0x' });
    await world.f.clients.testClient.setAutomine(true);
    expect(await list(bridge)).toMatchObject([{ trouble: { code: 'TRANSACTION_FAILED' }, isFinished: true }]);
    await alice.forcedExit({ account: 3 });
  });
});

describe('two tabs', () => {
  it.each([
    ['with locks', () => new MemoryLocks().manager],
    ['without locks', () => undefined],
  ])('send once, %s', async (_name, make) => {
    const [storage, locks] = [new MemoryStorage(), make()];
    const [one, two] = [page(storage, { locks }), page(storage, { locks })];
    let confirm: () => void = () => undefined;
    one.popup.answer = async (send) => {
      await new Promise<void>((resolve) => {
        confirm = resolve;
      });
      return send();
    };
    const first = deposit(one.alice);
    await expect.poll(() => one.popup.asked).toBe(1);
    expect(await codeOf(deposit(two.alice))).toBe('ALREADY_SENDING');
    expect(two.popup.asked).toBe(0);
    if (locks !== undefined) expect((await list(two.bridge))[0]?.trouble).toBeUndefined();
    confirm();
    const { hash } = await first;
    await world.mined(hash);
    await deposit(two.alice);
  });

  it('locks that the browser refuses are done without', async () => {
    const refuse = {
      request: () => Promise.reject(new DOMException('no', 'SecurityError')),
      query: () => Promise.reject(new Error()),
    };
    const { alice, popup } = page(new MemoryStorage(), { locks: refuse as unknown as LockManager });
    await deposit(alice);
    expect(popup.asked).toBe(1);
  });
});

describe('storage', () => {
  it.each(['isFull', 'isDisabled'] as const)('that refuses (%s): works, says so, and still sends once', async (how) => {
    const storage = new MemoryStorage();
    storage[how] = true;
    const { alice, bridge, popup } = page(storage);
    expect(bridge.troubles()).toEqual([{ code: 'NO_STORAGE' }]);
    await world.f.clients.testClient.setAutomine(false);
    const { intent } = await deposit(alice);
    expect(await list(bridge)).toMatchObject([{ id: `intent:${intent}` }]);
    expect(await codeOf(deposit(alice))).toBe('ALREADY_SENDING');
    expect(popup.asked).toBe(1);
  });
});

describe('before the wallet is asked', () => {
  const refused = async (act: Promise<unknown>): Promise<TransferError> =>
    act.then(
      () => expect.unreachable(),
      (error: TransferError) => error,
    );

  it('another network is refused', async () => {
    const { bridge, popup } = page();
    const hook: Hook = (call, pass) =>
      call.method === 'eth_chainId' ? Promise.resolve('0x1') : popup.hook(call, pass);
    const error = await refused(deposit(bridge.actor(world.wallet(hook))));
    expect(toTrouble(error)).toEqual({ code: 'WRONG_NETWORK', data: { expected: 31_337, found: 1 } });
    expect(popup.asked).toBe(0);
  });

  it('a network that changes while it is asked is refused by what is signed', async () => {
    const { bridge, popup } = page();
    let questions = 0;
    const hook: Hook = (call, pass) => {
      if (call.method !== 'eth_chainId') return popup.hook(call, pass);
      questions += 1;
      return questions === 1 ? pass() : Promise.resolve('0x1');
    };
    const error = await refused(deposit(bridge.actor(world.wallet(hook))));
    expect(toTrouble(error)).toEqual({ code: 'WRONG_NETWORK', data: { expected: 31_337, found: 1 } });
    expect(popup.asked).toBe(0);
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it('another account is refused, and a wallet that is gone', async () => {
    const { bridge, popup } = page();
    const accounts =
      (found: readonly Hex[]): Hook =>
      (call, pass) =>
        call.method === 'eth_accounts' ? Promise.resolve(found) : popup.hook(call, pass);
    expect(await codeOf(deposit(bridge.actor(world.wallet(accounts([world.bob])))))).toBe('ACCOUNT_CHANGED');
    expect(await codeOf(deposit(bridge.actor(world.wallet(accounts([])))))).toBe('WALLET_DISCONNECTED');
    expect(popup.asked).toBe(0);
  });

  it('what cannot be paid is refused: the amount, the queue’s fee, the gas', async () => {
    const { alice, popup } = page();
    const { testClient, publicClient } = world.f.clients;
    const { queueFee } = await world.f.alice.parameters();
    await testClient.setBalance({ address: world.alice, value: ONE });
    const error = await refused(deposit(alice, 2n * ONE));
    expect(toTrouble(error)).toEqual({ code: 'INSUFFICIENT_FUNDS', data: { token: 0, need: 2n * ONE, have: ONE } });
    const fee = await refused(deposit(alice, ONE));
    expect(toTrouble(fee).data).toMatchObject({ need: ONE + queueFee, have: ONE });
    const gas = await refused(deposit(alice, ONE - queueFee));
    const price = await publicClient.getGasPrice();
    expect(gas.code).toBe('INSUFFICIENT_FUNDS');
    expect(gas.data.need).toBeGreaterThan(ONE + 40_000n * price);
    expect(popup.asked).toBe(0);
  });

  it('a wallet that is a contract sends nothing to an address that it has on one side only', async () => {
    const { testClient } = world.f.clients;
    const { alice, popup } = page();
    await testClient.setCode({ address: world.alice, bytecode: '0x6001' });
    expect(await codeOf(alice.depositToLane({ token: 0, amount: 1n }))).toBe('CONTRACT_WALLET');
    expect(popup.asked).toBe(0);
    // an ordinary account that lends itself code (EIP-7702) has its key everywhere
    await testClient.setCode({ address: world.alice, bytecode: `0xef0100${'11'.repeat(20)}` });
    await alice.depositToLane({ token: 0, amount: 1n });
    await testClient.setCode({ address: world.alice, bytecode: '0x' });
    const told = new ToldNode();
    told.answers.eth_getCode = () => '0x6001';
    const wallet = world.wallet(popup.hook);
    const onLane = world.open({ told }).actor(wallet, wallet as unknown as LaneWallet);
    expect(await codeOf(onLane.withdrawFromLane({ token: 0, amount: 1n }))).toBe('CONTRACT_WALLET');
    told.answers.eth_getCode = () => '0x';
    expect(await codeOf(onLane.withdrawFromLane({ token: 0, amount: 1n }))).toBe('WRONG_NETWORK');
    expect(popup.asked).toBe(1);
  });

  it('what the contract would refuse is refused by its name', async () => {
    const { alice, popup } = page();
    expect(await codeOf(alice.withdraw(0))).toBe('NothingToWithdraw');
    expect(await codeOf(alice.freeze())).toBe('QueueEmpty');
    expect(await codeOf(alice.forcedExit({ account: 0 }))).toBe('IndexOutOfRange');
    expect(await codeOf(alice.deposit({ token: 0, amount: 1n, key: [1n, 1n] as never }))).toBe('KeyOffCurve');
    expect(await codeOf(alice.deposit({ token: 0, amount: 0n, key }))).toBe('AMOUNT_ZERO');
    expect(await codeOf(alice.deposit({ token: 0, amount: 2n ** 96n, key }))).toBe('AMOUNT_TOO_LARGE');
    expect(await codeOf(alice.refund({ id: 'deposit:0' }))).toBe('NOT_ACTIONABLE');
    expect(await codeOf(alice.claim({ id: 'deposit:0' }))).toBe('NOT_ACTIONABLE');
    expect(await codeOf(alice.escape({ account: 1 }))).toBe('NO_RECOVERY');
    expect(await codeOf(alice.withdrawFromLane({ token: 0, amount: 1n }))).toBe('WALLET_UNSUPPORTED');
    expect(popup.asked).toBe(0);
  });

  it('an L1 that does not answer is said to be away', async () => {
    const offline: Hook = () => Promise.reject(new TypeError('fetch failed'));
    const { alice } = page(new MemoryStorage(), { l1: world.l1(offline) });
    expect(await codeOf(deposit(alice))).toBe('L1_UNREACHABLE');
  });
});
