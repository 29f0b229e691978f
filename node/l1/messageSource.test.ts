import { describe, expect, it } from 'vitest';
import type { EvmLaneEvent } from '../../bridge/client/evmLaneEvents.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { MessageSource } from './messageSource.ts';

/** One message in each L1 block from 10 on. */
function lane(): { readEvents(from: bigint, to: bigint): Promise<EvmLaneEvent[]>; ranges: [bigint, bigint][] } {
  const ranges: [bigint, bigint][] = [];
  return {
    ranges,
    readEvents: async (from, to) => {
      ranges.push([from, to]);
      return Array.from({ length: Number(to - from) + 1 }, (_, i) => event(from + BigInt(i)));
    },
  };
}

function event(blockNumber: bigint): EvmLaneEvent {
  const message: L1Message = {
    ...{ kind: 'token', index: blockNumber - 10n, l1Timestamp: Number(blockNumber) },
    ...{ token: 1, name: '', symbol: '', decimals: 18 },
  };
  return { type: 'message', message, l1: { blockNumber, blockHash: '0x', transactionHash: '0x', logIndex: 0 } };
}

const indices = (messages: readonly L1Message[]): bigint[] => messages.map(({ index }) => index);

describe('MessageSource', () => {
  it('gives what L1 had with a block, and reads every block once', async () => {
    const l1 = lane();
    const source = new MessageSource({ deployedAt: 10n, next: 0n }, { lane: l1 });
    expect(indices(await source.upTo(12n, 0n))).toEqual([0n, 1n, 2n]);
    expect(indices(await source.upTo(12n, 2n))).toEqual([2n]);
    expect(indices(await source.upTo(15n, 2n))).toEqual([2n, 3n, 4n, 5n]);
    expect(l1.ranges).toEqual([
      [10n, 12n],
      [13n, 15n],
    ]);
  });

  it('goes on behind what was taken before', async () => {
    const source = new MessageSource({ deployedAt: 10n, next: 4n }, { lane: lane() });
    expect(indices(await source.upTo(15n, 4n))).toEqual([4n, 5n]);
    expect(await source.upTo(9n, 6n)).toEqual([]);
  });
});
