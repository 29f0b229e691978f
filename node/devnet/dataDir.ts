import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { DevDeployment } from './deployment.ts';

const hex = z.custom<`0x${string}`>((value) => typeof value === 'string' && /^0x[0-9a-fA-F]*$/.test(value));
const schema: z.ZodType<DevDeployment> = z.object({
  rollup: hex,
  // Devnets of before there was one: their circuits' keys are others as well, which is what the user is told.
  attestations: hex.default('0x0000000000000000000000000000000000000000'),
  evmLane: hex.default('0x0000000000000000000000000000000000000000'),
  registry: hex.optional(),
  deployedAt: z.int(),
  tokens: z.array(z.object({ id: z.int(), address: hex, symbol: z.string() })),
  shapes: z.array(z.enum(['small', 'dev', 'medium', 'large'])),
  keyHashes: z.record(z.string(), z.string()),
});

/** Files of one devnet. Without a folder of its own it is temporary and leaves nothing behind. */
export class DevnetDir {
  readonly path: string;
  readonly isTemporary: boolean;

  private constructor(path: string, isTemporary: boolean) {
    this.path = path;
    this.isTemporary = isTemporary;
  }

  static async open(path: string | undefined): Promise<DevnetDir> {
    if (path === undefined) return new DevnetDir(await mkdtemp(join(tmpdir(), 'engram-devnet-')), true);
    await mkdir(path, { recursive: true });
    return new DevnetDir(resolve(path), false);
  }

  /** anvil's state. */
  get l1State(): string {
    return join(this.path, 'l1-state.json');
  }

  async hasL1State(): Promise<boolean> {
    return (await stat(this.l1State).catch(() => undefined)) !== undefined;
  }

  get node(): string {
    return join(this.path, 'node');
  }

  /** Undefined on the first run. @throws if the file is damaged */
  async deployment(): Promise<DevDeployment | undefined> {
    const text = await readFile(this.#file('deployment.json'), 'utf8').catch(() => undefined);
    return text === undefined ? undefined : schema.parse(JSON.parse(text));
  }

  saveDeployment(deployment: DevDeployment): Promise<void> {
    return this.#write('deployment.json', JSON.stringify(deployment, null, 2));
  }

  /** Process group of the L1 that was started last; 0: it was stopped. */
  async l1Pid(): Promise<number> {
    const text = await readFile(this.#file('l1.pid'), 'utf8').catch(() => '0');
    return Number.parseInt(text, 10) || 0;
  }

  saveL1Pid(pid: number): Promise<void> {
    return this.#write('l1.pid', String(pid));
  }

  /** What was given to programs of an earlier run with the same folder. */
  async programPids(): Promise<number[]> {
    const text = await readFile(this.#file('programs.pid'), 'utf8').catch(() => '');
    return text
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 1);
  }

  saveProgramPids(pids: readonly number[]): Promise<void> {
    return this.#write('programs.pid', pids.join('\n'));
  }

  /** Who is staked since the deployment; undefined on the first run. */
  async validators(): Promise<string | undefined> {
    return readFile(this.#file('validators'), 'utf8').catch(() => undefined);
  }

  saveValidators(text: string): Promise<void> {
    return this.#write('validators', text);
  }

  /** Whether the funding was done. */
  async isFunded(): Promise<boolean> {
    return (await readFile(this.#file('funded'), 'utf8').catch(() => '')) !== '';
  }

  saveFunded(): Promise<void> {
    return this.#write('funded', 'yes');
  }

  /** How far its time is ahead of the real one. */
  async aheadSeconds(): Promise<number> {
    const text = await readFile(this.#file('ahead'), 'utf8').catch(() => '0');
    return Number.parseInt(text, 10) || 0;
  }

  saveAheadSeconds(seconds: number): Promise<void> {
    return this.#write('ahead', String(seconds));
  }

  /** Removes a temporary folder. */
  async dispose(): Promise<void> {
    if (this.isTemporary) await rm(this.path, { recursive: true, force: true });
  }

  #file(name: string): string {
    return join(this.path, name);
  }

  async #write(name: string, text: string): Promise<void> {
    const temporary = `${this.#file(name)}.tmp`;
    await writeFile(temporary, text);
    await rename(temporary, this.#file(name));
  }
}
