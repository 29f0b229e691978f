import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import os from 'node:os';
import type { Worker } from 'node:worker_threads';
import { CircuitError, throwIfAborted } from '../build/errors.ts';
import { tsWorker } from '../build/tsWorker.ts';
import { buildCurveCode, type Group, POINT_BYTES, ZKEY_COEF_BYTES } from './curveModule.ts';
import type { KeyJob, KeyWorkerData, KeyWorkerMessage } from './devKeys.worker.ts';
import { DEV_KEY_SEED, DEV_TRAPDOOR, type Trapdoor } from './devSecret.ts';
import { bestWindow } from './fixedBase.ts';
import { Q_BN254, R_BN254, type R1csInfo, readR1csInfo, toLittleEndian } from './r1cs.ts';
import { domainBits } from './scalarField.ts';

/** Changes whenever the bytes of a generated key change: part of the cache key. */
export const DEV_KEY_VERSION = 1;

export interface DevKeyOptions {
  readonly r1cs: string;
  /** Written in place; the caller makes it appear atomically. */
  readonly zkey: string;
  readonly threads?: number;
  /** `done` and `total` in units of one G1 multiplication. */
  readonly onProgress?: ((p: { done: number; total: number; message: string }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests, which compare with snarkjs at gamma = delta = 1. */
  readonly trapdoor?: Trapdoor;
}

/** Cost of a G2 multiplication, and of a constraint's scalars, in G1 multiplications (measured). */
const G2_COST = 3.3;
const CONSTRAINT_COST = 0.6;
const JOB_SCALARS = 8192;
const MAX_THREADS = 16;
const HEADER_BYTES = 84 + 64 + 64 + 128 + 128 + 64 + 128;

/**
 * Writes a complete snarkjs `.zkey` (Groth16) for a circuit from the published trapdoor. Knowing tau, every point is
 * one multiplication of the generator: no powers of tau, no FFT over points.
 *
 * Layout and order of sections are those of `snarkjs.zKey.newZKey` (0.7.6). Section 10 holds no contribution and a
 * circuit hash of its own: a dev key is no transcript of a ceremony, and `zKey verify` refuses it.
 * @throws CircuitError R1CS_MALFORMED, KEYS_FAILED, ABORTED.
 */
export async function generateDevKeys(options: DevKeyOptions): Promise<{ constraints: number; coefficients: number }> {
  throwIfAborted(options.signal);
  const trapdoor = options.trapdoor ?? DEV_TRAPDOOR;
  const r1cs = await readR1csInfo(options.r1cs);
  const domain = 2 ** domainBits(r1cs.constraints, r1cs.publicSignals);
  const threads = Math.max(1, Math.min(options.threads ?? os.availableParallelism(), MAX_THREADS));
  const file = await open(options.zkey, 'w');
  const pool: Worker[] = [];
  const stop = () => Promise.all(pool.map((worker) => worker.terminate()));
  const onAbort = () => void stop();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const g1 = r1cs.wires * 3 + domain;
    const total = Math.round(r1cs.constraints * CONSTRAINT_COST + g1 + r1cs.wires * G2_COST);
    const report = progress(options, total);
    const shared = (elements: number) => new Uint8Array(new SharedArrayBuffer(elements * 32));
    const data: Omit<KeyWorkerData, 'first'> = {
      code: buildCurveCode(R_BN254),
      r1cs,
      trapdoor,
      zkey: options.zkey,
      coefOffset: 12 + (12 + 4) + (12 + HEADER_BYTES) + 12,
      widths: { g1m: bestWindow('g1m', g1 / threads), g2m: bestWindow('g2m', r1cs.wires / threads) },
      scalars: { a: shared(r1cs.wires), b: shared(r1cs.wires), c: shared(r1cs.wires), h: shared(domain) },
      trapdoorScalars: shared(4),
      next: new Int32Array(new SharedArrayBuffer(4)),
    };
    [trapdoor.alpha, trapdoor.beta, trapdoor.gamma, trapdoor.delta].forEach((k, i) => {
      data.trapdoorScalars.set(toLittleEndian(k), 32 * i);
    });
    for (let i = 0; i < threads; i++) {
      const worker = tsWorker(new URL('./devKeys.worker.ts', import.meta.url), { ...data, first: i === 0 });
      worker.setMaxListeners(20);
      pool.push(worker);
    }
    const failed = Promise.race(pool.map((worker) => failure(worker)));
    failed.catch(() => {});

    report(0, 'evaluating constraints');
    const coefficients = await Promise.race([
      scalarsOf(pool, (rows) => report(rows * CONSTRAINT_COST, 'evaluating constraints')),
      failed,
    ]);
    const { sections, jobs } = plan({ r1cs, domain, coefficients });
    await writeFrame(file, sections, r1cs, domain);
    await writeCircuitHash(file, sections, options.r1cs);

    let done = r1cs.constraints * CONSTRAINT_COST;
    const finished = pool.map(async (worker) => {
      worker.on('message', (message: KeyWorkerMessage) => {
        if (message.type !== 'job') return;
        const job = jobs[message.job];
        if (!job) return;
        done += job.count * (job.group === 'g2m' ? G2_COST : 1);
        report(done, 'computing points');
      });
      worker.postMessage(jobs);
      await messageOf(worker, 'finished');
    });
    await Promise.race([Promise.all(finished), failed]);
    report(total, 'done');
    return { constraints: r1cs.constraints, coefficients };
  } catch (cause) {
    throwIfAborted(options.signal);
    throw cause;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    await stop();
    await file.close();
  }
}

function progress(options: DevKeyOptions, total: number): (done: number, message: string) => void {
  return (done, message) => options.onProgress?.({ done: Math.min(Math.round(done), total), total, message });
}

function failure(worker: Worker): Promise<never> {
  return new Promise((_, reject) => {
    worker.on('error', (cause) => reject(new CircuitError('KEYS_FAILED', String(cause), {}, { cause })));
    worker.on('exit', () => reject(new CircuitError('KEYS_FAILED', 'a worker thread ended early')));
    worker.on('message', (message: KeyWorkerMessage) => {
      if (message.type === 'error') reject(new CircuitError(message.code, message.message, message.data));
    });
  });
}

function messageOf<T extends KeyWorkerMessage['type']>(
  worker: Worker,
  type: T,
): Promise<Extract<KeyWorkerMessage, { type: T }>> {
  return new Promise((resolve) => {
    worker.on('message', (message: KeyWorkerMessage) => {
      if (message.type === type) resolve(message as Extract<KeyWorkerMessage, { type: T }>);
    });
  });
}

async function scalarsOf(pool: readonly Worker[], onRows: (rows: number) => void): Promise<number> {
  const first = pool[0];
  if (!first) throw new CircuitError('KEYS_FAILED', 'no worker threads');
  first.on('message', (message: KeyWorkerMessage) => {
    if (message.type === 'rows') onRows(message.rows);
  });
  return (await messageOf(first, 'scalars')).coefficients;
}

interface Section {
  readonly id: number;
  readonly bytes: number;
  /** Of the contents; the 12-byte section head lies before. */
  readonly offset: number;
}

/** Sections in the order snarkjs writes them, and the jobs that fill those made of points; the dearest first. */
function plan(input: { r1cs: R1csInfo; domain: number; coefficients: number }): {
  sections: Section[];
  jobs: KeyJob[];
} {
  const { wires, publicSignals } = input.r1cs;
  const g1 = POINT_BYTES.g1m;
  const first = publicSignals + 1;
  const sizes: [id: number, bytes: number][] = [
    [1, 4],
    [2, HEADER_BYTES],
    [4, 4 + ZKEY_COEF_BYTES * input.coefficients],
    [3, g1 * first],
    [9, g1 * input.domain],
    [8, g1 * (wires - first)],
    [5, g1 * wires],
    [6, g1 * wires],
    [7, POINT_BYTES.g2m * wires],
    [10, 68],
  ];
  let end = 12;
  const sections = sizes.map(([id, bytes]) => {
    const section = { id, bytes, offset: end + 12 };
    end = section.offset + bytes;
    return section;
  });
  const at = (id: number) => sections.find((s) => s.id === id)?.offset ?? 0;
  const jobs: KeyJob[] = [];
  const fill = (group: Group, source: KeyJob['source'], from: number, count: number, offset: number) => {
    for (let i = 0; i < count; i += JOB_SCALARS) {
      const some = Math.min(JOB_SCALARS, count - i);
      jobs.push({ group, source, from: from + i, count: some, offset: offset + i * POINT_BYTES[group] });
    }
  };
  fill('g2m', 'b', 0, wires, at(7));
  fill('g1m', 'h', 0, input.domain, at(9));
  fill('g1m', 'c', first, wires - first, at(8));
  fill('g1m', 'a', 0, wires, at(5));
  fill('g1m', 'b', 0, wires, at(6));
  fill('g1m', 'c', 0, first, at(3));
  // Header: alpha1 beta1 | beta2 gamma2 | delta1 | delta2, from the scalars alpha, beta, gamma, delta.
  fill('g1m', 'trapdoor', 0, 2, at(2) + 84);
  fill('g2m', 'trapdoor', 1, 2, at(2) + 84 + 128);
  fill('g1m', 'trapdoor', 3, 1, at(2) + 84 + 384);
  fill('g2m', 'trapdoor', 3, 1, at(2) + 84 + 448);
  return { sections, jobs };
}

/** Everything but points and coefficients: magic, section heads, protocol, primes, sizes. */
async function writeFrame(
  file: FileHandle,
  sections: readonly Section[],
  r1cs: R1csInfo,
  domain: number,
): Promise<void> {
  const magic = Buffer.alloc(12);
  magic.write('zkey', 0, 'latin1');
  magic.writeUInt32LE(1, 4);
  magic.writeUInt32LE(sections.length, 8);
  await file.write(magic, 0, 12, 0);
  for (const { id, bytes, offset } of sections) {
    const head = Buffer.alloc(12);
    head.writeUInt32LE(id, 0);
    head.writeBigUInt64LE(BigInt(bytes), 4);
    await file.write(head, 0, 12, offset - 12);
  }
  const protocol = Buffer.alloc(4);
  protocol.writeUInt32LE(1, 0);
  await file.write(protocol, 0, 4, sections[0]?.offset ?? 0);
  const header = Buffer.alloc(84);
  header.writeUInt32LE(32, 0);
  header.set(toLittleEndian(Q_BN254), 4);
  header.writeUInt32LE(32, 36);
  header.set(toLittleEndian(R_BN254), 40);
  header.writeUInt32LE(r1cs.wires, 72);
  header.writeUInt32LE(r1cs.publicSignals, 76);
  header.writeUInt32LE(domain, 80);
  await file.write(header, 0, 84, sections[1]?.offset ?? 0);
}

async function writeCircuitHash(file: FileHandle, sections: readonly Section[], r1cs: string): Promise<void> {
  const hash = createHash('blake2b512').update(DEV_KEY_SEED);
  for await (const chunk of createReadStream(r1cs, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  const section = Buffer.alloc(68);
  section.set(hash.digest());
  await file.write(section, 0, 68, sections.find((s) => s.id === 10)?.offset ?? 0);
}
