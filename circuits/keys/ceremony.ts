import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CeremonyManifest } from '../build/artifacts.ts';
import { CircuitError, type CircuitErrorCode } from '../build/errors.ts';
import { terminateSnarkjs } from '../build/snarkCurve.ts';
import { solidityVerifier } from '../build/solidityVerifier.ts';
import { isDevKey, refuseForgeableKey } from './checks.ts';
import { type SnarkLogger, snarkSetup } from './snarkSetup.ts';
import { readVerifyingKey, type VerifyingKey, zkeyInfo } from './vkey.ts';

/**
 * A phase-2 ceremony, file in, file out, over snarkjs. Each step writes a new file under its final name only when it
 * is whole and leaves the old one alone, so that every file of the transcript can be published. Steps end snarkjs's
 * worker threads, without which the process would never exit: run none beside a proof in the same process.
 */
export interface CeremonyOptions {
  /** Every line snarkjs logs. */
  readonly onLine?: ((level: keyof SnarkLogger, line: string) => void) | undefined;
}

/** Sections of a `.ptau` with the Lagrange bases, without which no `.zkey` can be made. */
const PREPARED_SECTIONS: readonly number[] = [12, 13, 14, 15];

/**
 * Verifies a public powers-of-tau file, then prepares it for phase 2 unless it is prepared (then `out` is a copy).
 * @throws CircuitError PTAU_INVALID with what snarkjs found.
 */
export function importPtau(
  files: { ptau: string; out: string },
  options: CeremonyOptions = {},
): Promise<{ wasPrepared: boolean }> {
  return step('PTAU_INVALID', options, async (logger) => {
    const sections = await ptauSections(files.ptau);
    if (!(await snarkSetup.powersOfTau.verify(files.ptau, logger))) return undefined;
    const wasPrepared = PREPARED_SECTIONS.every((id) => sections.has(id));
    await publish(files.out, (tmp) =>
      wasPrepared ? copyFile(files.ptau, tmp) : snarkSetup.powersOfTau.preparePhase2(files.ptau, tmp, logger),
    );
    return { wasPrepared };
  });
}

/**
 * The key before any contribution. It has gamma = delta and proves nothing yet; `exportKeys` refuses it.
 * @throws CircuitError CEREMONY_INVALID, e.g. if the circuit is too large for the ptau.
 */
export function newKey(
  files: { r1cs: string; ptau: string; out: string },
  options: CeremonyOptions = {},
): Promise<{ circuitHash: string }> {
  return step('CEREMONY_INVALID', options, async (logger) => {
    let hash: Uint8Array | -1 = -1;
    await publish(files.out, async (tmp) => {
      hash = await snarkSetup.zKey.newZKey(files.r1cs, files.ptau, tmp, logger);
      return hash !== -1;
    });
    return hash === -1 ? undefined : { circuitHash: Buffer.from(hash).toString('hex') };
  });
}

/**
 * Adds a contribution: 64 bytes of the operating system's randomness, and the contributor's own words if any.
 * The secret is dropped with the process; one honest contributor makes the key sound.
 */
export function contribute(
  files: { zkey: string; out: string },
  contribution: { name: string; words?: string },
  options: CeremonyOptions = {},
): Promise<{ contributionHash: string }> {
  return step('CEREMONY_INVALID', options, async (logger) => {
    const entropy = randomBytes(64).toString('hex') + (contribution.words ?? '');
    let hash: Uint8Array | undefined;
    await publish(files.out, async (tmp) => {
      hash = await snarkSetup.zKey.contribute(files.zkey, tmp, contribution.name, entropy, logger);
    });
    return hash && { contributionHash: Buffer.from(hash).toString('hex') };
  });
}

/**
 * Closes the ceremony with a public random value nobody could foresee (a block hash, a drand round), hashed
 * 2^iterationsExp times.
 * @throws CircuitError CEREMONY_INVALID if the value is not hex or the exponent outside 10 … 63.
 */
export function beacon(
  files: { zkey: string; out: string },
  value: { hash: string; iterationsExp: number; name: string },
  options: CeremonyOptions = {},
): Promise<{ contributionHash: string }> {
  return step('CEREMONY_INVALID', options, async (logger) => {
    let hash: Uint8Array | false = false;
    const hex = value.hash.replace(/^0x/, '');
    await publish(files.out, async (tmp) => {
      hash = await snarkSetup.zKey.beacon(files.zkey, tmp, value.name, hex, value.iterationsExp, logger);
      return hash !== false;
    });
    return hash === false ? undefined : { contributionHash: Buffer.from(hash).toString('hex') };
  });
}

/**
 * Checks the whole transcript: that the key belongs to this circuit and this ptau and that every contribution built
 * on the one before.
 * @throws CircuitError CEREMONY_INVALID.
 */
export function verifyKey(
  files: { r1cs: string; ptau: string; zkey: string },
  options: CeremonyOptions = {},
): Promise<{ contributions: number }> {
  return step('CEREMONY_INVALID', options, async (logger) => {
    if (!(await snarkSetup.zKey.verifyFromR1cs(files.r1cs, files.ptau, files.zkey, logger))) return undefined;
    return { contributions: (await zkeyInfo(files.zkey)).contributions };
  });
}

export interface ExportedKeys {
  readonly contributions: number;
  readonly vkey: VerifyingKey;
  /** `<name>.zkey`, `.vkey.json`, `.sol` and the manifest `.json`, which `ensureArtifacts` reads with `keysDir`. */
  readonly files: {
    readonly zkey: string;
    readonly vkey: string;
    readonly solidity: string;
    readonly manifest: string;
  };
}

/**
 * Verifies the transcript and writes what a node and a deployment need.
 * @throws CircuitError CEREMONY_INVALID, GAMMA_EQUALS_DELTA if nobody has contributed, DEV_KEY_REFUSED.
 */
export async function exportKeys(
  files: { r1cs: string; ptau: string; zkey: string; outDir: string },
  circuit: { name: string; circuitHash: string; contractName: string },
  options: CeremonyOptions = {},
): Promise<ExportedKeys> {
  const { contributions } = await verifyKey(files, options);
  const vkey = await readVerifyingKey(files.zkey);
  refuseForgeableKey(vkey);
  if (isDevKey(vkey))
    throw new CircuitError('DEV_KEY_REFUSED', 'the ptau is that of the published dev secret', { ptau: files.ptau });
  await mkdir(files.outDir, { recursive: true });
  const at = (suffix: string) => path.join(files.outDir, `${circuit.name}.${suffix}`);
  const out = { zkey: at('zkey'), vkey: at('vkey.json'), solidity: at('sol'), manifest: at('json') };
  await publish(out.zkey, (tmp) => copyFile(files.zkey, tmp));
  const manifest: CeremonyManifest = {
    circuit: circuit.name,
    circuitHash: circuit.circuitHash,
    zkeyHash: await sha256(out.zkey),
  };
  await publish(out.vkey, (tmp) => writeFile(tmp, `${JSON.stringify(vkey, null, 1)}\n`));
  await publish(out.solidity, (tmp) => writeFile(tmp, solidityVerifier(vkey, circuit.contractName)));
  await publish(out.manifest, (tmp) => writeFile(tmp, `${JSON.stringify(manifest, null, 1)}\n`));
  return { contributions, vkey, files: out };
}

/** Runs one call into snarkjs; `undefined` or an exception of its own means that it refused. */
async function step<T>(
  code: CircuitErrorCode,
  options: CeremonyOptions,
  work: (logger: SnarkLogger) => Promise<T | undefined>,
): Promise<T> {
  const complaints: string[] = [];
  const sink = (level: keyof SnarkLogger) => (line: string) => {
    if (level === 'error') complaints.push(line);
    options.onLine?.(level, line);
  };
  const logger = { debug: sink('debug'), info: sink('info'), warn: sink('warn'), error: sink('error') };
  try {
    const result = await work(logger);
    if (result !== undefined) return result;
  } catch (cause) {
    if (cause instanceof CircuitError || (cause as NodeJS.ErrnoException).code === 'ENOENT') throw cause;
    throw new CircuitError(code, cause instanceof Error ? cause.message : String(cause), {}, { cause });
  } finally {
    await terminateSnarkjs();
  }
  throw new CircuitError(code, complaints.join('; ') || 'refused by snarkjs');
}

/** Writes beside `file`, then renames; `write` returning false means that there is nothing to publish. */
async function publish(file: string, write: (tmp: string) => Promise<unknown>): Promise<void> {
  const tmp = `${file}.tmp-${process.pid}`;
  try {
    if ((await write(tmp)) !== false) await rename(tmp, file);
  } finally {
    await rm(tmp, { force: true });
  }
}

/** Ids of the sections of a `.ptau`. @throws CircuitError PTAU_INVALID. */
async function ptauSections(file: string): Promise<ReadonlySet<number>> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(12);
    await handle.read(head, 0, 12, 0);
    if (head.toString('latin1', 0, 4) !== 'ptau') throw new CircuitError('PTAU_INVALID', 'not a ptau file', { file });
    const ids = new Set<number>();
    const count = head.readUInt32LE(8);
    for (let i = 0, offset = 12; i < count; i++) {
      const { bytesRead } = await handle.read(head, 0, 12, offset);
      if (bytesRead !== 12) throw new CircuitError('PTAU_INVALID', 'ends early', { file });
      ids.add(head.readUInt32LE(0));
      offset += 12 + Number(head.readBigUInt64LE(4));
    }
    return ids;
  } finally {
    await handle.close();
  }
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
