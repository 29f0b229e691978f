/** Transactions of the gas bench: what fills a batch of a shape. Deterministic. */
import { createHash } from 'node:crypto';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { hexToBytes } from '../../protocol/bytes.ts';
import { actor, attest, claimOp, exit, open, signed, transfer, withVoucher } from '../../protocol/testing/actors.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import type { Field, Shape, SignedTx } from '../../protocol/types.ts';

export const ARTEFACT_SHA256 = `0x${createHash('sha256').update('weights').digest('hex')}` as const;

const ETHER = 10n ** 18n;
const VALID_UNTIL = 2 ** 40 - 1;
/** A usual fee: five bytes that are not zero. */
const FEE = 21_000_000_000n;

interface Domain {
  readonly domain: Field;
}

export class GasWorkload {
  /** Accounts made by deposits: they sign; account 1 pays, account 2 serves. */
  readonly signers: number;
  readonly model: number;
  readonly firstChannel: number;
  /** One voucher takes a signature slot, the bundle one; the set-up batch holds all accounts and two exits besides. */
  readonly channels: number;
  readonly #shape: Shape;

  constructor(shape: Shape) {
    this.#shape = shape;
    this.signers = Math.min(8, shape.L);
    this.model = this.signers + 1;
    this.firstChannel = this.model + 1;
    this.channels = Math.min(shape.S - 1, shape.N - 3, shape.A - this.signers - 1);
  }

  /** Two exits, to an address that never held anything on L1 and to the sender; a model; and channels to account 2. */
  setUp({ domain }: Domain, to: `0x${string}`): SignedTx[] {
    const channel = { provider: 2, voucherKey: actor(9), model: this.model, amount: ETHER / 1000n, expiry: 2 ** 39 };
    const ops = [
      exit(1, BigInt(to), ETHER / 100n),
      exit(1, 0xacc0000000000000000000000000000000000001n, ETHER / 100n),
      attest(1, this.model, { artefact: artefactCommitment(hexToBytes(ARTEFACT_SHA256)), royaltyBps: 500 }),
      ...Array.from({ length: this.channels }, (_, i) => open(1, this.firstChannel + i, channel)),
    ];
    return [signed(actor(1), { signer: 1, nonce: 0, ops, validUntil: VALID_UNTIL }, domain)];
  }

  /** Account 2 claims of so many channels, with a receipts root and a royalty each. */
  claims({ domain }: Domain, nonce: number, channels: number): SignedTx[] {
    const receiptsRoot = EMPTY_ROOT; // any canonical word without zero bytes to speak of
    const parts = { total: ETHER / 2000n, royaltyBps: 500, receiptsRoot, fee: FEE };
    const ops = Array.from({ length: channels }, (_, i) =>
      withVoucher(claimOp(this.firstChannel + i, 2, parts), actor(9), domain),
    );
    return [signed(actor(2), { signer: 2, nonce, ops, validUntil: VALID_UNTIL }, domain)];
  }

  /** As many bundles as there are signers or signature slots, together filling every op slot. */
  fullOfTransfers({ domain }: Domain): SignedTx[] {
    const txCount = Math.min(this.#shape.S, this.#shape.N);
    const sizes = Array.from(
      { length: txCount },
      (_, t) => Math.floor((this.#shape.N * (t + 1)) / txCount) - Math.floor((this.#shape.N * t) / txCount),
    );
    const nonces = new Map<number, number>([[1, 1]]);
    return sizes.map((size, t) => {
      const signer = 1 + (t % this.signers);
      const nonce = nonces.get(signer) ?? 0;
      nonces.set(signer, nonce + 1);
      const ops = Array.from({ length: size }, (_, i) => {
        const to = 1 + ((signer + i) % this.signers);
        return transfer(signer, to, 1_234_567_890_123_456n + BigInt(i), { fee: FEE });
      });
      return signed(actor(signer), { signer, nonce, ops, validUntil: VALID_UNTIL }, domain);
    });
  }
}
