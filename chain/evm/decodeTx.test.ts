import { RLP } from '@ethereumjs/rlp';
import { createTx, getCalldataFloorGas, type TypedTxData } from '@ethereumjs/tx';
import { describe, expect, it } from 'vitest';
import { EngramCommon } from './common.ts';
import { bytesHex, hexBytes, keccak, keccakHex, senderOf } from './crypto.ts';
import { decodeEvmTx, decodeSystemTx } from './decodeTx.ts';
import { effectiveGasPrice, effectiveTip } from './fees.ts';
import { gasNeeded } from './intrinsicGas.ts';
import { systemTx } from './systemTx.ts';
import { wallet } from './testing/laneFixture.ts';
import { pick, randomBytes, randomOf } from './testing/random.ts';

const common = new EngramCommon(7171n);
const { key, address } = wallet(1);
const TO = '0x1111111111111111111111111111111111111111';
const AUTHORIZATION = { chainId: '0x1c03', address: TO, nonce: '0x1', yParity: '0x1', r: '0x5', s: '0x6' } as const;

function signed(data: TypedTxData, chain = common): Uint8Array {
  return createTx(data, { common: chain, allowUnlimitedInitCodeSize: true }).sign(key).serialize();
}

const GOOD: TypedTxData[] = [
  { type: 0, nonce: 3n, gasPrice: 9n, gasLimit: 50_000n, to: TO, value: 4n, data: '0x00ff' },
  {
    type: 1,
    nonce: 3n,
    gasPrice: 9n,
    gasLimit: 50_000n,
    to: TO,
    accessList: [{ address: TO, storageKeys: [`0x${'01'.repeat(32)}`] }],
  },
  { type: 2, nonce: 0n, maxFeePerGas: 9n, maxPriorityFeePerGas: 2n, gasLimit: 90_000n, data: '0x6001' },
  { type: 4, nonce: 3n, maxFeePerGas: 9n, gasLimit: 90_000n, to: TO, authorizationList: [AUTHORIZATION] },
];

/** Raw bytes with one field replaced. */
function withField(data: TypedTxData, at: number, value: Uint8Array | Uint8Array[]): Uint8Array {
  const raw = signed(data);
  const isLegacy = data.type === 0;
  const fields = RLP.decode(isLegacy ? raw : raw.subarray(1)) as Uint8Array[];
  fields[at] = value as Uint8Array;
  const body = RLP.encode(fields);
  return isLegacy ? body : Uint8Array.from([Number(data.type), ...body]);
}

const [legacy, listed, market, delegating] = GOOD as [TypedTxData, TypedTxData, TypedTxData, TypedTxData];
const INTEGER = (value: bigint): Uint8Array =>
  hexBytes(`0x${value.toString(16).padStart(64, '0')}`).slice(value === 0n ? 32 : 0);
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe('a transaction from its bytes', () => {
  it.each(GOOD)('type $type keeps its hash and sender', (data) => {
    const raw = signed(data);
    const tx = decodeEvmTx(raw, common);
    expect(bytesHex(tx.hash())).toBe(keccakHex(raw));
    expect(senderOf(tx)).toBe(address);
    expect(tx.type).toBe(data.type);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'MALFORMED'],
    ['one byte', Uint8Array.of(2), 'MALFORMED'],
    ['a string', Uint8Array.of(0x83, 1, 2, 3), 'MALFORMED'],
    ['a blob transaction', Uint8Array.of(3, 0xc0), 'TYPE_NOT_SUPPORTED'],
    ['a type of the future', Uint8Array.of(0x7f, 0xc0), 'TYPE_NOT_SUPPORTED'],
    ['bytes behind it', Uint8Array.from([...signed(market), 0]), 'MALFORMED'],
    ['cut short', signed(market).slice(0, -1), 'MALFORMED'],
    ['unsigned', createTx(market, { common }).serialize(), 'INVALID_SIGNATURE'],
    ['another chain', signed(market, new EngramCommon(1n)), 'WRONG_CHAIN_ID'],
    ['another chain, legacy', signed(legacy, new EngramCommon(1n)), 'WRONG_CHAIN_ID'],
    ['no chain', withField(legacy, 6, Uint8Array.of(27)), 'UNPROTECTED'],
    ['a nonce with a leading zero', withField(market, 1, Uint8Array.of(0, 1)), 'MALFORMED'],
    ['a value over 32 bytes', withField(market, 6, new Uint8Array(33).fill(1)), 'MALFORMED'],
    ['an address of 19 bytes', withField(market, 5, new Uint8Array(19).fill(1)), 'MALFORMED'],
    ['a list in the place of data', withField(market, 7, []), 'MALFORMED'],
    ['a string in the place of an access list', withField(market, 8, Uint8Array.of(1)), 'MALFORMED'],
    [
      'an access list with a short slot',
      withField(listed, 7, [[new Uint8Array(20), [new Uint8Array(31)]]] as never),
      'MALFORMED',
    ],
    ['a tip above the cap', withField(market, 2, Uint8Array.of(10)), 'TIP_ABOVE_FEE_CAP'],
    ['yParity 2', withField(market, 9, Uint8Array.of(2)), 'INVALID_SIGNATURE'],
    ['r 0', withField(market, 10, new Uint8Array(0)), 'INVALID_SIGNATURE'],
    ['r beyond the order', withField(market, 10, INTEGER(ORDER)), 'INVALID_SIGNATURE'],
    ['s 0', withField(market, 11, new Uint8Array(0)), 'INVALID_SIGNATURE'],
    ['the other s', withField(market, 11, INTEGER(ORDER - 5n)), 'INVALID_SIGNATURE'],
    ['no authorizations', withField(delegating, 9, []), 'EMPTY_AUTHORIZATION_LIST'],
    ['a delegation without a recipient', withField(delegating, 5, new Uint8Array(0)), 'MALFORMED'],
  ])('%s is refused', (_, raw, code) => {
    expect(() => decodeEvmTx(raw, common)).toThrow(expect.objectContaining({ code }));
  });

  it('random changes of valid bytes are refused, or are another valid transaction', () => {
    const random = randomOf(5);
    let valid = 0;
    for (let i = 0; i < 1500; i++) {
      const raw = signed(pick(random, GOOD));
      for (let n = random(3); n >= 0; n--) raw[random(raw.length)] = random(256);
      try {
        const tx = decodeEvmTx(raw, common);
        expect(bytesHex(tx.serialize())).toBe(bytesHex(raw));
        valid++;
      } catch (error) {
        expect(error).toMatchObject({ name: 'EvmTxError' });
      }
    }
    expect(valid).toBeGreaterThan(0);
  });

  it('a signature that recovers to nobody is INVALID_SIGNATURE', () => {
    // No point of the curve has this x.
    const tx = decodeEvmTx(withField(market, 10, Uint8Array.of(5)), common);
    expect(() => senderOf(tx)).toThrow(expect.objectContaining({ code: 'INVALID_SIGNATURE' }));
  });

  it('a system transaction is none of a user, but comes back from a block', () => {
    const message = { kind: 'fromLedger', account: 1 as never, to: address, token: 0, amount: 5n } as const;
    const system = systemTx(message, { nonce: 4n, baseFee: 7n, common });
    expect(() => decodeEvmTx(system.raw, common)).toThrow(expect.objectContaining({ code: 'INVALID_SIGNATURE' }));
    const tx = decodeSystemTx(system.raw, common);
    expect(tx.nonce).toBe(4n);
    expect(bytesHex(tx.hash())).toBe(system.hash);
  });
});

describe('gas and fees', () => {
  it('what a transaction needs at least is what EthereumJS computes', () => {
    const random = randomOf(9);
    for (let i = 0; i < 200; i++) {
      const data = randomBytes(random, random(400)).map((byte) => (byte < 90 ? 0 : byte));
      const slots = Array.from({ length: random(4) }, () => bytesHex(keccak(randomBytes(random, 4))));
      const accessList = [{ address: TO, storageKeys: slots }] as const;
      const authorizationList = Array.from({ length: 1 + random(3) }, () => AUTHORIZATION);
      const type = pick(random, [0, 1, 2, 4]);
      const parts = { type, gasLimit: 10n ** 6n, data, ...(type === 4 || random(2) === 0 ? { to: TO } : {}) };
      const tx = createTx({ ...parts, accessList, authorizationList } as unknown as TypedTxData, { common }); // each type takes its own
      expect(gasNeeded(tx)).toEqual({ intrinsic: tx.getIntrinsicGas(), floor: getCalldataFloorGas(tx) });
    }
  });

  it('the price is the cap or base fee and tip, whatever is less', () => {
    const tx = createTx({ type: 2, gasLimit: 21_000n, maxFeePerGas: 10n, maxPriorityFeePerGas: 3n }, { common });
    expect([5n, 7n, 9n, 10n].map((baseFee) => effectiveGasPrice(tx, baseFee))).toEqual([8n, 10n, 10n, 10n]);
    expect(effectiveTip(tx, 12n)).toBe(-2n);
  });
});

describe('lists nested without end', () => {
  /** `size` bytes or a little more of lists, each in the one before. */
  function nested(size: number): Uint8Array {
    const heads: number[][] = [];
    for (let length = 0; length < size; ) {
      const hex = length.toString(16);
      const head =
        length < 56
          ? [0xc0 + length]
          : [0xf7 + Math.ceil(hex.length / 2), ...Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')];
      heads.push(head);
      length += head.length;
    }
    return Uint8Array.from(heads.reverse().flat());
  }

  it.each([[[]], [[1]], [[2]], [[4]]])('are refused where the fifth begins (type %j)', (type) => {
    const raw = Uint8Array.from([...type, ...nested(131_000)]);
    const error = (() => {
      try {
        return decodeEvmTx(raw, new EngramCommon(7001n));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: 'MALFORMED', cause: { data: { reason: 'nested too deep' } } });
  });
});
