import { beforeAll, describe, expect, it } from 'vitest';
import { batchNumber } from '../../protocol/ids.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { actor, claim, register, signed, TEST_TIME, transfer } from '../../protocol/testing/actors.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import type { AccountIndex, Field, L1Op } from '../../protocol/types.ts';
import { ChainError } from '../errors.ts';
import { decodeItem, encodeItem, isUnsigned, MAX_ITEM_BYTES, unsignedTx } from './codec.ts';
import { messageOfText, messageText } from './messageText.ts';
import type { ChainItem, WireBlock } from './types.ts';

const ALICE = actor(1);
const DEPOSIT: L1Op = {
  ...{ opcode: 1, isVoid: false, index: 1 as AccountIndex, token: 0, amount: 5n },
  ...{ x: ALICE.key[0], y: ALICE.key[1], address: ALICE.address },
};
const EXIT: L1Op = {
  ...{ opcode: 3, isVoid: true, index: 9 as AccountIndex, token: 0, amount: 0n },
  ...{ x: 0n as Field, y: 0n as Field, address: 7n },
};
const MESSAGES: L1Message[] = [
  {
    ...{ kind: 'deposit', index: 4n, l1Timestamp: TEST_TIME, token: 0, amount: 10n ** 18n, gasLimit: 100_000n },
    ...{ sender: `0x${'a1'.repeat(20)}`, to: `0x${'b2'.repeat(20)}`, data: '0x0102', refundTo: `0x${'c3'.repeat(20)}` },
  },
  {
    kind: 'token',
    index: 5n,
    l1Timestamp: TEST_TIME,
    token: 3,
    name: 'T\u0000ök"en\ud800',
    symbol: '€\n',
    decimals: 6,
  },
];
const SIGNATURE = Uint8Array.from({ length: 65 }, (_, i) => i);

let block: WireBlock;
beforeAll(() => {
  const voucher = claim(3, 2, { voucherKey: actor(3), total: 20n });
  block = {
    ...{ number: 300n, parentHash: 1n << 255n, hash: 7n, timestamp: TEST_TIME, batch: batchNumber(12) },
    ...{ batchTimestamp: TEST_TIME - 4, l1: { firstQueueIndex: 129n, ops: [DEPOSIT, EXIT] } },
    txs: [
      signed(ALICE, { signer: 1, nonce: 7, ops: [transfer(1, 2, 3n, { fee: 1n }), register(1, 5, actor(5), 2n)] }),
      signed(actor(2), { signer: 2, nonce: 0, ops: [voucher] }),
      unsignedTx({ signer: 2 as AccountIndex, nonce: 1, ops: [voucher.op] }),
    ],
    feeAccounts: [1, 200] as AccountIndex[],
    l1Messages: MESSAGES,
    evmTxs: [new Uint8Array(12), Uint8Array.from({ length: 300 }, (_, i) => i % 256)],
    beneficiary: `0x${'fe'.repeat(20)}`,
    ledgerRoot: 99n as Field,
  };
});

function items(): ChainItem[] {
  const empty: WireBlock = {
    ...{ ...block, number: 0n, timestamp: 0, l1: { firstQueueIndex: 0n, ops: [] }, txs: [], feeAccounts: [] },
    ...{ l1Messages: [], evmTxs: [], parentHash: 0n },
  };
  const close = { number: 3, lastBlock: 70_000n, shape: 'large', c: 5n as Field, evmCommitment: 1n << 255n } as const;
  return [
    { kind: 'block', block, signature: SIGNATURE },
    { kind: 'block', block: empty, signature: new Uint8Array() },
    { kind: 'close', close, signature: SIGNATURE },
    { kind: 'close', close: { ...close, shape: 'small', lastBlock: 0n }, signature: new Uint8Array() },
  ];
}

/** What decoding says, or the code it refuses with; anything but BAD_WIRE fails. */
function decoded(bytes: Uint8Array, note: string): ChainItem | undefined {
  try {
    return decodeItem(bytes);
  } catch (error) {
    expect(error, note).toBeInstanceOf(ChainError);
    expect((error as ChainError).code, note).toBe('BAD_WIRE');
    return undefined;
  }
}

describe('items of the chain', () => {
  it('are read as they were written', () => {
    for (const item of items()) expect(decodeItem(encodeItem(item))).toEqual(item);
  });

  it('may come in any kind of byte array', () => {
    const [item] = items();
    if (item === undefined) throw new RangeError('four items');
    const bytes = Buffer.concat([Buffer.from('x'), encodeItem(item)]).subarray(1);
    expect(decodeItem(bytes)).toEqual(item);
  });

  it('a transaction known from L1 alone is told from a signed one, and keeps its vouchers’ number', () => {
    expect(block.txs.map(isUnsigned)).toEqual([false, false, true]);
    expect(block.txs[2]).toMatchObject({ validUntil: 2 ** 40 - 1, vouchers: [{ s: 0n }] });
  });

  it('no longer than an item may be → BAD_WIRE', () => {
    expect(() => decodeItem(new Uint8Array(MAX_ITEM_BYTES + 1))).toThrow(
      expect.objectContaining({ code: 'BAD_WIRE', data: { reason: 'too long' } }),
    );
  });

  it.each([
    ['a field element that is not canonical', (b: WireBlock) => ({ ...b, ledgerRoot: ((1n << 256n) - 1n) as Field })],
    ['a fee account that is none', (b: WireBlock) => ({ ...b, feeAccounts: [0 as AccountIndex] })],
    ['five fee accounts', (b: WireBlock) => ({ ...b, feeAccounts: [1, 2, 3, 4, 5] as AccountIndex[] })],
    ['batch 0', (b: WireBlock) => ({ ...b, batch: 0 as never })],
    ['a timestamp of 41 bits', (b: WireBlock) => ({ ...b, timestamp: 2 ** 40 })],
    ['a number of 65 bits', (b: WireBlock) => ({ ...b, number: 1n << 64n })],
    ['an EVM transaction that cannot be posted', (b: WireBlock) => ({ ...b, evmTxs: [new Uint8Array(11)] })],
    [
      '17 messages',
      (b: WireBlock) => ({ ...b, l1Messages: Array.from({ length: 17 }, () => MESSAGES[1] as L1Message) }),
    ],
    ['a beneficiary of 19 bytes', (b: WireBlock) => ({ ...b, beneficiary: `0x${'fe'.repeat(19)}` as const })],
    ['an unknown L1 operation', (b: WireBlock) => ({ ...b, l1: { ...b.l1, ops: [{ ...EXIT, opcode: 4 as never }] } })],
    ['a token of 17 bits', (b: WireBlock) => ({ ...b, l1: { ...b.l1, ops: [{ ...EXIT, token: 65_536 }] } })],
  ])('refuses %s → BAD_WIRE', (note, change) => {
    const bytes = encodeItem({ kind: 'block', block: change(block), signature: SIGNATURE });
    expect(decoded(bytes, note)).toBeUndefined();
  });

  it('refuses a signature of another length → BAD_WIRE', () => {
    const bytes = encodeItem({ kind: 'block', block, signature: SIGNATURE.subarray(1) });
    expect(decoded(bytes, 'short signature')).toBeUndefined();
  });
});

describe('bytes of anybody', () => {
  it('cut off anywhere, or with something behind them → BAD_WIRE', () => {
    for (const item of items()) {
      const bytes = encodeItem(item);
      for (let length = 0; length < bytes.length; length += 1) {
        expect(decoded(bytes.subarray(0, length), `${length}`)).toBeUndefined();
      }
      expect(decoded(Buffer.concat([bytes, Uint8Array.of(0)]), 'trailing')).toBeUndefined();
    }
  });

  it('changed in any way: BAD_WIRE, or the one encoding of another item', () => {
    const seed = 20261123;
    const random = new SeededRandom(seed);
    let read = 0;
    for (let round = 0; round < 4000; round += 1) {
      const bytes = Uint8Array.from(encodeItem(random.pick(items())));
      const note = `seed ${seed}, round ${round}`;
      for (let edits = random.int(3); edits >= 0; edits -= 1) {
        const at = random.int(bytes.length);
        bytes[at] = random.oneIn(2) ? random.int(256) : (bytes[at] ?? 0) ^ (1 << random.int(8));
      }
      const item = decoded(bytes, note);
      if (item === undefined) continue;
      read += 1;
      expect(Buffer.from(encodeItem(item)).equals(bytes), note).toBe(true);
    }
    expect(read).toBeGreaterThan(100);
  });

  it('that claim huge lengths cost nothing', () => {
    for (const head of [
      [0xff, 255, 255, 255, 255, 255, 255, 255, 255],
      [0xfb, 255, 255, 255, 255],
      [0xf8, 255],
    ]) {
      expect(decoded(Uint8Array.from(head), 'huge')).toBeUndefined();
      expect(decoded(Uint8Array.from([0xc0 + head.length, ...head]), 'huge inside')).toBeUndefined();
    }
  });

  it('of random noise → BAD_WIRE', () => {
    const random = new SeededRandom(7);
    for (let round = 0; round < 500; round += 1) {
      const noise = Uint8Array.from({ length: random.int(200) }, () => random.int(256));
      expect(decoded(noise, `round ${round}`)).toBeUndefined();
    }
  });
});

describe('the text of a message', () => {
  it('is one for each message', () => {
    for (const message of MESSAGES) {
      const text = messageText(message);
      expect(messageOfText(text)).toEqual(message);
      expect(messageOfText(` ${text}`)).toBeUndefined();
      expect(messageOfText(text.replace('"index":"', '"index":"0'))).toBeUndefined();
    }
    const [deposit] = MESSAGES;
    if (deposit?.kind !== 'deposit') throw new RangeError('the first is a deposit');
    const upper = messageText(deposit).replace('0xa1', '0xA1');
    expect(messageOfText(upper)).toBeUndefined();
    for (const change of [
      { gasLimit: 1_000_001n },
      { data: `0x${'00'.repeat(4097)}` as const },
      { to: '0x01' as const },
      { token: 65_536 },
      { amount: 1n << 256n },
      { index: 1n << 64n },
    ]) {
      expect(messageOfText(messageText({ ...deposit, ...change }))).toBeUndefined();
    }
  });
});
