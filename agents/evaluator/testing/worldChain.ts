/** A ChainPort and a LedgerSource over the real ledger of `ServiceWorld`. Tests only. */

import { unpackChannel } from '../../../protocol/account.ts';
import { hexToBytes, prefixedHex, wordHex } from '../../../protocol/bytes.ts';
import { decodeTx, encodeTx } from '../../../protocol/codec/tx.ts';
import type { ServiceWorld } from '../../../protocol/epochs/testing/serviceWorld.ts';
import { START } from '../../../protocol/epochs/testing/serviceWorld.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { actor, TEST_DOMAIN } from '../../../protocol/testing/actors.ts';
import { signTx, txHash } from '../../../protocol/tx.ts';
import type { Field, SignedTx } from '../../../protocol/types.ts';
import { MempoolRefusedError } from '../../../sdk/errors.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import type { BatchTimes, ChainPort } from '../chainPort.ts';
import type { LedgerSource } from '../ledgerSource.ts';

export class WorldChain implements ChainPort, LedgerSource {
  readonly domain = TEST_DOMAIN;
  readonly world: ServiceWorld;
  /** Seconds. */
  now = START - 50;
  /** Of the open batch; a new one begins now. */
  openedAt: number | undefined;
  fee = 0n;
  shape = { ops: 256, accounts: 64 };
  /** Batches that are proven; default: all. */
  proven: number | undefined;
  /** Batches that are on L1; default: all. */
  committed: number | undefined;
  /** Runs before a transaction is taken: a crash, or a node that is away. */
  onSend: () => void = () => undefined;
  /** Transactions that were handed to the node. */
  readonly received: Hex[] = [];
  readonly #waiting = new Map<Hex, SignedTx>();
  readonly #included = new Set<Hex>();

  constructor(world: ServiceWorld) {
    this.world = world;
  }

  time = async (): Promise<number> => this.now;
  batchTimes = async (): Promise<BatchTimes> => {
    const { batches } = this.world;
    const newest = this.openedAt ?? batches.at(-1)?.timestamp ?? 0;
    const committed = batches[(this.committed ?? batches.length) - 1]?.timestamp ?? 0;
    return { next: this.openedAt ?? this.now, newest, committed };
  };

  limits = async () => ({ fee: this.fee, ...this.shape });
  last = async (): Promise<number> => this.proven ?? this.world.batches.length;

  async batch(number: number) {
    const found = this.world.batches[number - 1];
    if (found === undefined) throw new RangeError(`no batch ${number}`);
    return { ...found, oldRoot: this.#root(number - 1), newRoot: this.#root(number) };
  }

  /** Roots that depend on all that came before, as the tree's do. */
  #root(number: number): Field {
    const before = this.world.batches.slice(0, number).flatMap(({ ops }) => ops);
    return BigInt(number * 100_000 + before.length) as Field; // small
  }

  async send(...[tx, store]: Parameters<ChainPort['send']>): Promise<void> {
    const { signer, ops, validUntil } = tx;
    const own = [...this.#waiting.values()].filter((one) => one.signer === signer).length;
    const nonce = (this.world.tree.get(signer)?.nonce ?? 0) + own;
    const signed = signTx({ signer, nonce, validUntil, ops }, actor(signer).seed, TEST_DOMAIN);
    const one = { hash: wordHex(txHash(signed, TEST_DOMAIN)), bytes: prefixedHex(encodeTx(signed)), validUntil };
    await store(one);
    await this.resend(one);
  }

  resend: ChainPort['resend'] = async ({ hash, bytes }) => {
    this.onSend();
    this.received.push(hash);
    if (this.#included.has(hash)) throw new MempoolRefusedError('NONCE_TOO_LOW', 'included');
    const tx = decodeTx(hexToBytes(bytes));
    if (tx.validUntil < this.now) throw new MempoolRefusedError('EXPIRED', 'too late');
    this.#waiting.set(hash, tx);
  };

  status: ChainPort['status'] = async (hash) => {
    if (this.#included.has(hash)) return 'included';
    return this.#waiting.has(hash) ? 'pending' : 'gone';
  };

  /** The node loses its mempool, but for the first `kept`. */
  forget(kept = 0): void {
    for (const hash of [...this.#waiting.keys()].slice(kept)) this.#waiting.delete(hash);
  }

  channel: ChainPort['channel'] = async (index) => unpackChannel(this.world.tree.get(index)?.c ?? 0n);

  key: ChainPort['key'] = async (index) => {
    const account = this.world.tree.get(index);
    if (account === undefined) throw new RangeError(`no account ${index}`);
    return [account.a, account.b];
  };

  /** A batch with what waits. Transactions that the ledger refuses are dropped. */
  include(timestamp = this.openedAt ?? this.now): void {
    this.world.batch(timestamp, (batch) => {
      for (const [hash, tx] of this.#waiting) {
        try {
          batch.applyTx(tx);
          this.#included.add(hash);
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }
    });
    this.#waiting.clear();
    this.openedAt = undefined;
  }
}
