import { type Hex, recoverTypedDataAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeEach, describe, expect, it } from 'vitest';
import { attestationTypedData } from '../../bridge/client/attestation.ts';
import type { Db } from '../../chain/db.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { tempDb } from '../../chain/testing/tempDb.ts';
import { SigningGuard } from './signingGuard.ts';
import { exportHistory, importHistory, parseHistory } from './signingHistory.ts';

const ACCOUNT = privateKeyToAccount(`0x${'1'.repeat(64)}`);
const OTHER = privateKeyToAccount(`0x${'2'.repeat(64)}`);
const DOMAIN = { l1ChainId: 31337n, evmLane: `0x${'1a'.repeat(20)}` } as const;

let db: Db;
let guard: SigningGuard;
beforeEach(() => {
  db = memoryDb();
  guard = guardOn(db);
});

function guardOn(database: Db, account = ACCOUNT, domain: { l1ChainId: bigint; evmLane: Hex } = DOMAIN): SigningGuard {
  return new SigningGuard({ domain, account }, { db: database });
}

/** A database that loses power at its next write. */
function dying(alive: Db): Db {
  return {
    ...alive,
    write: async () => {
      throw new Error('power lost');
    },
  };
}

describe('SigningGuard', () => {
  it('signs as the contract wants it, and the same again', async () => {
    const signature = await guard.sign(7, 123n);
    expect(await recoverTypedDataAddress({ ...attestationTypedData(DOMAIN, 7, 123n), signature })).toBe(
      ACCOUNT.address,
    );
    expect(await guard.sign(7, 123n)).toBe(signature);
    expect(await guard.lastSigned()).toBe(7);
    await guard.sign(300, 1n);
    await guard.sign(20, 1n);
    expect(await guard.lastSigned()).toBe(300);
  });

  it('never signs another commitment for a batch', async () => {
    await guard.sign(7, 123n);
    await expect(guard.sign(7, 124n)).rejects.toMatchObject({
      code: 'WOULD_EQUIVOCATE',
      data: { batch: 7, signer: guard.signer },
    });
    await guard.sign(8, 124n);
  });

  it('signs one of two that are asked for at once', async () => {
    const answers = await Promise.allSettled([1n, 2n, 3n].map((commitment) => guard.sign(7, commitment)));
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('gives out no signature before it is on disk', async () => {
    await expect(guardOn(dying(db)).sign(7, 1n)).rejects.toThrow('power lost');
    expect(await guard.signed(7)).toBeUndefined();
    await guard.sign(7, 2n);
  });

  it('knows after a restart, on a real disk, what it signed before', async () => {
    const disk = await tempDb();
    try {
      await guardOn(disk.db).sign(7, 1n);
      await expect(guardOn(disk.db).sign(7, 2n)).rejects.toMatchObject({ code: 'WOULD_EQUIVOCATE' });
    } finally {
      await disk.remove();
    }
  });

  it('keeps keys and contracts apart', async () => {
    await guard.sign(7, 1n);
    await guardOn(db, OTHER).sign(7, 2n);
    await guardOn(db, ACCOUNT, { ...DOMAIN, evmLane: `0x${'1b'.repeat(20)}` }).sign(7, 3n);
    await guardOn(db, ACCOUNT, { ...DOMAIN, l1ChainId: 1n }).sign(7, 4n);
    expect(await guard.sign(7, 1n)).toMatch(/^0x[0-9a-f]{130}$/);
  });

  it('signs nothing any more of which it has forgotten what it signed', async () => {
    for (let batch = 1; batch <= 9; batch += 2) await guard.sign(batch, 1n);
    await guard.forget(6);
    await expect(guard.sign(5, 1n)).rejects.toMatchObject({ code: 'BELOW_HISTORY', data: { batch: 5, floor: 6 } });
    await expect(guard.sign(6, 1n)).rejects.toMatchObject({ code: 'BELOW_HISTORY' });
    expect(await guard.signed(7)).toBeDefined();
    await guard.sign(7, 1n);
    await guard.forget(3);
    await expect(guard.sign(4, 1n)).rejects.toMatchObject({ code: 'BELOW_HISTORY', data: { floor: 6 } });
  });

  it('forgets a long history piece by piece, never more than the floor says', async () => {
    for (let batch = 1; batch <= 5; batch += 1) await guard.sign(batch, 1n);
    await guard.forget(4, { limit: 2 });
    expect(await guard.signed(3)).toBeDefined();
    await expect(guard.sign(2, 2n)).rejects.toMatchObject({ code: 'BELOW_HISTORY', data: { floor: 2 } });
    await guard.forget(4, { limit: 2 });
    await guard.forget(4, { limit: 2 });
    await expect(guard.sign(4, 2n)).rejects.toMatchObject({ code: 'BELOW_HISTORY', data: { floor: 4 } });
    await guard.sign(5, 1n);
  });
});

describe('a history that moves to another machine', () => {
  it('forbids there what it forbade here', async () => {
    await guard.sign(3, 30n);
    await guard.sign(7, 70n);
    await guardOn(db, OTHER).sign(7, 71n);
    await guard.forget(3);
    const text = JSON.stringify(await exportHistory(DOMAIN, { db }));
    const there = memoryDb();
    const imported = await importHistory(parseHistory(text), DOMAIN, { db: there });
    expect(imported).toEqual({
      signers: [ACCOUNT, OTHER].map(({ address }) => address.toLowerCase()).sort(),
      added: 2,
      conflicts: [],
    });
    const moved = guardOn(there);
    await expect(moved.sign(7, 1n)).rejects.toMatchObject({ code: 'WOULD_EQUIVOCATE' });
    await expect(moved.sign(2, 1n)).rejects.toMatchObject({ code: 'BELOW_HISTORY' });
    await expect(guardOn(there, OTHER).sign(7, 70n)).rejects.toMatchObject({ code: 'WOULD_EQUIVOCATE' });
    expect(await moved.sign(7, 70n)).toBe(await guard.sign(7, 70n));
    expect(await exportHistory(DOMAIN, { db: there })).toEqual(JSON.parse(text));
  });

  it('adds to what is there, tells what contradicts it, and lowers no floor', async () => {
    const there = memoryDb();
    await guardOn(there).sign(7, 1n);
    await guardOn(there).sign(9, 1n);
    await guardOn(there).forget(5);
    await guard.sign(7, 2n);
    await guard.sign(8, 2n);
    const { added, conflicts } = await importHistory(await exportHistory(DOMAIN, { db }), DOMAIN, { db: there });
    expect({ added, conflicts }).toEqual({ added: 1, conflicts: [{ signer: guard.signer, batch: 7 }] });
    await expect(guardOn(there).sign(7, 2n)).rejects.toMatchObject({ code: 'WOULD_EQUIVOCATE' });
    await expect(guardOn(there).sign(5, 2n)).rejects.toMatchObject({ code: 'BELOW_HISTORY' });
    await expect(guardOn(there).sign(8, 1n)).rejects.toMatchObject({ code: 'WOULD_EQUIVOCATE' });
  });

  it('is refused if it is of another chain, or damaged', async () => {
    await guard.sign(7, 2n);
    const history = await exportHistory(DOMAIN, { db });
    await expect(importHistory(history, { ...DOMAIN, l1ChainId: 1n }, { db })).rejects.toMatchObject({
      code: 'WRONG_CHAIN',
    });
    const text = JSON.stringify(history);
    for (const bad of [
      text.slice(0, -1),
      text.replace('"batch":7', '"batch":-7'),
      text.replace('"batch":7', '"batch":7.5'),
      text.replace('"commitment":"0x0', '"commitment":"0x'),
      text.replace('"version":1', '"version":2'),
      text.replace('"floor"', '"more":1,"floor"'),
      'null',
    ]) {
      expect(() => parseHistory(bad), bad).toThrow(expect.objectContaining({ code: 'BAD_HISTORY' }));
    }
  });
});
