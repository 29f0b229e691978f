import { encodeFunctionData, type Hex, parseGwei } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { OUTBOX_ABI } from '../../../genesis/predeploys/abi.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { OUTBOX } from '../../../protocol/lane/addresses.ts';
import type { L1Message } from '../../../protocol/lane/types.ts';
import { actor, exit, signed, TEST_TIME, transfer } from '../../../protocol/testing/actors.ts';
import type { AccountIndex, QueueItem } from '../../../protocol/types.ts';
import { ALICE, BOB, LANE, type TestBlock } from './testSequencer.ts';

/** A contract that keeps what its caller sends in slot 0 and logs it: init code that returns ten bytes of runtime code. */
const KEEPER: Hex = '0x600a600c600039600a6000f3600035806000555f5fa000';
const CHAIN_ID = 7171;

/** A user's transaction, signed. */
export function evmTx(
  from: PrivateKeyAccount,
  nonce: number,
  tx: { to?: Hex; value?: bigint; data?: Hex; gas?: bigint; chainId?: number; tip?: bigint } = {},
): Promise<Hex> {
  const { gas = 200_000n, chainId = CHAIN_ID, tip = 1n, ...rest } = tx;
  const fees = { maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: tip };
  return from.signTransaction({ type: 'eip1559', chainId, nonce, gas, ...fees, ...rest });
}

/** A deposit of ETH that was queued on L1 at `l1Timestamp`. */
export function deposit(index: number, { l1Timestamp = TEST_TIME - 3600, amount = 10n ** 18n } = {}): L1Message {
  const [sender, to, refundTo] = [ALICE.address, BOB.address, ALICE.address].map(
    (address) => address.toLowerCase() as Hex,
  );
  if (sender === undefined || to === undefined || refundTo === undefined) throw new RangeError('three people');
  const money = { token: 0, amount, gasLimit: 100_000n, data: '0x' } as const;
  return { kind: 'deposit', index: BigInt(index), l1Timestamp, sender, to, ...money, refundTo };
}

/** What L1's token says of itself, and a deposit of it. */
export function tokenMessages(index: number): L1Message[] {
  const l1Timestamp = TEST_TIME - 3600;
  const { sender, to, refundTo } = deposit(0) as Extract<L1Message, { kind: 'deposit' }>; // it is one
  return [
    { kind: 'token', index: BigInt(index), l1Timestamp, token: 3, name: 'Tok\u0000en', symbol: 'TOK', decimals: 6 },
    {
      ...{ kind: 'deposit', index: BigInt(index + 1), l1Timestamp, sender, to, token: 3 },
      ...{ amount: 500n, gasLimit: 0n, data: '0x', refundTo },
    },
  ];
}

function opened(n: number, index: number, amount: bigint): readonly [QueueItem, AccountIndex] {
  const { key, address } = actor(n);
  return [{ opcode: 1, token: 0, amount, key, address }, accountIndex(index)];
}

/** Deposits to both lanes, transfers and a contract; alice is at nonce 1 and bob at nonce 2 of the EVM lane afterwards. */
export async function firstBlocks(): Promise<TestBlock[]> {
  const alice = actor(1);
  return [
    {
      l1: [opened(1, 1, 1_000_000n), opened(2, 2, 5_000n)],
      messages: [deposit(0), ...tokenMessages(1)],
      evm: [await evmTx(ALICE, 0, { to: BOB.address, value: 7n })],
    },
    {
      delta: 1,
      l1: [opened(5, 9, 0n)],
      names: [accountIndex(9)],
      txs: [
        signed(alice, {
          signer: 1,
          nonce: 0,
          ops: [transfer(1, 2, 10n, { fee: 5n }), exit(1, BigInt(LANE), 300n, 1n)],
        }),
      ],
      evm: [await evmTx(BOB, 0, { data: KEEPER })],
    },
    { delta: 0, txs: [signed(actor(2), { signer: 2, nonce: 0, ops: [transfer(2, 1, 1n)] })] },
    { delta: 2, evm: [await evmTx(BOB, 1, { to: LANE, value: 1n })] },
  ];
}

/** A withdrawal, an EXIT to the lane and to L1, more messages. */
export async function secondBlocks(): Promise<TestBlock[]> {
  const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [BOB.address, 0] });
  return [
    { messages: [deposit(3)], evm: [await evmTx(BOB, 2, { to: OUTBOX, value: 1000n, data })] },
    {
      delta: 1,
      names: [accountIndex(9)],
      txs: [signed(actor(1), { signer: 1, nonce: 1, ops: [exit(1, 0xbeefn, 20n, 3n), exit(1, BigInt(LANE), 40n)] })],
      evm: [
        await evmTx(ALICE, 1, { to: BOB.address, value: 8n }),
        await evmTx(BOB, 3, { to: ALICE.address, value: 9n }),
        await evmTx(ALICE, 2, { to: BOB.address, value: 10n }),
      ],
    },
    { delta: 30, messages: [deposit(4)] },
  ];
}

/** Whatever the EVM lane looks like: ledger, messages from `inboxCount` on, nothing whose nonce could differ. */
export function thirdBlocks(inboxCount: bigint, waiting: readonly L1Message[]): TestBlock[] {
  const messages = waiting.filter(({ index }) => index >= inboxCount);
  return [
    { messages: messages.slice(0, 16) },
    { txs: [signed(actor(1), { signer: 1, nonce: 2, ops: [exit(1, BigInt(LANE), 50n)] })] },
  ];
}
