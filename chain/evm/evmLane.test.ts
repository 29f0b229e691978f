import { runTx } from '@ethereumjs/vm';
import { describe, expect, it } from 'vitest';
import { BEACON_ROOTS, BLOCK_HASHES } from '../../genesis/systemContracts.ts';
import { INBOX, SYSTEM_SENDER } from '../../protocol/lane/addresses.ts';
import type { DepositMessage, Hex, LaneMessage } from '../../protocol/lane/types.ts';
import type { Db } from '../db.ts';
import { bytesHex, hexBytes, keccak, keccakHex } from './crypto.ts';
import { EvmLane } from './evmLane.ts';
import { decodeLaneHeader } from './laneHeader.ts';
import {
  account,
  authorization,
  BENEFICIARY,
  code,
  inputOn,
  type LaneFixture,
  laneFixture,
  listSource,
  mine,
  sign,
  WALLETS,
  type Wallet,
} from './testing/laneFixture.ts';
import { CONTRACT, call, FEES, GWEI, STRANGER, transfer, withContract } from './testing/laneTxs.ts';
import type { EvmBlockRecord, EvmTx, ExecutedBlock } from './types.ts';

const [alice, bob] = WALLETS as [Wallet, Wallet];

function deposit(parts: Partial<DepositMessage> = {}): DepositMessage {
  return {
    kind: 'deposit',
    index: 0n,
    l1Timestamp: 1,
    sender: bob.address,
    to: STRANGER,
    token: 0,
    amount: 77n,
    gasLimit: 100_000n,
    data: '0x',
    refundTo: bob.address,
    ...parts,
  };
}

/** What the store keeps of a block. */
function recordOf(block: ExecutedBlock, messages: readonly LaneMessage[] = []): EvmBlockRecord {
  const { header, hash, txs, systemTxs, receipts, outbox } = block;
  return {
    header,
    hash,
    mirror: { leaves: [], claims: [] },
    messages,
    txs: txs.map(({ raw }) => raw),
    systemTxs,
    receipts,
    inboxCount: 0n,
    outbox,
  };
}

async function balance({ lane }: LaneFixture, address: Hex): Promise<bigint> {
  return (await lane.stateAt(lane.head.stateRoot).account(address))?.balance ?? 0n;
}

describe('a block', () => {
  it('has the fields that docs/protocol.md gives it', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    const { header } = await mine(fixture, [transfer(lane, alice, 0n)]);
    expect(header.number).toBe(1n);
    expect(header.parentHash).toEqual(lane.genesis.hash());
    expect(bytesHex(header.mixHash)).toBe(
      keccakHex(Buffer.concat([new TextEncoder().encode('engram/randao'), lane.genesis.hash()])),
    );
    expect(bytesHex(header.extraData)).toBe(`0x${'1'.padStart(64, '0')}`);
    expect(header.gasLimit).toBe(lane.genesis.gasLimit);
    expect(header.baseFeePerGas).toBe(lane.genesis.calcNextBaseFee());
    expect(header.difficulty).toBe(0n);
    expect(lane.head).toBe(header);
  });

  it('credits tips and base fees of users to the beneficiary, and burns nothing', async () => {
    const fixture = await laneFixture();
    const before = await balance(fixture, alice.address);
    const { header } = await mine(fixture, [transfer(fixture.lane, alice, 0n)]);
    const paid = 21_000n * ((header.baseFeePerGas ?? 0n) + GWEI);
    expect(await balance(fixture, alice.address)).toBe(before - 5n - paid);
    expect(await balance(fixture, BENEFICIARY)).toBe(paid);
  });

  it('delivers messages first, by transactions of the system sender that cost nobody anything', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    const messages = [deposit(), deposit({ index: 1n, amount: 3n })];
    const block = await mine(fixture, [transfer(lane, alice, 0n)], { messages });
    expect(block.systemTxs).toBe(2);
    expect(block.receipts.map(({ from, to, status }) => [from, to, status])).toEqual([
      [SYSTEM_SENDER, INBOX, 1],
      [SYSTEM_SENDER, INBOX, 1],
      [alice.address, STRANGER, 1],
    ]);
    expect(await balance(fixture, STRANGER)).toBe(85n);
    const system = await lane.stateAt(lane.head.stateRoot).account(SYSTEM_SENDER);
    expect(system).toMatchObject({ nonce: 2n, balance: 0n });
    // The base fee of the system's gas is not paid to anybody: it would be minted.
    const userGas = 21_000n * ((block.header.baseFeePerGas ?? 0n) + GWEI);
    expect(await balance(fixture, BENEFICIARY)).toBe(userGas);
  });

  it('credits the refund address if a delivery runs out of gas all the same', async () => {
    const fixture = await laneFixture({
      // In the place of Inbox: an endless loop.
      accounts: [account(INBOX, { nonce: 1n, code: code('5b5f56') })],
    });
    const block = await mine(fixture, [], { messages: [deposit({ refundTo: STRANGER })] });
    expect(block.receipts[0]).toMatchObject({ status: 0, gasUsed: 600_000n });
    expect(await balance(fixture, STRANGER)).toBe(77n);
    expect(await balance(fixture, SYSTEM_SENDER)).toBe(0n);
  });

  it('takes all messages it is given, even beyond the gas that users may have', async () => {
    // In the place of Inbox: an endless loop, so that each message uses all its gas.
    const fixture = await laneFixture({
      gasLimit: 700_000n,
      accounts: [account(INBOX, { nonce: 1n, code: code('5b5f56') })],
    });
    const { lane } = fixture;
    const messages = [deposit(), deposit({ index: 1n })];
    const source = listSource([transfer(lane, alice, 0n)]);
    const block = await lane.build(inputOn(lane.head, { messages }), source);
    expect(block.header.gasUsed).toBe(1_200_000n);
    expect(source.rejected.map(([, why]) => why)).toEqual(['GAS_LIMIT_EXCEEDED']);
    expect(decodeLaneHeader(block.header.serialize(), lane.common).hash()).toEqual(block.header.hash());
    await mine(fixture, [], { messages });
    const next = await mine(fixture, [transfer(lane, alice, 0n)]);
    expect(next.header.baseFeePerGas).toBeGreaterThan(block.header.baseFeePerGas ?? 0n);
  });

  it('may have the timestamp of its parent, but no earlier one', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    await mine(fixture, [], { timestamp: 100 });
    await mine(fixture, [], { timestamp: 100 });
    await expect(lane.execute(inputOn(lane.head, { timestamp: 99 }), [])).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('lets contracts see hashes of blocks before: by BLOCKHASH, EIP-2935 and EIP-4788', async () => {
    // SSTORE(0, BLOCKHASH(NUMBER - 1)); SSTORE(1, BLOCKHASH(NUMBER)); SSTORE(2, BLOCKHASH(0)); then the two contracts, asked for
    // NUMBER - 1 and TIMESTAMP: SSTORE(3, …), SSTORE(4, …)
    const ask = (address: string): string => `60205f60205f73${address}5afa50`;
    const fixture = await withContract(
      '60014303405f55' +
        '4340600155' +
        '5f40600255' +
        `600143035f52${ask(BLOCK_HASHES.address.slice(2))}5f51600355` +
        `425f52${ask(BEACON_ROOTS.address.slice(2))}5f51600455`,
    );
    const { lane } = fixture;
    await mine(fixture, []);
    const before = lane.head;
    const ledgerHash = keccakHex(Uint8Array.of(5));
    await mine(fixture, [call(lane, alice, 0n, CONTRACT)], { ledgerHash });
    const state = lane.stateAt(lane.head.stateRoot);
    const slot = (i: number): Hex => `0x${i.toString(16).padStart(64, '0')}`;
    expect(await state.storage(CONTRACT, slot(0))).toBe(bytesHex(before.hash()));
    expect(await state.storage(CONTRACT, slot(1))).toBe(slot(0));
    expect(await state.storage(CONTRACT, slot(2))).toBe(bytesHex(lane.genesis.hash()));
    expect(await state.storage(CONTRACT, slot(3))).toBe(bytesHex(before.hash()));
    expect(await state.storage(CONTRACT, slot(4))).toBe(ledgerHash);
  });

  it('knows where it stands: not on another block than the head, and one at a time', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    const first = lane.execute(inputOn(lane.head), []);
    await expect(lane.execute(inputOn(lane.head), [])).rejects.toMatchObject({ code: 'BUSY' });
    await first;
    await mine(fixture, []);
    await expect(lane.execute(inputOn(lane.genesis), [])).rejects.toMatchObject({ code: 'NOT_ON_HEAD' });
  });
});

describe('transactions that are not valid', () => {
  const cases: [string, string, (lane: EvmLane) => EvmTx][] = [
    ['a nonce that was used', 'NONCE_TOO_LOW', (lane) => transfer(lane, alice, 0n)],
    ['a nonce that is not yet due', 'NONCE_TOO_HIGH', (lane) => transfer(lane, alice, 7n)],
    ['more value than the sender has', 'INSUFFICIENT_FUNDS', (lane) => transfer(lane, alice, 1n, STRANGER, 10n ** 22n)],
    [
      'too little gas for its data',
      'INTRINSIC_GAS',
      (lane) => call(lane, alice, 1n, STRANGER, `0x${'00'.repeat(100)}`, 21_000n),
    ],
    [
      'too little gas for the floor',
      'FLOOR_DATA_GAS',
      (lane) => call(lane, alice, 1n, STRANGER, `0x${'ff'.repeat(100)}`, 23_000n),
    ],
    [
      'more gas than a block has',
      'GAS_LIMIT_EXCEEDED',
      (lane) => call(lane, alice, 1n, STRANGER, '0x', lane.genesis.gasLimit + 1n),
    ],
    [
      'init code beyond the limit',
      'INITCODE_TOO_LARGE',
      (lane) => call(lane, alice, 1n, undefined, `0x${'00'.repeat(49_153)}`, 5_000_000n),
    ],
    [
      'a fee cap below the base fee',
      'FEE_CAP_BELOW_BASE_FEE',
      (lane) => sign(lane, alice, { type: 2, nonce: 1n, gasLimit: 21_000n, maxFeePerGas: 1n, to: STRANGER }),
    ],
    [
      'one that says it is from the system sender',
      'SYSTEM_SENDER',
      (lane) => ({ ...transfer(lane, alice, 1n), sender: SYSTEM_SENDER }),
    ],
  ];

  it.each(cases)('%s: %s, and nothing happened', async (_, expected, make) => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    await mine(fixture, [transfer(lane, alice, 0n)]);
    const bad = make(lane);
    const good = transfer(lane, alice, 1n);
    await expect(lane.execute(inputOn(lane.head), [good, bad])).rejects.toMatchObject({
      code: 'INVALID_TX',
      data: { position: 1, code: expected === 'NONCE_TOO_LOW' ? expected : expect.any(String) },
    });
    const source = listSource([bad, good]);
    const block = await lane.build(inputOn(lane.head), source);
    expect(source.rejected).toEqual([[bad.hash, expected]]);
    expect(source.accepted).toEqual([good.hash]);
    const clean = await lane.execute(inputOn(lane.head), [good]);
    expect(block.hash).toBe(clean.hash);
  });

  it('what does not fit into the block is left for the next', async () => {
    const fixture = await laneFixture({ gasLimit: 50_000n });
    const { lane } = fixture;
    const txs = [0n, 1n, 2n].map((nonce) => transfer(lane, alice, nonce));
    const source = listSource(txs);
    const { header } = await lane.build(inputOn(lane.head), source);
    expect(header.gasUsed).toBe(42_000n);
    expect(source.rejected).toEqual([[txs[2]?.hash, 'GAS_LIMIT_EXCEEDED']]);
  });

  it('a contract cannot send, an account that delegates can', async () => {
    const delegation = Buffer.concat([Buffer.from('ef0100', 'hex'), hexBytes(CONTRACT)]);
    const accounts = [account(alice.address, { balance: 10n ** 18n, code: code('00') })];
    const fixture = await laneFixture({
      accounts: [...accounts, account(bob.address, { balance: 10n ** 18n, code: new Uint8Array(delegation) })],
    });
    const { lane } = fixture;
    const source = listSource([transfer(lane, alice, 0n), transfer(lane, bob, 0n)]);
    await lane.build(inputOn(lane.head), source);
    expect(source.rejected.map(([, code]) => code)).toEqual(['SENDER_HAS_CODE']);
    expect(source.accepted).toHaveLength(1);
  });
});

describe('an exception that is no EVM error', () => {
  it('takes back all of its transaction, and the block goes on', async () => {
    const fixture = await withContract('60015f555f35');
    const { lane } = fixture;
    const poison = call(lane, alice, 0n, CONTRACT, `0x${'01'.repeat(32)}`);
    // As a defect deep inside would: when checkpoints are open, the fee is taken, the nonce counted, a slot written.
    class Defect extends Uint8Array<ArrayBuffer> {
      override subarray(): never {
        throw new RangeError('defect');
      }
    }
    const broken: EvmTx = {
      ...poison,
      tx: Object.create(poison.tx, { data: { value: new Defect(new ArrayBuffer(32)) } }),
    };
    const good = [call(lane, bob, 0n, CONTRACT), transfer(lane, bob, 1n)];
    const source = listSource([good[0] as EvmTx, broken, good[1] as EvmTx]);
    const block = await lane.build(inputOn(lane.head), source);
    expect(source.rejected).toEqual([[poison.hash, 'EXECUTION_FAILED']]);
    expect(block.hash).toBe((await lane.execute(inputOn(lane.head), good)).hash);
    await expect(lane.execute(inputOn(lane.head), [broken])).rejects.toMatchObject({
      code: 'MACHINE_FAULT',
      data: { position: 0 },
    });
    await mine(fixture, good);
  });

  it('of the store stops the block with STATE_UNAVAILABLE, not the transaction', async () => {
    const fixture = await laneFixture({ cache: { nodes: 1, accounts: 1, slots: 1 } });
    await mine(fixture, [transfer(fixture.lane, alice, 0n)]);
    const failing: Db = { ...fixture.db, getBytes: () => Promise.reject(new RangeError('disk')) };
    const head = fixture.lane.head;
    const lane = await EvmLane.open(fixture.options, { db: fixture.db, head });
    await expect(EvmLane.open(fixture.options, { db: failing, head })).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
    });
    let isBroken = false;
    const breaking: Db = {
      ...fixture.db,
      getBytes: (key) => (isBroken ? Promise.reject(new RangeError('disk')) : fixture.db.getBytes(key)),
    };
    const broken = await EvmLane.open(fixture.options, { db: breaking, head });
    isBroken = true;
    const source = listSource([transfer(lane, bob, 0n)]);
    await expect(broken.build(inputOn(head), source)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(source.rejected).toEqual([]);
  });
});

describe('what a block leaves', () => {
  it('is forgotten without commit: the next block is on the old head', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    const lost = await lane.execute(inputOn(lane.head), [transfer(lane, alice, 0n)]);
    expect(lane.head.number).toBe(0n);
    const block = await mine(fixture, [transfer(lane, alice, 0n)]);
    expect(block.hash).toBe(lost.hash);
    expect(() => lost.commit()).toThrow('NOT_ON_HEAD');
  });

  it('is there after a restart; without the writes the old head is', async () => {
    const fixture = await laneFixture();
    const { lane, db, options } = fixture;
    const first = await mine(fixture, [transfer(lane, alice, 0n)]);
    const lost = await lane.execute(inputOn(lane.head), [transfer(lane, alice, 1n)]);
    await expect(EvmLane.open(options, { db, head: lost.header })).rejects.toMatchObject({ code: 'STATE_MISSING' });
    const again = await EvmLane.open(options, { db, head: first.header });
    const block = await again.execute(inputOn(again.head), [transfer(again, alice, 1n)]);
    expect(block.hash).toBe(lost.hash);
  });

  it('a view of an old state stays when the head moves on', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    const old = lane.stateAt(lane.head.stateRoot);
    const before = await old.account(alice.address);
    const vm = await lane.vmAt(lane.head.stateRoot);
    await mine(fixture, [transfer(lane, alice, 0n)]);
    await mine(fixture, [transfer(lane, alice, 1n)]);
    expect(await old.account(alice.address)).toEqual(before);
    expect(await old.account(STRANGER)).toBeUndefined();
    const { tx } = transfer(lane, alice, 0n);
    const result = await runTx(vm, { tx, skipBlockGasLimitValidation: true, skipBalance: true });
    expect(result.execResult.exceptionError).toBeUndefined();
    expect((await lane.stateAt(lane.head.stateRoot).account(alice.address))?.nonce).toBe(2n);
  });

  it('a state that is not there is STATE_MISSING', async () => {
    const { lane } = await laneFixture();
    const unknown = keccak(Uint8Array.of(1));
    await expect(lane.vmAt(unknown)).rejects.toMatchObject({ code: 'STATE_MISSING' });
    await expect(lane.stateAt(unknown).account(STRANGER)).rejects.toMatchObject({ code: 'STATE_MISSING' });
  });

  it('transactions run again as they ran, system ones too', async () => {
    const fixture = await withContract('5f546001015f55'); // SSTORE(0, SLOAD(0) + 1)
    const { lane } = fixture;
    const parent = lane.head;
    const messages = [deposit(), deposit({ index: 1n })];
    const txs = [call(lane, alice, 0n, CONTRACT), transfer(lane, bob, 0n), call(lane, alice, 1n, CONTRACT)];
    const block = await mine(fixture, txs, { messages });
    const record = recordOf(block, messages);
    for (let position = 0; position < block.txs.length; position++) {
      const { vm, block: around, tx, gasUsed } = await lane.replay(parent, record, position);
      if (tx === undefined) throw new RangeError('no transaction');
      const result = await runTx(vm, { tx, block: around, blockGasUsed: gasUsed, skipHardForkValidation: true });
      expect(result.totalGasSpent).toBe(block.receipts[position]?.gasUsed);
      expect(result.receipt.cumulativeBlockGasUsed).toBe(block.receipts[position]?.cumulativeGasUsed);
    }
    const end = await lane.replay(parent, record, block.txs.length);
    expect(end.tx).toBeUndefined();
    expect(end.gasUsed).toBe(block.header.gasUsed);
  });
});

describe('contracts', () => {
  it('EIP-7702: a delegation is set, used and taken back', async () => {
    const fixture = await withContract('60015f55');
    const { lane } = fixture;
    const authorize = (address: Hex, nonce: bigint, txNonce: bigint) =>
      sign(lane, alice, {
        type: 4,
        nonce: txNonce,
        gasLimit: 200_000n,
        ...FEES,
        to: bob.address,
        authorizationList: [authorization(lane, bob, address, nonce)],
      });
    const set = await mine(fixture, [authorize(CONTRACT, 0n, 0n)]);
    expect(set.receipts[0]?.status).toBe(1);
    const state = lane.stateAt(lane.head.stateRoot);
    expect(bytesHex(await state.code(bob.address))).toBe(`0xef0100${CONTRACT.slice(2)}`);
    // Transfers to it run its code now.
    await mine(fixture, [call(lane, alice, 1n, bob.address)]);
    const one = `0x${'1'.padStart(64, '0')}`;
    expect(await lane.stateAt(lane.head.stateRoot).storage(bob.address, `0x${'00'.repeat(32)}`)).toBe(one);
    await mine(fixture, [authorize(`0x${'00'.repeat(20)}`, 1n, 2n)]);
    expect(await lane.stateAt(lane.head.stateRoot).code(bob.address)).toHaveLength(0);
  });

  it('EIP-6780: what is created and destroyed in one transaction is gone, and can be created again', async () => {
    // CREATE2 of init code that destroys itself: its address is free again afterwards.
    // PUSH6 init; MSTORE(0); CREATE2(0, 26, 6, 0); SSTORE(NUMBER, address)
    const fixture = await withContract('6560015f5533ff5f525f6006601a5ff54355');
    const { lane } = fixture;
    const blocks = [
      await mine(fixture, [call(lane, alice, 0n, CONTRACT)]),
      await mine(fixture, [call(lane, alice, 1n, CONTRACT)]),
    ];
    expect(blocks.map(({ receipts }) => receipts[0]?.status)).toEqual([1, 1]);
    const state = lane.stateAt(lane.head.stateRoot);
    const created = await state.storage(CONTRACT, `0x${'1'.padStart(64, '0')}`);
    expect(created).not.toBe(`0x${'00'.repeat(32)}`);
    expect(await state.storage(CONTRACT, `0x${'2'.padStart(64, '0')}`)).toBe(created);
    expect(await state.account(`0x${created.slice(26)}`)).toBeUndefined();
  });

  it('recursion ends at the depth or at the gas, a flood of logs at the gas', async () => {
    // CALL(GAS, ADDRESS): itself, for ever
    const recursive = await withContract('5f5f5f5f5f305af1');
    const deep = await mine(recursive, [call(recursive.lane, alice, 0n, CONTRACT, '0x', 30_000_000n)]);
    expect(deep.receipts[0]?.status).toBe(1);
    // JUMPDEST; LOG0(0, 1024); JUMP(0)
    const flood = await withContract('5b6104005fa05f56');
    const logs = await mine(flood, [call(flood.lane, alice, 0n, CONTRACT, '0x', 3_000_000n)]);
    expect(logs.receipts[0]).toMatchObject({ status: 0, gasUsed: 3_000_000n, logs: [] });
  });

  it('an empty account that is touched is not created; the precompiles stay', async () => {
    const fixture = await laneFixture();
    const { lane } = fixture;
    await mine(fixture, [transfer(lane, alice, 0n, STRANGER, 0n)]);
    const state = lane.stateAt(lane.head.stateRoot);
    expect(await state.account(STRANGER)).toBeUndefined();
    for (const number of [1, 2, 3, 4]) {
      const address: Hex = `0x456e6772616d${number.toString(16).padStart(28, '0')}`;
      expect(await state.account(address)).toMatchObject({ nonce: 1n });
    }
  });
});
