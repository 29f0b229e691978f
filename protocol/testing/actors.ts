import { bigintToBytes } from '../bytes.ts';
import { publicKey } from '../crypto/eddsa.ts';
import { computeDomain } from '../domain.ts';
import { accountIndex } from '../ids.ts';
import { signTx } from '../tx.ts';
import { type Field, type Op, Opcode, type Point, type SignedTx } from '../types.ts';

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

export function signed(
  who: Actor,
  tx: { signer: number; nonce: number; ops: readonly Op[]; validUntil?: number },
  domain: Field = TEST_DOMAIN,
): SignedTx {
  const { signer, nonce, ops, validUntil = TEST_TIME + 3600 } = tx;
  return signTx({ signer: accountIndex(signer), nonce, validUntil, ops }, who.seed, domain);
}
