import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import { parsePeerAddress } from './address.ts';

/** Peers of each kind, and addresses of one. */
const MOST_GOOD = 256;
const MOST_HEARD = 256;
const ADDRESSES_PER_PEER = 4;
/** A peer that was ours is soon tried again; one only heard of is given up quickly. */
const RETRY_MS = 1_000;
const RETRY_MAX_MS = { boot: 30_000, good: 30_000, heard: 600_000 };
const HEARD_ATTEMPTS = 4;
const LASTING_MS = 15_000;
const GOOD_FORGOTTEN_MS = 30 * 24 * 3_600_000;

const FILE = z.object({
  version: z.literal(1),
  peers: z
    .array(z.object({ addresses: z.array(z.string()).max(ADDRESSES_PER_PEER), seenMs: z.number() }))
    .max(MOST_GOOD),
});

interface Entry {
  readonly peer: string;
  kind: 'boot' | 'good' | 'heard';
  addresses: string[];
  /** When it was last connected, in milliseconds since 1970; 0: never. */
  seenMs: number;
  failures: number;
  nextTryMs: number;
}

/** Addresses of peers: of the configuration, of those that were connected (kept over restarts), and of those only heard of. Bounded. */
export class AddressBook {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();
  #isChanged = false;

  private constructor(file: string, deps: { clock: Clock; log: Logger }) {
    this.#file = file;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** A file that is missing or damaged is an empty book: everything in it can be found again. */
  static async open(
    options: { file: string; bootnodes: readonly string[] },
    deps: { clock: Clock; log: Logger },
  ): Promise<AddressBook> {
    const book = new AddressBook(options.file, deps);
    await book.#load();
    for (const address of options.bootnodes) book.#put(address, 'boot');
    return book;
  }

  get size(): number {
    return this.#entries.size;
  }

  addresses(peer: string): readonly string[] {
    return this.#entries.get(peer)?.addresses ?? [];
  }

  /** Somebody said so. */
  hear(address: string): void {
    this.#put(address, 'heard');
  }

  /** The peer is one of ours, and reachable at `addresses` as far as they are known. */
  connected(peer: string, addresses: readonly string[]): void {
    for (const address of addresses) if (parsePeerAddress(address)?.peer === peer) this.#put(address, 'good');
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    entry.seenMs = this.#clock.nowMs();
    this.#isChanged = true;
  }

  /** After a connection that lasted it is tried again at once; one that ended soon is a failure, whoever ended it. */
  disconnected(peer: string, lastedMs: number): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    if (lastedMs < LASTING_MS) {
      this.failed(peer);
      return;
    }
    entry.seenMs = this.#clock.nowMs();
    entry.failures = 0;
    entry.nextTryMs = entry.seenMs + RETRY_MS;
  }

  failed(peer: string): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    entry.failures += 1;
    if (entry.kind === 'heard' && entry.failures >= HEARD_ATTEMPTS) this.#entries.delete(peer);
    const pauseMs = Math.min(RETRY_MAX_MS[entry.kind], RETRY_MS * 2 ** Math.min(20, entry.failures));
    entry.nextTryMs = this.#clock.nowMs() + pauseMs;
  }

  /** Of another chain, or banned: not dialled by ourselves for a long time. */
  drop(peer: string): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    if (entry.kind !== 'boot') this.#entries.delete(peer);
    else entry.nextTryMs = this.#clock.nowMs() + RETRY_MAX_MS.heard;
    this.#isChanged = true;
  }

  /** Peers whose turn it is to be dialled: of the configuration first, then those that were connected last. */
  candidates(isExcluded: (peer: string) => boolean): readonly { peer: string; addresses: readonly string[] }[] {
    const now = this.#clock.nowMs();
    const rank = { boot: 0, good: 1, heard: 2 };
    return [...this.#entries.values()]
      .filter(({ peer, nextTryMs }) => nextTryMs <= now && !isExcluded(peer))
      .sort((a, b) => rank[a.kind] - rank[b.kind] || b.seenMs - a.seenMs);
  }

  /** Written beside and renamed, so that a crash leaves the old one. Only if something has changed; a failure is logged. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const peers = [...this.#entries.values()]
      .filter(({ seenMs }) => seenMs > 0)
      .map(({ addresses, seenMs }) => ({ addresses, seenMs }));
    try {
      await mkdir(dirname(this.#file), { recursive: true });
      const temporary = `${this.#file}.tmp`;
      const handle = await open(temporary, 'w', 0o600);
      await handle.writeFile(`${JSON.stringify({ version: 1, peers }, null, 1)}\n`).finally(() => handle.close());
      await rename(temporary, this.#file);
    } catch (err) {
      this.#log.warn({ err, file: this.#file }, 'address book not written');
    }
  }

  async #load(): Promise<void> {
    try {
      const { peers } = FILE.parse(JSON.parse(await readFile(this.#file, 'utf8')));
      for (const { addresses, seenMs } of peers) {
        if (this.#clock.nowMs() - seenMs > GOOD_FORGOTTEN_MS) continue;
        for (const address of addresses) {
          this.#put(address, 'good');
          const entry = this.#entries.get(parsePeerAddress(address)?.peer ?? '');
          if (entry !== undefined) entry.seenMs = seenMs;
        }
      }
    } catch (err) {
      // Node's errors carry their code as `code`.
      if ((err as NodeJS.ErrnoException).code === 'ENOENT') return;
      this.#log.warn({ err, file: this.#file }, 'address book not readable');
    }
  }

  #put(address: string, kind: Entry['kind']): void {
    const parsed = parsePeerAddress(address);
    if (parsed === undefined) return;
    const { peer } = parsed;
    const entry = this.#entries.get(peer) ?? { peer, kind, addresses: [], seenMs: 0, failures: 0, nextTryMs: 0 };
    const isBetter = kind === 'boot' || (kind === 'good' && entry.kind === 'heard');
    if (isBetter) entry.kind = kind;
    // What is known of a peer is not overwritten by what somebody says of it.
    if (!entry.addresses.includes(address) && (kind !== 'heard' || entry.kind === 'heard')) {
      entry.addresses = [address, ...entry.addresses].slice(0, ADDRESSES_PER_PEER);
      this.#isChanged = true;
    }
    this.#entries.set(peer, entry);
    this.#makeRoom('heard', MOST_HEARD);
    this.#makeRoom('good', MOST_GOOD);
  }

  #makeRoom(kind: Entry['kind'], most: number): void {
    const entries = [...this.#entries.values()].filter((entry) => entry.kind === kind);
    if (entries.length <= most) return;
    const worst = entries.reduce((a, b) =>
      b.failures > a.failures || (b.failures === a.failures && b.seenMs < a.seenMs) ? b : a,
    );
    this.#entries.delete(worst.peer);
  }
}
