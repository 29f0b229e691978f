import { signedOpWords } from './codec/opWords.ts';
import { checkTxHead } from './codec/tx.ts';
import { sign } from './crypto/eddsa.ts';
import { poseidon } from './crypto/poseidon.ts';
import type { Field, Signature, SignedTx, Tx } from './types.ts';

/**
 * `h(k)`: the chain over the ops that the circuit carries from op to op.
 * @throws ProtocolError for ops that cannot be packed (see `checkOp`)
 */
export function messageChain(tx: Tx, domain: Field): Field {
  let chain = domain;
  tx.ops.forEach((op, i) => {
    chain = poseidon([chain, ...signedOpWords(op, i === tx.ops.length - 1)]);
  });
  return chain;
}

/**
 * The message M that a transaction's signature covers, which is also the transaction's hash. An index that the sequencer
 * assigns counts as 0, so the hash is known before the transaction is included.
 * @throws ProtocolError for fields that cannot be packed (see `checkOp`, `checkTxHead`)
 */
export function txHash(tx: Tx, domain: Field): Field {
  checkTxHead(tx);
  const signerAndNonce = BigInt(tx.signer) + (BigInt(tx.nonce) << 32n);
  return poseidon([messageChain(tx, domain), signerAndNonce, BigInt(tx.validUntil), domain]);
}

/** Signs with the account's 32-byte seed; `vouchers` are the signatures of its claims' vouchers, in order. */
export function signTx(tx: Tx, seed: Uint8Array, domain: Field, vouchers: readonly Signature[] = []): SignedTx {
  return { ...tx, signature: sign(seed, txHash(tx, domain)), vouchers };
}
