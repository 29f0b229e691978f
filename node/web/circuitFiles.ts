import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { type ArtifactOptions, type Artifacts, ensureArtifacts } from '../../circuits/build/artifacts.ts';

const NAMES = { 'circuit.wasm': 'wasm', 'circuit.zkey': 'zkey', 'vkey.json': 'vkey' } as const;

export const CIRCUIT_FILES = ['circuit.wasm', 'circuit.zkey', 'vkey.json'] as const satisfies (keyof typeof NAMES)[];

export function circuitType(name: (typeof CIRCUIT_FILES)[number]): string {
  return name === 'vkey.json' ? 'application/json; charset=utf-8' : 'application/octet-stream';
}

export interface CircuitFile {
  readonly type: string;
  readonly size: number;
  open(): Readable;
}

/** Look again for artifacts that were not there. */
const AGAIN_MS = 30_000;

/**
 * The circuit of account proofs as the machine has it: with its keys it lets a browser escape by itself. What is not there is not
 * made: a ceremony, or minutes of dev keys, are for an operator to start, not for a request.
 */
export class CircuitFiles {
  readonly #options: ArtifactOptions;
  readonly #nowMs: () => number;
  #found: Promise<Artifacts | undefined> | undefined;
  #lookedAtMs = 0;

  constructor(options: Pick<ArtifactOptions, 'cacheDir' | 'keysDir'>, nowMs: () => number = () => performance.now()) {
    this.#options = options;
    this.#nowMs = nowMs;
  }

  /** undefined: they are not there. */
  async artifacts(): Promise<Artifacts | undefined> {
    const known = await this.#found;
    if (known !== undefined || (this.#found !== undefined && this.#nowMs() - this.#lookedAtMs < AGAIN_MS)) return known;
    this.#lookedAtMs = this.#nowMs();
    // Cancelled before it begins, it finds what is there and makes nothing.
    const signal = AbortSignal.abort();
    this.#found = ensureArtifacts('account-proof', { ...this.#options, signal }).catch(() => undefined);
    return this.#found;
  }

  /** For `WebConfig.accountProof`: relative to the page; the hash lets browsers keep them. */
  async urls(): Promise<{ wasm: string; zkey: string; vkey: string } | undefined> {
    const found = await this.artifacts();
    if (found === undefined) return undefined;
    const base = `./circuits/account-proof/${found.hash}`;
    return { wasm: `${base}/circuit.wasm`, zkey: `${base}/circuit.zkey`, vkey: `${base}/vkey.json` };
  }

  /** One of the three files, by hash and name; undefined for anything else. */
  async file(hash: string, name: string): Promise<CircuitFile | undefined> {
    const found = await this.artifacts();
    if (found === undefined || hash !== found.hash || !isName(name)) return undefined;
    const full = found[NAMES[name]];
    const size = (await stat(full).catch(() => undefined))?.size;
    if (size === undefined) return undefined;
    return { type: circuitType(name), size, open: () => createReadStream(full) };
  }
}

function isName(name: string): name is keyof typeof NAMES {
  return Object.hasOwn(NAMES, name);
}
