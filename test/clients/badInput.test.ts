/** What is malformed, too large or hostile is refused with geth's code, and the node keeps answering. */
import { encodeFunctionData, type Hex, parseGwei, toFunctionSelector, toHex } from 'viem';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BAD_OBJECTS, badCalls, CONTRADICTIONS } from './badCalls.ts';
import { badTransactions } from './badTransactions.ts';
import { until } from './check.ts';
import { type Network, person, RICH, startNetwork } from './network.ts';
import { RawRpc } from './rawRpc.ts';
import { stressAbi, suiteCode } from './suiteContracts.ts';

/** A transaction may use no more (EIP-7825). */
const MOST_GAS = 2n ** 24n;
const code = await suiteCode();
const { account } = person('bad input');
let network: Network;
let rpc: RawRpc;
let stress: Hex;

interface Receipt {
  readonly status: Hex;
  readonly gasUsed: Hex;
  readonly contractAddress: Hex | null;
  readonly blockNumber: Hex;
  readonly logs: readonly unknown[];
}

beforeAll(async () => {
  network = await startNetwork('devnet');
  rpc = new RawRpc(network.url);
  await network.fund([account.address], RICH);
  stress = (await send({ data: code.Stress, gas: 3_000_000n })).contractAddress ?? '0x';
});

afterAll(async () => network?.stop());

async function sendRaw({ to, data = '0x', gas = 21_000n }: { to?: Hex; data?: Hex; gas?: bigint }): Promise<Hex> {
  const nonce = Number(await rpc.result<Hex>('eth_getTransactionCount', [account.address, 'pending']));
  const fees = { maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: 1n };
  const raw = await account.signTransaction({ chainId: network.chainId, nonce, to, data, gas, ...fees });
  return rpc.result<Hex>('eth_sendRawTransaction', [raw]);
}

async function send(transaction: { to?: Hex; data?: Hex; gas?: bigint }): Promise<Receipt> {
  return receiptOf(await sendRaw(transaction));
}

function receiptOf(hash: Hex): Promise<Receipt> {
  return until(async () => (await rpc.result<Receipt | null>('eth_getTransactionReceipt', [hash])) ?? undefined);
}

/** The node takes money in and makes blocks. */
async function expectAlive(): Promise<void> {
  expect((await send({ to: account.address })).status).toBe('0x1');
}

describe('transactions', () => {
  test('that are malformed or break a rule are refused with the code and text of geth', async () => {
    const nonce = Number(await rpc.result<Hex>('eth_getTransactionCount', [account.address, 'latest']));
    const { gasLimit } = await rpc.result<{ gasLimit: Hex }>('eth_getBlockByNumber', ['latest', false]);
    const poor = person('bad input pauper').account;
    const options = { chainId: network.chainId, account, nonce, poor, gasLimit: BigInt(gasLimit) };
    const wrong: unknown[] = [];
    for (const { name, raw, code, message } of await badTransactions(options)) {
      const { error, result } = await rpc.ask('eth_sendRawTransaction', [raw]);
      if (error?.code !== code || !message.test(error.message)) wrong.push({ name, error, result, code, message });
    }
    expect(wrong).toEqual([]);
    await expectAlive();
  });

  test('that are known already or too cheap to replace another are refused', async () => {
    const nonce = Number(await rpc.result<Hex>('eth_getTransactionCount', [account.address, 'pending']));
    const sign = (price: bigint): Promise<Hex> =>
      account.signTransaction({
        chainId: network.chainId,
        type: 'legacy',
        nonce: nonce + 1,
        to: account.address,
        gas: 21_000n,
        gasPrice: price,
      });
    const first = await sign(parseGwei('10'));
    await rpc.result('eth_sendRawTransaction', [first]);
    const again = await rpc.ask('eth_sendRawTransaction', [first]);
    expect(again.error).toMatchObject({ code: -32000, message: 'already known' });
    const cheap = await rpc.ask('eth_sendRawTransaction', [await sign(parseGwei('10.9'))]);
    expect(cheap.error).toMatchObject({ code: -32000, message: 'replacement transaction underpriced' });
    await rpc.result('eth_sendRawTransaction', [await sign(parseGwei('11'))]);
    await expectAlive(); // closes the gap
  });
});

describe('requests', () => {
  test('that are no JSON-RPC get the codes of JSON-RPC', async () => {
    const cases: readonly (readonly [body: string, code: number])[] = [
      ['', -32700],
      ['{', -32700],
      ['nonsense', -32700],
      ['{}', -32600],
      ['[]', -32600],
      ['7', -32600],
      ['null', -32600],
      ['{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600],
      ['{"jsonrpc":"2.0","id":1,"method":7}', -32600],
      ['{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', -32601],
      ['{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
      ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
      ['{"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{}]}', -32601],
      ['{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":{"address":"0x0"}}', -32602],
      [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, -32600],
    ];
    for (const [body, code] of cases) {
      const { text } = await rpc.post(body);
      const answer = [JSON.parse(text)].flat()[0];
      expect({ body: body.slice(0, 80), code: answer?.error?.code }).toEqual({ body: body.slice(0, 80), code });
    }
    await expectAlive();
  });

  test('in a batch over the limit are refused as one', async () => {
    const batch = Array.from({ length: 20_000 }, (_, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'eth_chainId',
      params: [],
    }));
    const { text } = await rpc.post(JSON.stringify(batch));
    const answers = [JSON.parse(text)].flat();
    expect(answers.length).toBe(1);
    expect(answers[0].error).toMatchObject({ code: -32600, message: 'batch too large' });
    const mixed = [batch[0], 7, { jsonrpc: '2.0', id: 'x', method: 'eth_nothing' }, batch[1]];
    const mixedAnswers = JSON.parse((await rpc.post(JSON.stringify(mixed))).text) as { error?: { code: number } }[];
    expect(mixedAnswers.map(({ error }) => error?.code)).toEqual([undefined, -32600, -32601, undefined]);
  });

  test('with wrong parameters are refused by every method', async () => {
    const wrong: unknown[] = [];
    for (const { method, params } of [...badCalls(), ...BAD_OBJECTS]) {
      const { error, result } = await rpc.ask(method, params);
      const isRefused = error?.code === -32602 && error.message.length > 5;
      if (!isRefused)
        wrong.push({
          method,
          params: JSON.stringify(params).slice(0, 150),
          result: result ?? null,
          error: error ?? null,
        });
    }
    expect(wrong).toEqual([]);
    for (const { method, params } of CONTRADICTIONS) {
      expect((await rpc.ask(method, params)).error).toMatchObject({ code: -32000 });
    }
    await expectAlive();
  }, 120_000);
});

describe('hostile contracts', () => {
  const calldata = (
    functionName: 'recurse' | 'spinForEver' | 'fill' | 'hash' | 'floodLogs',
    args: readonly bigint[],
  ): Hex => encodeFunctionData({ abi: stressAbi, functionName, args } as Parameters<typeof encodeFunctionData>[0]);

  test('that call themselves end at a bounded depth', async () => {
    const receipt = await send({ to: stress, data: calldata('recurse', [0n]), gas: MOST_GAS });
    expect(receipt.status).toBe('0x1');
    const depth = BigInt(
      await rpc
        .result<Hex>('eth_call', [{ to: stress, data: toFunctionSelector('depthReached()') }, 'latest'])
        .catch(() => '0x0'),
    );
    expect(depth).toBeLessThanOrEqual(1024n);
    const deep = await rpc.ask('eth_call', [
      { to: stress, data: calldata('recurse', [0n]), gas: toHex(10n ** 12n) },
      'latest',
    ]);
    expect(BigInt(String(deep.result ?? '0x0'))).toBeGreaterThan(100n);
    expect(BigInt(String(deep.result ?? '0x0'))).toBeLessThanOrEqual(1024n);
    await expectAlive();
  });

  test('that flood the logs are paid for and found', async () => {
    const receipt = await send({ to: stress, data: calldata('floodLogs', [5_000n, 32n]), gas: MOST_GAS });
    expect([receipt.status, receipt.logs.length]).toEqual(['0x1', 5_000]);
    const range = { address: stress, fromBlock: receipt.blockNumber, toBlock: receipt.blockNumber };
    expect((await rpc.result<readonly unknown[]>('eth_getLogs', [range])).length).toBe(5_000);
    for (let times = 0; times < 3; times += 1) {
      await send({ to: stress, data: calldata('floodLogs', [5_000n, 32n]), gas: MOST_GAS });
    }
    const many = await rpc.ask('eth_getLogs', [{ fromBlock: '0x0', toBlock: 'latest' }]);
    // All of them, or the refusal of a range with too many; never a broken answer.
    if (many.error !== undefined) expect(many.error.code).toBe(-32005);
    else expect((many.result as readonly unknown[]).length).toBeGreaterThanOrEqual(20_000);
    await expectAlive();
  });

  test('cannot stop the node by calls without end, memory without end or returns without end', async () => {
    const most = toHex(2n ** 62n);
    const bombs = [
      { to: stress, data: calldata('spinForEver', []), gas: most },
      { to: stress, data: calldata('hash', [2n ** 40n]), gas: most },
      { to: stress, data: calldata('fill', [2n ** 63n]), gas: most },
      { to: stress, data: calldata('fill', [2n ** 24n]), gas: most },
      { to: stress, data: calldata('hash', [2n ** 23n]), gas: most },
    ];
    const methods = ['eth_call', 'eth_estimateGas', 'eth_createAccessList', 'debug_traceCall'];
    const asked = methods.flatMap((method) => bombs.map((bomb) => rpc.ask(method, [bomb, 'latest'])));
    await expectAlive(); // blocks are made meanwhile
    for (const { error, result } of await Promise.all(asked)) {
      if (error === undefined) expect(result).toBeDefined();
      else expect([-32000, -32005, -32003, 3]).toContain(error.code);
    }
    const endless = await rpc.ask('eth_call', [bombs[0], 'latest']);
    expect(endless.error).toMatchObject({
      code: -32000,
      message: expect.stringMatching(/out of gas|timeout|execution aborted/),
    });
    await expectAlive();
  }, 120_000);

  test('that use a whole block leave room for others in the next', async () => {
    const { gasLimit } = await rpc.result<{ gasLimit: Hex }>('eth_getBlockByNumber', ['latest', false]);
    const count = Number(BigInt(gasLimit) / MOST_GAS) + 1;
    const hashes: Hex[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      hashes.push(await sendRaw({ to: stress, data: calldata('spinForEver', []), gas: MOST_GAS }));
    }
    const last = await receiptOf(hashes.at(-1) ?? '0x');
    expect([last.status, BigInt(last.gasUsed)]).toEqual(['0x0', MOST_GAS]);
    await expectAlive();
  }, 120_000);
});
