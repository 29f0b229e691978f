import { toHex } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { type AttestationDomain, attestationTypedData } from '../../bridge/client/attestation.ts';
import { type Db, type DbOp, put } from '../../chain/db.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { ValidatorError } from './errors.ts';
import { batchOfKey, type HistoryOf, historyKeys } from './historyKeys.ts';

export interface SigningGuardOptions {
  readonly domain: AttestationDomain;
  readonly account: PrivateKeyAccount;
}

/**
 * The only way to a key's attestations. Two signatures for one batch with different commitments cost the whole stake, whoever's fault it was
 * (an L1 reorg, a node that came back with an old database), so what is signed is on disk, synced, before the signature exists. What is not known
 * for certain any more is not signed.
 */
export class SigningGuard {
  readonly signer: Hex;
  readonly #account: PrivateKeyAccount;
  readonly #domain: AttestationDomain;
  readonly #of: HistoryOf;
  readonly #db: Db;
  /** What is asked at once is answered one after the other: two first signatures for one batch would both find nothing. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor({ domain, account }: SigningGuardOptions, { db }: { db: Db }) {
    this.#account = account;
    this.#domain = domain;
    this.#db = db;
    this.signer = account.address.toLowerCase() as Hex; // still an address
    this.#of = { ...domain, signer: this.signer };
  }

  /**
   * The signature over a commitment, 65 bytes; the same for the same.
   * @throws ValidatorError WOULD_EQUIVOCATE, BELOW_HISTORY
   */
  sign(batch: number, commitment: bigint): Promise<Hex> {
    return this.#inTurn(async () => {
      const key = historyKeys.signed(this.#of, batch);
      const word = toHex(commitment, { size: 32 });
      const signed = await this.#db.get(key);
      if (signed === undefined) {
        const floor = await this.#floor();
        if (batch <= floor) throw new ValidatorError('BELOW_HISTORY', { batch, floor });
        await this.#db.write([put(key, word)]);
      } else if (signed !== word) {
        throw new ValidatorError('WOULD_EQUIVOCATE', { batch, signer: this.signer, signed, refused: word });
      }
      return this.#account.signTypedData(attestationTypedData(this.#domain, batch, commitment));
    });
  }

  /** What was signed for a batch. */
  async signed(batch: number): Promise<Hex | undefined> {
    return (await this.#db.get(historyKeys.signed(this.#of, batch))) as Hex | undefined; // as written above
  }

  /** The newest batch that was signed for; 0: none. */
  async lastSigned(): Promise<number> {
    for await (const [key] of this.#db.range({ ...historyKeys.all(this.#of), reverse: true, limit: 1 })) {
      return batchOfKey(key);
    }
    return 0;
  }

  /** Forgets what was signed up to a batch, and never signs for these again. At most `limit` records at once. */
  forget(upTo: number, { limit = 1_000 } = {}): Promise<void> {
    return this.#inTurn(async () => {
      if (upTo <= (await this.#floor())) return;
      const ops: DbOp[] = [];
      let last = 0;
      for await (const [key] of this.#db.range({ ...historyKeys.all(this.#of), limit })) {
        const batch = batchOfKey(key);
        if (batch > upTo) break;
        ops.push({ type: 'del', key });
        last = batch;
      }
      // The floor only rises to what is really gone or never was, in the same write.
      const floor = ops.length < limit ? upTo : last;
      await this.#db.write([put(historyKeys.floor(this.#of), String(floor)), ...ops]);
    });
  }

  async #floor(): Promise<number> {
    return Number((await this.#db.get(historyKeys.floor(this.#of))) ?? 0);
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
