import { beforeEach, describe, expect, it } from 'vitest';
import { BridgeError } from '../../bridge/client/errors.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import type { Db } from '../../chain/db.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { L1Error } from '../../sequencer/l1Port.ts';
import type { Equivocation } from './attestationPool.ts';
import { type Evidence, EvidenceBook, evidenceFile, parseEvidence } from './evidence.ts';
import { RewardCollector } from './rewardCollector.ts';
import { SlashReporter } from './slashReporter.ts';
import { accountOf, attestation, DOMAIN, signerOf } from './testing/signers.ts';

const SENT = { hash: `0x${'22'.repeat(32)}` as Hex, gasUsed: 1n };

async function equivocation(n = 1, batch = 7): Promise<Equivocation> {
  const first = await attestation(accountOf(n), { batch, commitment: 1n });
  const second = await attestation(accountOf(n), { batch, commitment: 2n });
  return { batch, signer: signerOf(n), first, second };
}

let db: Db;
let clock: FakeClock;
beforeEach(() => {
  db = memoryDb();
  clock = new FakeClock();
});

describe('evidence', () => {
  it('is written and read as a file', async () => {
    const evidence = await equivocation();
    expect(parseEvidence(DOMAIN, JSON.stringify(evidenceFile(DOMAIN, evidence)))).toEqual(evidence);
  });

  it('is none unless both signatures are the signer’s, of one batch and chain, and differ', async () => {
    const evidence = await equivocation();
    const file = evidenceFile(DOMAIN, evidence);
    const parse = (changed: object) => () => parseEvidence(DOMAIN, JSON.stringify({ ...file, ...changed }));
    const bad = expect.objectContaining({ code: 'BAD_EVIDENCE' });
    expect(parse({ batch: 8 })).toThrow(bad);
    expect(parse({ signer: signerOf(2) })).toThrow(bad);
    expect(parse({ second: file.first })).toThrow(bad);
    expect(parse({ second: { ...file.second, commitment: file.first.commitment } })).toThrow(bad);
    expect(parse({ version: 2 })).toThrow(bad);
    expect(parse({ more: 1 })).toThrow(bad);
    expect(() => parseEvidence(DOMAIN, '{')).toThrow(bad);
    expect(parse({ l1ChainId: '1' })).toThrow(expect.objectContaining({ code: 'WRONG_CHAIN' }));
    expect(parse({ evmLane: `0x${'1b'.repeat(20)}` })).toThrow(expect.objectContaining({ code: 'WRONG_CHAIN' }));
  });

  it('is kept over a restart, one of each signer', async () => {
    const book = await EvidenceBook.load(DOMAIN, { db });
    expect(await Promise.all([book.add(await equivocation()), book.add(await equivocation(1, 8))])).toEqual([
      true,
      false,
    ]);
    await book.add(await equivocation(2));
    await book.settle(signerOf(2));
    const again = await EvidenceBook.load(DOMAIN, { db });
    const bySigner = (x: Evidence, y: Evidence): number => (x.equivocation.signer < y.equivocation.signer ? -1 : 1);
    expect(again.all().sort(bySigner)).toEqual(book.all().sort(bySigner));
    expect(
      again
        .all()
        .map(({ state }) => state)
        .sort(),
    ).toEqual(['open', 'settled']);
    expect((await EvidenceBook.load({ ...DOMAIN, l1ChainId: 1n }, { db })).size).toBe(0);
  });
});

describe('reporting', () => {
  const sent: string[] = [];
  let isSlashed: boolean;
  let failure: unknown;
  beforeEach(() => {
    sent.length = 0;
    isSlashed = false;
    failure = undefined;
  });

  async function reporter(): Promise<{ reporter: SlashReporter; book: EvidenceBook }> {
    const book = await EvidenceBook.load(DOMAIN, { db });
    const registry = {
      calls: {
        slash: ({ batch }: { batch: number }): L1Call => ({ to: DOMAIN.evmLane, data: `0x${batch}`, value: 0n }),
      },
      validator: async () => ({ isSlashed }),
    };
    const send = async ({ data }: L1Call) => {
      if (failure !== undefined) throw failure;
      sent.push(data);
      isSlashed = true;
      return SENT;
    };
    return { book, reporter: new SlashReporter({}, { book, registry, send, clock, log: silentLogger }) };
  }

  it('happens once, by the first in turn at once, by the others only if it did not', async () => {
    const first = await reporter();
    await first.book.add(await equivocation());
    await first.reporter.step([], { rank: 1 });
    clock.advance(5_999);
    await first.reporter.step([], { rank: 1 });
    expect(sent).toEqual([]);
    clock.advance(1);
    await first.reporter.step([], { rank: 1 });
    await first.reporter.step([], { rank: 1 });
    expect(sent).toEqual(['0x7']);
    const afterRestart = await reporter();
    await afterRestart.reporter.step([], { rank: 0 });
    expect(sent).toHaveLength(1);
  });

  it('does not happen if the stake is lost already', async () => {
    const { reporter: one, book } = await reporter();
    await book.add(await equivocation());
    isSlashed = true;
    await one.step([], { rank: 0 });
    expect(sent).toEqual([]);
    expect(book.all()).toMatchObject([{ state: 'settled' }]);
  });

  it('never is of a key of one’s own', async () => {
    const { reporter: one, book } = await reporter();
    await book.add(await equivocation());
    await one.step([signerOf(1)], { rank: 0 });
    expect(sent).toEqual([]);
    expect(book.all()).toMatchObject([{ state: 'open' }]);
  });

  it.each<[string, unknown, unknown]>([
    ['L1 is away', new L1Error('UNAVAILABLE'), 'UNAVAILABLE'],
    ['the account is empty', new L1Error('INSUFFICIENT_FUNDS'), 'INSUFFICIENT_FUNDS'],
    ['the contract refuses', new BridgeError('NothingAtStake', {}), undefined],
  ])('is tried again when %s', async (_, error, code) => {
    const { reporter: one, book } = await reporter();
    await book.add(await equivocation());
    failure = error;
    const step = one.step([], { rank: 0 });
    if (code === undefined) await step;
    else await expect(step).rejects.toMatchObject({ code });
    failure = undefined;
    await one.step([], { rank: 0 });
    expect(sent).toHaveLength(1);
  });
});

describe('rewards', () => {
  it('are claimed of ended epochs, some at a time, each once', async () => {
    const earned = new Map([2, 5, 6, 70].map((epoch) => [epoch, 1n]));
    const claimed: number[] = [];
    let failures = 1;
    const collector = () =>
      new RewardCollector(
        { epochsAtOnce: 4 },
        {
          registry: {
            calls: { claimReward: (_, epoch) => ({ to: DOMAIN.evmLane, data: `0x${epoch}`, value: 0n }) },
            rewardOf: async (_, epoch) => earned.get(epoch) ?? 0n,
          },
          db,
          send: async ({ data }) => {
            if (data === '0x5' && failures-- > 0) throw new L1Error('UNAVAILABLE');
            claimed.push(Number(data.slice(2)));
            earned.delete(Number(data.slice(2)));
            return SENT;
          },
          log: silentLogger,
        },
      );
    const of = { ...DOMAIN, signer: signerOf(1) };
    await collector().step(of, 7);
    expect(claimed).toEqual([2]);
    await expect(collector().step(of, 7)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await collector().step(of, 7);
    expect(claimed).toEqual([2, 5, 6]);
    earned.set(3, 1n);
    earned.set(7, 1n);
    await collector().step(of, 7);
    // what is too long ago is left to whoever asks for it by hand
    for (let i = 0; i < 20; i += 1) await collector().step(of, 75);
    expect(claimed).toEqual([2, 5, 6, 70]);
  });
});
