import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../chain/logger.ts';
import { FakeClock } from '../chain/testing/fakeClock.ts';
import { memoryDb } from '../chain/testing/memoryDb.ts';
import type { Artifacts } from '../circuits/build/artifacts.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { ProverError } from './errors.ts';
import { jobId, ProofQueue } from './proofQueue.ts';
import { Prover } from './prover.ts';
import { closedBatch, resultFor } from './testing/batches.ts';
import type { ProofResult, ProverBackend } from './types.ts';

const ONE = closedBatch(1);
const TWO = closedBatch(2);

const SMALL: Artifacts = {
  name: 'batch-small',
  hash: '',
  r1cs: '',
  wasm: '',
  zkey: '',
  vkey: '',
  constraints: 0,
  keys: 'dev',
};

let queue: ProofQueue;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  queue = await ProofQueue.open({ backoffMs: 100, maxAttempts: 2 }, { db: memoryDb(), clock });
});

/** A backend that answers with what it is told to, by the commitment it is asked about. */
function backend(answer: (closed: ClosedBatch) => ProofResult): ProverBackend {
  return {
    name: 'fake',
    prove: async ({ inputs }, options) => {
      options?.onProgress?.({ stage: 'prove' });
      const closed = [ONE, TWO].find(({ commitment }) => commitment.c === inputs.c);
      if (closed === undefined) throw new ProverError('WITNESS_FAILED');
      return answer(closed);
    },
  };
}

function prover(using: ProverBackend): Prover {
  return new Prover({}, { queue, backend: using, artifacts: async () => SMALL, clock, log: silentLogger });
}

async function settled(): Promise<void> {
  for (let i = 0; i < 100; i += 1) await Promise.resolve();
}

describe('Prover', () => {
  it('proves what is queued, lowest batch first, and what comes later', async () => {
    const service = prover(backend(resultFor));
    const told: string[] = [];
    service.events.on('started', ({ batch }) => void told.push(`started ${batch}`));
    service.events.on('progress', ({ batch, stage }) => void told.push(`${stage} ${batch}`));
    service.events.on('proven', ({ batch }) => void told.push(`proven ${batch}`));
    await queue.enqueue(ONE);
    service.start();
    await settled();
    await queue.enqueue(TWO);
    service.notify();
    await settled();
    expect(told).toEqual(['started 1', 'prove 1', 'proven 1', 'started 2', 'prove 2', 'proven 2']);
    expect(await queue.result(2)).toEqual(resultFor(TWO));
    await service.stop();
    await service.stop();
  });

  it('tries again later, then fails the job', async () => {
    const service = prover(
      backend(() => {
        throw new ProverError('PROVE_FAILED', { message: 'out of luck' });
      }),
    );
    const statuses: string[] = [];
    service.events.on('failed', ({ status }) => void statuses.push(status));
    await queue.enqueue(ONE);
    service.start();
    await settled();
    clock.advance(1000);
    await settled();
    expect(statuses).toEqual(['pending', 'failed']);
    expect(queue.job(jobId(ONE))?.reason).toBe('PROVE_FAILED: out of luck');
    await service.stop();
  });

  it.each([
    ['WRONG_STATEMENT', backend(() => resultFor(TWO))],
    [
      'WITNESS_FAILED',
      backend(() => {
        throw new ProverError('WITNESS_FAILED');
      }),
    ],
  ])('publishes nothing and does not try again on %s', async (reason, using) => {
    const service = prover(using);
    await queue.enqueue(ONE);
    service.start();
    await settled();
    expect(queue.job(jobId(ONE))).toMatchObject({ status: 'failed', attempts: 1, reason });
    expect(await queue.result(1)).toBeUndefined();
    await service.stop();
  });

  it('refuses artifacts of another shape', async () => {
    const artifacts = async (): Promise<Artifacts> => ({ ...SMALL, name: 'batch-dev' });
    const service = new Prover({}, { queue, backend: backend(resultFor), artifacts, clock, log: silentLogger });
    await queue.enqueue(ONE);
    service.start();
    await settled();
    expect(queue.job(jobId(ONE))).toMatchObject({ status: 'failed', reason: 'WRONG_CIRCUIT' });
    await service.stop();
  });

  it('gives back what it was proving when it is stopped', async () => {
    const service = prover({
      name: 'slow',
      prove: (_, options) =>
        new Promise((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new ProverError('CANCELLED')));
        }),
    });
    await queue.enqueue(ONE);
    service.start();
    await settled();
    expect(queue.job(jobId(ONE))?.status).toBe('proving');
    await service.stop();
    expect(queue.job(jobId(ONE))).toMatchObject({ status: 'pending', attempts: 0 });
  });

  it('ends itself and says so when the queue’s database fails', async () => {
    const service = prover(backend(resultFor));
    queue.take = async () => {
      throw new Error('disk');
    };
    const halted = new Promise((resolve) => void service.events.on('halted', resolve));
    service.start();
    expect(await halted).toBeInstanceOf(Error);
    await service.stop();
  });
});
