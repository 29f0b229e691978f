import { describe, expect, it } from 'vitest';
import type { OpLocation } from '../../chain/types.ts';
import { packAttestation } from '../../protocol/account.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { type Account, type AccountIndex, Kind } from '../../protocol/types.ts';
import { AiIndex } from './aiIndex.ts';
import { AiQueries } from './aiQueries.ts';

const FILE = new Uint8Array(32).fill(5);

/** Attestations of one file: `parents[i]` is the parent of account i + 1; `births` tells when each came to be. */
async function world(parents: readonly number[], births?: readonly number[]): Promise<AiQueries> {
  const accounts = new Map<AccountIndex, Account>();
  const origins: [AccountIndex, OpLocation][] = [];
  for (const [i, parent] of parents.entries()) {
    const index = accountIndex(i + 1);
    const terms = { owner: accountIndex(1), parent: accountIndex(parent), royaltyBps: 0, subtype: 1 };
    const [a, b, c] = [artefactCommitment(FILE), field(0n), packAttestation(terms)];
    accounts.set(index, { kind: Kind.ATTEST, token: 0, nonce: 0, balance: 0n, claimed: 0n, a, b, c });
    const block = BigInt(births?.[i] ?? i);
    const at = { block, batch: batchNumber(1), position: 0, op: 0, txHash: field(block), timestamp: 0 };
    origins.push([index, at]);
  }
  const store = {
    domain: TEST_DOMAIN,
    origins: async function* () {
      yield* origins;
    },
    accounts: async function* () {
      yield* accounts;
    },
    origin: async (index: AccountIndex) => origins.find(([of]) => of === index)?.[1],
    claims: async function* () {},
    summary: async () => undefined,
    tx: async () => undefined,
  };
  const account = (index: AccountIndex) => accounts.get(index);
  return new AiQueries({ store, account, now: () => 0, index: await AiIndex.load({ store, account }) });
}

describe('attestations of a file', () => {
  it('are listed by when they came to be, not by index', async () => {
    const found = await (await world([0, 0, 0], [9, 3, 5])).attestationsOf(FILE);
    expect(found.map(({ index }) => index)).toEqual([2, 3, 1]);
  });

  it('are at most a hundred, the earliest', async () => {
    const queries = await world(Array.from({ length: 150 }, () => 0));
    const found = await queries.attestationsOf(FILE);
    expect(found).toHaveLength(100);
    expect(found[0]?.index).toBe(1);
  });
});

describe('a lineage', () => {
  it('of a long chain ends where the node stops listing, and says so', async () => {
    const chain = await world(Array.from({ length: 2200 }, (_, i) => i));
    const middle = await chain.lineage(accountIndex(1100));
    expect(middle?.ancestors).toHaveLength(1000);
    expect(middle?.ancestors[0]?.index).toBe(1099);
    expect(middle?.descendants.map(({ index }) => index).slice(-1)).toEqual([2100]);
    expect(middle?.isTruncated).toBe(true);
    const whole = await chain.lineage(accountIndex(1200));
    expect([whole?.descendants.length, whole?.isTruncated]).toEqual([1000, true]);
  });

  it('of a wide family has parents before their children', async () => {
    const queries = await world([0, ...Array.from({ length: 1200 }, () => 1)]);
    const wide = await queries.lineage(accountIndex(1));
    expect([wide?.descendants.length, wide?.isTruncated]).toEqual([1000, true]);
    const small = await (await world([0, 1, 1, 3, 2])).lineage(accountIndex(1));
    expect(small?.descendants.map(({ index }) => index)).toEqual([2, 3, 5, 4]);
    expect(small?.isTruncated).toBe(false);
  });
});
