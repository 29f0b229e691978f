import { sha256 } from '@noble/hashes/sha2.js';
import { packAttestation, packChannel, royaltyOf } from '../account.ts';
import { artefactCommitment } from '../attestation.ts';
import { bigintToBytes } from '../bytes.ts';
import { publicKey } from '../crypto/eddsa.ts';
import { computeDomain } from '../domain.ts';
import { accountIndex } from '../ids.ts';
import { signTx } from '../tx.ts';
import { type Field, type Op, Opcode, type Point, type Signature, type SignedTx, Subtype } from '../types.ts';
import { signVoucher } from '../voucher.ts';

/** The deployment that tests and vectors sign for. */
export const TEST_DOMAIN: Field = computeDomain({
  l1ChainId: 31337n,
  rollup: 0x5fbdb2315678afecb367f032d93f642f64180aa3n,
  l2ChainId: 7001n,
});

export const TEST_TIME = 1_800_000_000;

/** A person in a test: a key, an Ethereum address, and the means to sign. Derived from a number, so fit for tests only. */
export interface Actor {
  readonly seed: Uint8Array;
  readonly key: Point;
  readonly address: bigint;
}

const actors = new Map<number, Actor>();

export function actor(n: number): Actor {
  const known = actors.get(n);
  if (known !== undefined) return known;
  const seed = bigintToBytes(0x656e6772616d0000n + BigInt(n), 32);
  const made: Actor = { seed, key: publicKey(seed), address: 0xacc0000000000000000000000000000000000000n + BigInt(n) };
  actors.set(n, made);
  return made;
}

export function transfer(
  from: number,
  to: number,
  amount: bigint,
  more: { fee?: bigint; memo?: readonly Field[] } = {},
): Op {
  return {
    opcode: Opcode.TRANSFER,
    from: accountIndex(from),
    to: accountIndex(to),
    amount,
    fee: more.fee ?? 0n,
    payload: more.memo ?? [],
  };
}

/** `to` is the index a sequencer would assign; a user would leave it at 0 and sign the same message. */
export function register(from: number, to: number, owner: Actor, amount: bigint, fee = 0n): Op {
  // The cast: 160 bits are below the field's order.
  const payload = [owner.key[0], owner.key[1], owner.address as Field];
  return { opcode: Opcode.REGISTER, from: accountIndex(from), to: accountIndex(to), amount, fee, payload };
}

export function exit(from: number, recipient: bigint, amount: bigint, fee = 0n): Op {
  return {
    opcode: Opcode.EXIT,
    from: accountIndex(from),
    to: accountIndex(0),
    amount,
    fee,
    payload: [recipient as Field],
  };
}

/** The commitment of an artefact that exists in name only. */
export function artefact(name: string): Field {
  return artefactCommitment(sha256(new TextEncoder().encode(name)));
}

/** `to`: as for `register`. The owner is `from`. */
export function attest(
  from: number,
  to: number,
  parts: {
    artefact?: Field;
    provenance?: Field;
    parent?: number;
    royaltyBps?: number;
    subtype?: number;
    amount?: bigint;
    fee?: bigint;
  } = {},
): Op {
  const { parent = 0, royaltyBps = 0, subtype = Subtype.MODEL, amount = 0n, fee = 0n } = parts;
  const c = packAttestation({ owner: accountIndex(from), parent: accountIndex(parent), royaltyBps, subtype });
  const payload = [parts.artefact ?? artefact(`artefact ${to}`), parts.provenance ?? (0n as Field), c];
  return { opcode: Opcode.ATTEST, from: accountIndex(from), to: accountIndex(to), amount, fee, payload };
}

/** `to`: as for `register`. The payer is `from`; vouchers are signed with the key of `voucherKey`. */
export function open(
  from: number,
  to: number,
  parts: { provider: number; voucherKey: Actor; amount: bigint; expiry?: number; model?: number; fee?: bigint },
): Op {
  const { provider, voucherKey, amount, expiry = TEST_TIME + 3600, model = 0, fee = 0n } = parts;
  const payer = accountIndex(from);
  const c = packChannel({ provider: accountIndex(provider), payer, model: accountIndex(model), expiry });
  const payload = [voucherKey.key[0], voucherKey.key[1], c];
  return { opcode: Opcode.OPEN, from: payer, to: accountIndex(to), amount, fee, payload };
}

export interface ClaimParts {
  readonly total: bigint;
  /** What the channel has paid out before. */
  readonly claimed?: bigint;
  readonly royaltyBps?: number;
  readonly receiptsRoot?: Field;
  readonly fee?: bigint;
}

/** The provider takes everything a voucher of `total` still gives: amount and royalty follow from the rest. */
export function claimOp(channel: number, provider: number, parts: ClaimParts): Op {
  const { total, claimed = 0n, royaltyBps = 0, receiptsRoot = 0n as Field, fee = 0n } = parts;
  const delta = total - claimed;
  const royalty = royaltyOf(delta, royaltyBps);
  // The casts: totals and royalties are below 2^96.
  const payload = [total as Field, receiptsRoot, royalty as Field];
  const [from, to] = [accountIndex(channel), accountIndex(provider)];
  return { opcode: Opcode.CLAIM, from, to, amount: delta - royalty - fee, fee, payload };
}

/** A CLAIM and the signature of the voucher it claims. */
export interface SignedClaim {
  readonly op: Op;
  readonly voucher: Signature;
}

/** The voucher that a CLAIM needs, by whoever signs for the channel. */
export function withVoucher(op: Op, voucherKey: Actor, domain: Field = TEST_DOMAIN): SignedClaim {
  const [total = 0n, receiptsRoot = 0n as Field] = op.payload;
  return { op, voucher: signVoucher({ channel: op.from, total, receiptsRoot }, voucherKey.seed, domain).signature };
}

export function claim(channel: number, provider: number, parts: ClaimParts & { voucherKey: Actor }): SignedClaim {
  return withVoucher(claimOp(channel, provider, parts), parts.voucherKey);
}

export function close(channel: number, payer: number, amount: bigint, fee = 0n, memo: readonly Field[] = []): Op {
  return { opcode: Opcode.CLOSE, from: accountIndex(channel), to: accountIndex(payer), amount, fee, payload: memo };
}

/** Claims among the ops bring their vouchers along. */
export function signed(
  who: Actor,
  tx: { signer: number; nonce: number; ops: readonly (Op | SignedClaim)[]; validUntil?: number },
  domain: Field = TEST_DOMAIN,
): SignedTx {
  const { signer, nonce, validUntil = TEST_TIME + 3600 } = tx;
  const ops = tx.ops.map((item) => ('op' in item ? item.op : item));
  const vouchers = tx.ops.flatMap((item) => ('op' in item ? [item.voucher] : []));
  return signTx({ signer: accountIndex(signer), nonce, validUntil, ops }, who.seed, domain, vouchers);
}
