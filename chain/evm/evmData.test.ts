import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from 'vitest';
import { MAX_BATCH_BLOCKS, MAX_EVM_DATA } from '../../protocol/lane/constants.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { decodeEvmData, type EvmData, type EvmDataBlock, encodeEvmData } from './evmData.ts';

const FEES = `0x${'fe'.repeat(20)}` as const;
const EMPTY: EvmDataBlock = { timestampDelta: 0, l1Count: 0, opCount: 0, laneCount: 0, inboxCount: 0, txs: [] };
const TX = new Uint8Array(110).fill(7);
const SAMPLE: EvmData = {
  beneficiary: FEES,
  blocks: [
    { timestampDelta: 0, l1Count: 3, opCount: 0, laneCount: 0, inboxCount: 16, txs: [TX] },
    EMPTY,
    { timestampDelta: 1, l1Count: 0, opCount: 65_535, laneCount: 4, inboxCount: 1, txs: [TX, new Uint8Array(70_000)] },
  ],
};

type Nested = Uint8Array | number | Nested[];

function posted(rlp: Uint8Array): Uint8Array {
  return Uint8Array.from([1, ...brotliCompressSync(rlp, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })]);
}

/** Posted data of any shape at all. */
function nested(value: Nested): Uint8Array {
  return posted(RLP.encode(value));
}

function block(change: Partial<Record<number, Nested>> = {}, fields = 6): Nested[] {
  return Array.from({ length: fields }, (_, i) => change[i] ?? (i === 5 ? [] : 0));
}

async function expectBad(bytes: Uint8Array, reason: string): Promise<void> {
  await expect(decodeEvmData(bytes)).rejects.toMatchObject({ code: 'BAD_EVM_DATA', data: { reason } });
}

const beneficiary = Buffer.from(FEES.slice(2), 'hex');

describe('posted EVM data', () => {
  it('comes back as it was', async () => {
    for (const data of [SAMPLE, { beneficiary: FEES, blocks: [] }, { beneficiary: FEES, blocks: [EMPTY] }]) {
      expect(await decodeEvmData(await encodeEvmData(data))).toEqual(data);
    }
  });

  it('is the RLP that the protocol says', async () => {
    const bytes = await encodeEvmData(SAMPLE);
    expect(bytes[0]).toBe(1);
    const blocks = SAMPLE.blocks.map((b) => [
      b.timestampDelta,
      b.l1Count,
      b.opCount,
      b.laneCount,
      b.inboxCount,
      [...b.txs],
    ]);
    expect(new Uint8Array(brotliDecompressSync(bytes.subarray(1)))).toEqual(RLP.encode([beneficiary, blocks]));
  });

  it('holds a batch of the most blocks', async () => {
    const data = { beneficiary: FEES, blocks: Array.from({ length: MAX_BATCH_BLOCKS }, () => EMPTY) };
    const bytes = await encodeEvmData(data);
    expect(bytes.length).toBeLessThan(200);
    expect((await decodeEvmData(bytes)).blocks).toHaveLength(MAX_BATCH_BLOCKS);
    await expectBad(nested([beneficiary, Array.from({ length: MAX_BATCH_BLOCKS + 1 }, () => block())]), 'blocks');
  });

  it.each<[string, Partial<EvmDataBlock>, string]>([
    ['a message too many', { inboxCount: 17 }, 'number out of range'],
    ['a fifth lane', { laneCount: 5 }, 'number out of range'],
    ['a negative delta', { timestampDelta: -1 }, 'number out of range'],
    ['half a second', { timestampDelta: 0.5 }, 'number out of range'],
    ['a transaction of nothing', { txs: [new Uint8Array()] }, 'transaction too short'],
    ['more than 8 MiB', { txs: [new Uint8Array(MAX_EVM_DATA)] }, 'too long'],
  ])('is not written with %s', async (_, change, reason) => {
    const data = { beneficiary: FEES, blocks: [{ ...EMPTY, ...change }] };
    await expect(encodeEvmData(data)).rejects.toMatchObject({ code: 'BAD_EVM_DATA', data: { reason } });
  });
});

describe('what is refused', () => {
  const tx = Buffer.alloc(12, 9);
  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'version'],
    ['another version', Uint8Array.of(2, 3), 'version'],
    ['no stream', Uint8Array.of(1), 'compression'],
    ['garbage', Uint8Array.from({ length: 500 }, (_, i) => (i === 0 ? 1 : (i * 89) % 256)), 'compression'],
    ['an empty stream', posted(new Uint8Array()), 'truncated'],
    ['a string at the top', nested(beneficiary), 'string instead of list'],
    ['no blocks', nested([beneficiary]), 'truncated'],
    ['a third member', nested([beneficiary, [], []]), 'trailing bytes'],
    ['a beneficiary of 19 bytes', nested([beneficiary.subarray(1), []]), 'beneficiary'],
    ['a list as beneficiary', nested([[], []]), 'list instead of string'],
    ['a block that is a string', nested([beneficiary, [tx]]), 'string instead of list'],
    ['a block of five fields', nested([beneficiary, [block({}, 5)]]), 'truncated'],
    ['a block of seven fields', nested([beneficiary, [block({}, 7)]]), 'trailing bytes'],
    ['a number that is a list', nested([beneficiary, [block({ 1: [] })]]), 'list instead of string'],
    ['a number with leading zeros', nested([beneficiary, [block({ 0: Uint8Array.of(0, 1) })]]), 'not shortest'],
    ['a number of 32 bytes', nested([beneficiary, [block({ 0: Buffer.alloc(32, 255) })]]), 'number out of range'],
    ['a delta of 2^40', nested([beneficiary, [block({ 0: 2 ** 40 })]]), 'number out of range'],
    ['65,536 L1 operations', nested([beneficiary, [block({ 1: 65_536 })]]), 'number out of range'],
    ['17 messages', nested([beneficiary, [block({ 4: 17 })]]), 'number out of range'],
    ['a list as transaction', nested([beneficiary, [block({ 5: [[tx]] })]]), 'list instead of string'],
    ['transactions that are a string', nested([beneficiary, [block({ 5: tx })]]), 'string instead of list'],
    ['a transaction of 11 bytes', nested([beneficiary, [block({ 5: [tx.subarray(1)] })]]), 'transaction too short'],
    ['bytes behind the list', posted(Uint8Array.from([...RLP.encode([beneficiary, []]), 0])), 'trailing bytes'],
    ['a byte below 0x80 with a length', posted(Uint8Array.of(0xc2, 0x81, 0x05)), 'not shortest'],
    ['a long form of a short length', posted(Uint8Array.from([0xc2 + 20, 0xb8, 20, ...beneficiary])), 'not shortest'],
    ['a length with leading zeros', posted(Uint8Array.of(0xf9, 0x00, 0x40)), 'not shortest'],
    ['a length without bytes', posted(Uint8Array.of(0xff)), 'truncated'],
    ['a length of 2^64', posted(Uint8Array.of(0xff, ...Array.from({ length: 8 }, () => 0xff))), 'truncated'],
    ['a length that is too long by one', posted(Uint8Array.of(0xc2, 0x80)), 'truncated'],
    ['a zero as a byte', nested([beneficiary, [block({ 0: Uint8Array.of(0) })]]), 'not shortest'],
  ])('%s', async (_, bytes, reason) => {
    await expectBad(bytes, reason);
  });

  it('bytes behind the stream, another stream behind it, a stream cut off', async () => {
    const bytes = await encodeEvmData(SAMPLE);
    await expectBad(Buffer.concat([bytes, Uint8Array.of(0)]), 'trailing bytes');
    await expectBad(Buffer.concat([bytes, bytes.subarray(1)]), 'trailing bytes');
    await expectBad(bytes.subarray(0, -1), 'compression');
  });

  it('a bomb, without unpacking it', async () => {
    const bomb = posted(new Uint8Array(64 * MAX_EVM_DATA));
    expect(bomb.length).toBeLessThan(2000);
    const before = process.memoryUsage().arrayBuffers;
    await expectBad(bomb, 'too long');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * MAX_EVM_DATA);
    await expectBad(posted(new Uint8Array(MAX_EVM_DATA + 1)), 'too long');
    // exactly as long as allowed: refused for what it says, not for its length
    await expectBad(posted(new Uint8Array(MAX_EVM_DATA)), 'string instead of list');
  });

  it('lists within lists, as deep as they may be', async () => {
    let deep: Uint8Array = Uint8Array.of(0xc0);
    for (let i = 0; i < 2000; i += 1) deep = wrap(deep);
    await expectBad(posted(deep), 'list instead of string');
  });
});

describe('random bytes', () => {
  it('are refused, or are the one encoding of what they say', async () => {
    const next = new SeededRandom(20261123);
    const sound = RLP.encode([beneficiary, [block({ 5: [TX] }), block({ 0: 300, 4: 16 }), block()]]);
    let accepted = 0;
    for (let round = 0; round < 600; round += 1) {
      const bytes = Uint8Array.from(sound);
      for (let edits = next.int(3); edits >= 0; edits -= 1) bytes[next.int(bytes.length)] = next.int(256);
      const found = await decodeEvmData(
        posted(next.int(4) === 0 ? bytes.subarray(0, next.int(bytes.length)) : bytes),
      ).catch((error: unknown) => error);
      if (found instanceof Error) {
        expect(found).toMatchObject({ code: 'BAD_EVM_DATA' });
        continue;
      }
      accepted += 1;
      const again = await encodeEvmData(found as EvmData); // what decodeEvmData returns
      expect(new Uint8Array(brotliDecompressSync(again.subarray(1)))).toEqual(bytes);
    }
    expect(accepted).toBeGreaterThan(50);
  });

  it('in the compressed stream never do more than BAD_EVM_DATA', async () => {
    const next = new SeededRandom(7);
    const sound = await encodeEvmData(SAMPLE);
    for (let round = 0; round < 300; round += 1) {
      const bytes = Uint8Array.from(sound);
      bytes[1 + next.int(bytes.length - 1)] = next.int(256);
      const found = await decodeEvmData(bytes).catch((error: unknown) => error);
      if (found instanceof Error) expect(found).toMatchObject({ code: 'BAD_EVM_DATA' });
    }
  });
});

function wrap(inner: Uint8Array): Uint8Array {
  const { length } = inner;
  if (length < 56) return Uint8Array.from([0xc0 + length, ...inner]);
  const size = length < 256 ? [length] : [length >> 8, length & 255];
  return Uint8Array.from([0xf7 + size.length, ...size, ...inner]);
}
