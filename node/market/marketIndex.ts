import { setImmediate as breathe } from 'node:timers/promises';
import { claimsOf } from '../../chain/aiRecords.ts';
import type { Block } from '../../chain/block.ts';
import type { SafeEmitter } from '../../chain/emitter.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { ClaimRecord, OpLocation } from '../../chain/types.ts';
import { unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { type Account, type AccountIndex, Kind, Opcode } from '../../protocol/types.ts';
import type { SequencerEvents } from '../../sequencer/sequencerTypes.ts';
import { artefactKind } from '../backend/aiViews.ts';
import { AttestationList, type Birth, compareBirths } from './attestationList.ts';
import { ClaimTallies } from './claimTallies.ts';
import { marketError } from './errors.ts';

export interface MarketIndexDeps {
  readonly store: Pick<ChainStore, 'origins' | 'accounts' | 'claims' | 'head' | 'base'>;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
  readonly log: Logger;
}

/** What is known up to a block. */
interface View {
  readonly attestations: AttestationList;
  readonly tallies: ClaimTallies;
  /** The last block counted. */
  block: bigint;
}

/** Channels between two chances for others to run. */
const SLICE = 64;

/**
 * Attestations and settled claims as of the newest block, in memory: made from the store at the start and after a rollback, in the
 * background, and kept up with every block. A node that began with a snapshot knows of claims since then only.
 */
export class MarketIndex {
  readonly #deps: MarketIndexDeps;
  #view: View | undefined;
  #ready: Promise<void> = Promise.resolve();
  /** Blocks that came while the view is made. */
  #waiting: Block[] = [];
  /** Which making counts: the chain may go back while it is under way. */
  #round = 0;
  #isStopped = false;

  constructor(deps: MarketIndexDeps) {
    this.#deps = deps;
  }

  /** Begins to read, and follows the sequencer from here on. */
  follow(events: Pick<SafeEmitter<SequencerEvents>, 'on'>): void {
    events.on('block', (block) => this.onBlock(block));
    events.on('rolledBack', () => this.reload());
    this.reload();
  }

  /** Once everything up to the newest block is counted. @throws ChainError STORE_CORRUPT; RpcError STOPPED */
  async view(): Promise<Pick<View, 'attestations' | 'tallies'>> {
    while (!this.#isStopped) {
      await this.#ready;
      if (this.#view !== undefined) return this.#view;
    }
    throw marketError('STOPPED');
  }

  /** No reading any more; resolves when none is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#ready.catch(() => undefined);
  }

  onBlock(block: Block): void {
    if (this.#view === undefined) this.#waiting.push(block);
    else this.#count(this.#view, block);
  }

  /** Anew from the store. */
  reload(): void {
    this.#round += 1;
    this.#view = undefined;
    this.#waiting = [];
    const round = this.#round;
    const before = this.#ready.catch(() => undefined);
    this.#ready = before.then(() => this.#read(round));
    // Whoever asks is told.
    this.#ready.catch((err: unknown) => this.#deps.log.error({ err }, 'the market could not be read from the store'));
  }

  async #read(round: number): Promise<void> {
    const startedMs = performance.now();
    const { store, account, log } = this.#deps;
    // What comes later waits, or has come already and waits, too.
    const view: View = { attestations: new AttestationList(), tallies: new ClaimTallies(), block: store.head.block };
    const isOff = (): boolean => this.#isStopped || round !== this.#round;
    let claims = 0;
    let seen = 0;
    for (const [index, birth] of await this.#births(view.block, isOff)) {
      seen += 1;
      if (seen % SLICE === 0) await breathe();
      if (isOff()) return;
      const found = account(index);
      if (found?.kind === Kind.ATTEST) listAttestation(view, index, found, birth);
      if (found?.kind !== Kind.CHANNEL) continue;
      countChannel(view, found);
      if (found.nonce === 0) continue;
      for await (const claim of store.claims(index)) {
        if (isOff()) return;
        if (claim.block > view.block) continue;
        countClaim(view, index, found, claim);
        claims += 1;
      }
    }
    if (isOff()) return;
    for (const block of this.#waiting) this.#count(view, block);
    this.#waiting = [];
    this.#view = view;
    log.info({ claims, accounts: seen, ms: Math.round(performance.now() - startedMs) }, 'the market is read');
  }

  /** Channels and attestations up to a block, in the order in which they came to be. */
  async #births(upTo: bigint, isOff: () => boolean): Promise<readonly (readonly [AccountIndex, Birth])[]> {
    const { store } = this.#deps;
    const births: (readonly [AccountIndex, OpLocation])[] = [];
    for await (const birth of store.origins()) {
      if (isOff()) return [];
      if (birth[1].block <= upTo) births.push(birth);
    }
    births.sort(([, x], [, y]) => compareBirths(x, y));
    if (store.base === undefined) return births;
    // A chain that began with a snapshot does not know what created the accounts in it: they come first.
    const known = new Set(births.map(([index]) => index));
    const older: (readonly [AccountIndex, Birth])[] = [];
    for await (const [index, { kind }] of store.accounts()) {
      if (isOff()) return [];
      if (kind !== Kind.KEY && !known.has(index)) older.push([index, { block: 0n, position: 0, op: index }]);
    }
    return [...older, ...births];
  }

  #count(view: View, block: Block): void {
    // It was in the store when that was read.
    if (block.number <= view.block) return;
    view.block = block.number;
    const { account } = this.#deps;
    for (const [position, tx] of block.txs.entries()) {
      for (const [op, { opcode, to }] of tx.ops.entries()) {
        const made = opcode === Opcode.ATTEST || opcode === Opcode.OPEN ? account(to) : undefined;
        if (made?.kind === Kind.ATTEST) listAttestation(view, to, made, { block: block.number, position, op });
        if (made?.kind === Kind.CHANNEL) countChannel(view, made);
      }
      const { number, batch, timestamp } = block;
      // The hash is not counted.
      const location = { block: number, batch, position, timestamp, txHash: 0n as ClaimRecord['txHash'] };
      for (const { channel, claim } of claimsOf(tx, location)) {
        const found = account(channel);
        if (found !== undefined) countClaim(view, channel, found, claim);
      }
    }
  }
}

function listAttestation({ attestations }: View, index: AccountIndex, account: Account, birth: Birth): void {
  const { subtype, owner, parent } = unpackAttestation(account.c);
  attestations.add({ index, kind: artefactKind(subtype), owner, parent, birth });
}

function countChannel({ tallies }: View, { c }: Account): void {
  const { model } = unpackChannel(c);
  if (model !== 0) tallies.addChannel(model);
}

function countClaim({ tallies }: View, channel: AccountIndex, { c, token }: Account, claim: ClaimRecord): void {
  const { amount, fee, royalty, timestamp } = claim;
  tallies.add({ channel, terms: unpackChannel(c), token, amount, fee, royalty, timestamp });
}
