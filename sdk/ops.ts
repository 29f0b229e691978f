/** Operations of a transaction as a user writes them; docs/protocol.md section 3. Amounts are in the token's base units. */
import { BPS, packAttestation, packChannel, royaltyOf } from '../protocol/account.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { NO_ACCOUNT } from '../protocol/ids.ts';
import {
  type AccountIndex,
  type Field,
  type Op,
  Opcode,
  type Point,
  type Subtype,
  type Voucher,
} from '../protocol/types.ts';

/** Pays `to`, an account of the same token; up to three memo words travel with it. */
export function transfer(p: {
  from: AccountIndex;
  to: AccountIndex;
  amount: bigint;
  fee?: bigint;
  memo?: readonly Field[];
}): Op {
  const { from, to, amount, fee = 0n, memo = [] } = p;
  return { opcode: Opcode.TRANSFER, from, to, amount, fee, payload: memo };
}

/** Creates an account of `key` and `address` with `amount` of the signer's token; the sequencer chooses its index. */
export function register(p: {
  from: AccountIndex;
  key: Point;
  /** 160-bit Ethereum address, the owner's way out on L1; not 0. */
  address: bigint;
  amount: bigint;
  fee?: bigint;
}): Op {
  const { from, key, address, amount, fee = 0n } = p;
  // below 2^160, so canonical; the protocol checks the range
  return { opcode: Opcode.REGISTER, from, to: NO_ACCOUNT, amount, fee, payload: [key[0], key[1], address as Field] };
}

/** Moves `amount` to L1, where `recipient` (or anyone for it) withdraws it once the batch is proven. */
export function exit(p: { from: AccountIndex; recipient: bigint; amount: bigint; fee?: bigint }): Op {
  const { from, recipient, amount, fee = 0n } = p;
  // as above
  return { opcode: Opcode.EXIT, from, to: NO_ACCOUNT, amount, fee, payload: [recipient as Field] };
}

/**
 * Attests an artefact: creates an ATTEST account that `from` owns; the sequencer chooses its index.
 * @throws ProtocolError BAD_ROYALTY, INDEX_OUT_OF_RANGE, BAD_PAYLOAD
 */
export function attest(p: {
  from: AccountIndex;
  /** `artefactCommitment(sha256)`. */
  artefact: Field;
  /** `provenanceCommitment(sha256)`; 0 (default): none. */
  provenance?: Field;
  /** The attestation this artefact was made from; 0 (default): none. */
  parent?: AccountIndex;
  /** Share of each claim that pays for it, in 1/10000. Default 0. */
  royaltyBps?: number;
  subtype: Subtype;
  /** First balance of the new account, in the signer's token. Default 0. */
  amount?: bigint;
  fee?: bigint;
}): Op {
  // 0 is canonical
  const { from, artefact, provenance = 0n as Field, parent = NO_ACCOUNT, royaltyBps = 0, subtype } = p;
  const { amount = 0n, fee = 0n } = p;
  const terms = packAttestation({ owner: from, parent, royaltyBps, subtype });
  return { opcode: Opcode.ATTEST, from, to: NO_ACCOUNT, amount, fee, payload: [artefact, provenance, terms] };
}

/**
 * Opens a channel from which `voucherKey`'s vouchers pay `provider`; the sequencer chooses its index.
 * @throws ProtocolError INDEX_OUT_OF_RANGE, BAD_PAYLOAD
 */
export function open(p: {
  from: AccountIndex;
  provider: AccountIndex;
  /** Whose vouchers take from the channel. */
  voucherKey: Point;
  /** What the channel can pay out in all. */
  amount: bigint;
  /** Seconds (Unix time); the provider can claim for another `GRACE_SECONDS`. */
  expiry: number;
  /** Attestation that earns its royalty of every claim; 0 (default): none. */
  model?: AccountIndex;
  fee?: bigint;
}): Op {
  const { from, provider, voucherKey, amount, expiry, model = NO_ACCOUNT, fee = 0n } = p;
  const terms = packChannel({ provider, payer: from, model, expiry });
  return { opcode: Opcode.OPEN, from, to: NO_ACCOUNT, amount, fee, payload: [voucherKey[0], voucherKey[1], terms] };
}

/**
 * Takes what a voucher is worth. The transaction carries the voucher's signature besides (`SignedTx.vouchers`).
 * @throws ProtocolError VOUCHER_STALE (less than was claimed), CLAIM_MISMATCH (the royalty and the fee exceed it), BAD_ROYALTY
 */
export function claim(p: {
  voucher: Voucher;
  /** The provider's account, which signs. */
  to: AccountIndex;
  /** What the channel has paid out so far. */
  claimed: bigint;
  /** Of the channel's model; 0 (default) without one. */
  royaltyBps?: number;
  fee?: bigint;
}): Op {
  const { voucher, to, claimed, royaltyBps = 0, fee = 0n } = p;
  const { channel, total, receiptsRoot } = voucher;
  if (!Number.isInteger(royaltyBps) || royaltyBps < 0 || royaltyBps > BPS) {
    throw new ProtocolError('BAD_ROYALTY', { royaltyBps });
  }
  if (total < claimed) throw new ProtocolError('VOUCHER_STALE', { total, claimed });
  const delta = total - claimed;
  const royalty = royaltyOf(delta, royaltyBps);
  const amount = delta - royalty - fee;
  if (amount < 0n) throw new ProtocolError('CLAIM_MISMATCH', { delta, royalty, fee });
  // totals are below 2^96 wherever they are signed; the protocol checks the range
  const payload = [total as Field, receiptsRoot, royalty as Field];
  return { opcode: Opcode.CLAIM, from: channel, to, amount, fee, payload };
}

/** Takes what is left of a channel that is over back to its payer, who signs. */
export function close(p: {
  channel: AccountIndex;
  to: AccountIndex;
  amount: bigint;
  fee?: bigint;
  memo?: readonly Field[];
}): Op {
  const { channel, to, amount, fee = 0n, memo = [] } = p;
  return { opcode: Opcode.CLOSE, from: channel, to, amount, fee, payload: memo };
}
