import { beforeEach, describe, expect, it } from 'vitest';
import type { Db } from '../chain/db.ts';
import { CrashError, CrashPoint, crashingDb } from '../chain/testing/crash.ts';
import { FakeClock } from '../chain/testing/fakeClock.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import { tempDb } from '../chain/testing/tempDb.ts';
import { ProverError } from './errors.ts';
import { jobId, ProofQueue, type ProofQueueOptions } from './proofQueue.ts';
import { closedBatch, resultFor } from './testing/batches.ts';

const ONE = closedBatch(1);
const TWO = closedBatch(2);
const THREE = closedBatch(3);

let db: Db;
let clock: FakeClock;

beforeEach(() => {
  db = memoryDb();
  clock = new FakeClock();
});

const open = (options: ProofQueueOptions = {}): Promise<ProofQueue> => ProofQueue.open(options, { db, clock });

describe('ProofQueue', () => {
  it('hands out the lowest batch first, each once, with its frozen input', async () => {
    const queue = await open();
    for (const closed of [TWO, THREE, ONE]) await queue.enqueue(closed);
    expect((await queue.take())?.input).toEqual(ONE);
    expect((await queue.take())?.batch).toBe(2);
    expect((await queue.take())?.batch).toBe(3);
    expect(await queue.take()).toBeUndefined();
    expect(queue.counts()).toEqual({ pending: 0, proving: 3, proven: 0, failed: 0 });
  });

  it('never hands one job to two that ask at once', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    const taken = await Promise.all([queue.take(), queue.take()]);
    expect(taken.filter((job) => job !== undefined)).toHaveLength(1);
  });

  it('queues a batch once', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    await queue.enqueue(ONE);
    const job = await queue.take();
    await queue.complete(job?.id ?? '', resultFor(ONE));
    expect((await queue.enqueue(ONE)).status).toBe('proven');
    expect(queue.jobs()).toHaveLength(1);
  });

  it('keeps the result, not the input, once it is proven', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    expect(await queue.result(1)).toBeUndefined();
    const job = await queue.take();
    await queue.complete(job?.id ?? '', resultFor(ONE));
    expect(await queue.result(1)).toEqual(resultFor(ONE));
    expect(await (await open()).result(1)).toEqual(resultFor(ONE));
    expect(await db.get(`p/i/${jobId(ONE)}`)).toBeUndefined();
  });

  it('tries a failed attempt again, after a pause that doubles, until it is failed', async () => {
    const queue = await open({ maxAttempts: 3, backoffMs: 100 });
    await queue.enqueue(ONE);
    const id = jobId(ONE);
    for (const pauseMs of [100, 200]) {
      await queue.take();
      await queue.fail(id, 'no luck');
      expect(queue.job(id)).toMatchObject({ status: 'pending', reason: 'no luck' });
      clock.advance(pauseMs - 1);
      expect(await queue.take()).toBeUndefined();
      clock.advance(1);
    }
    await queue.take();
    expect(await queue.fail(id, 'no luck')).toMatchObject({ status: 'failed', attempts: 3 });
    expect(await queue.take()).toBeUndefined();
    await queue.retry(id);
    expect((await queue.take())?.batch).toBe(1);
    expect(queue.job(id)?.attempts).toBe(1);
  });

  it('does not try again what can only fail again', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    await queue.take();
    expect(await queue.fail(jobId(ONE), 'bad', { isFinal: true })).toMatchObject({ status: 'failed' });
  });

  it('does not count a cancelled attempt', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    await queue.take();
    await queue.release(jobId(ONE));
    expect(queue.job(jobId(ONE))).toMatchObject({ status: 'pending', attempts: 0 });
    expect(await queue.take()).toBeDefined();
  });

  it.each([
    ['complete', (queue: ProofQueue) => queue.complete(jobId(ONE), resultFor(ONE))],
    ['fail', (queue: ProofQueue) => queue.fail(jobId(ONE), 'x')],
    ['release', (queue: ProofQueue) => queue.release(jobId(ONE))],
    ['retry', (queue: ProofQueue) => queue.retry(jobId(ONE))],
  ])('refuses to %s a job that is only pending', async (_, act) => {
    const queue = await open();
    await queue.enqueue(ONE);
    const error = await act(queue).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ProverError);
    expect((error as ProverError).code).toBe('UNKNOWN_JOB');
  });

  it('gives a job that was being proven when the process died to the next one', async () => {
    const temp = await tempDb();
    db = temp.db;
    const queue = await open();
    await queue.enqueue(ONE);
    await queue.take();
    const again = await open();
    expect(again.job(jobId(ONE))).toMatchObject({ status: 'pending', attempts: 1 });
    expect((await again.take())?.input).toEqual(ONE);
    await temp.remove();
  });

  it('loses and doubles no job, whichever write is the last', async () => {
    const work = async (victim: Db): Promise<void> => {
      const queue = await ProofQueue.open({}, { db: victim, clock });
      for (const closed of [ONE, TWO]) await queue.enqueue(closed);
      for (let job = await queue.take(); job !== undefined; job = await queue.take()) {
        await queue.complete(job.id, resultFor(job.input));
      }
    };
    const counter = new CrashPoint();
    await work(crashingDb(memoryDb(), counter));
    expect(counter.steps).toBe(12);
    for (let dieAt = 0; dieAt < counter.steps; dieAt += 1) {
      db = memoryDb();
      await expect(work(crashingDb(db, new CrashPoint(dieAt)))).rejects.toBeInstanceOf(CrashError);
      await work(db);
      const queue = await open();
      expect(queue.jobs().map(({ batch, status }) => [batch, status])).toEqual([
        [1, 'proven'],
        [2, 'proven'],
      ]);
      expect(await queue.result(2)).toEqual(resultFor(TWO));
    }
  });
});

describe('batches that the chain took back', () => {
  it('are forgotten with their results, others stay', async () => {
    const queue = await open();
    for (const closed of [ONE, TWO, THREE]) await queue.enqueue(closed);
    for (const closed of [ONE, TWO]) {
      const job = await queue.take();
      await queue.complete(job?.id ?? '', resultFor(closed));
    }
    await queue.discard([2, 3, 9]);
    for (const each of [queue, await open()]) {
      expect(each.jobs().map(({ batch }) => batch)).toEqual([1]);
      expect(await each.result(2)).toBeUndefined();
      expect(await each.result(1, ONE.commitment.c)).toEqual(resultFor(ONE));
      expect(await each.result(1, TWO.commitment.c)).toBeUndefined();
    }
  });

  it('end in nothing if they were being proven, and the queue goes on', async () => {
    const queue = await open();
    for (const closed of [ONE, TWO, THREE]) await queue.enqueue(closed);
    const [one, two, three] = [await queue.take(), await queue.take(), await queue.take()];
    await queue.discard([1, 2, 3]);
    await queue.complete(one?.id ?? '', resultFor(ONE));
    expect(await queue.fail(two?.id ?? '', 'because')).toBeUndefined();
    await queue.release(three?.id ?? '');
    expect(queue.jobs()).toEqual([]);
    expect(await queue.result(1)).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
  });

  it('that come again while they are being proven take that proof', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    const job = await queue.take();
    await queue.discard([1]);
    expect((await queue.enqueue(ONE)).status).toBe('proving');
    expect(await queue.take()).toBeUndefined();
    await queue.complete(job?.id ?? '', resultFor(ONE));
    expect(await queue.result(1)).toEqual(resultFor(ONE));
  });

  it('may go while one is handed out', async () => {
    const queue = await open();
    await queue.enqueue(ONE);
    const [job] = await Promise.all([queue.take(), queue.discard([1])]);
    expect(job).toBeUndefined();
    expect((await queue.enqueue(ONE)).status).toBe('pending');
  });
});
