import { prefixedHex } from '../../protocol/bytes.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import type { Point } from '../../protocol/types.ts';
import type { Hex } from '../rpcTypes.ts';
import { NonceSequence } from './nonceSequence.ts';

/** A ledger key and what this process has sent with it. One key may own many accounts on the ledger, one or more a token. */
export interface LedgerAccount {
  readonly type: 'ledger';
  /** 32 bytes, secret: whoever has it moves the funds. */
  readonly seed: Uint8Array;
  /** Public key, a point of Baby Jubjub. */
  readonly key: Point;
  /** The public key in circomlib's 32-byte form. */
  readonly packedKey: Hex;
  /** Nonces of this key's accounts. Share the account between clients of one process, not copies of it. */
  readonly nonces: NonceSequence;
}

/**
 * A ledger account from its 32-byte seed (`deriveLedgerKey` makes one from an Ethereum wallet; or 32 random bytes, kept safe).
 * @throws ProtocolError INVALID_ARGUMENT unless the seed has 32 bytes
 */
export function ledgerAccount({ seed }: { readonly seed: Uint8Array }): LedgerAccount {
  const key = publicKey(seed);
  const packedKey = prefixedHex(packPoint(key));
  const account = { type: 'ledger', key, packedKey, nonces: new NonceSequence() } as const;
  // not enumerable: a logged or serialised account shows no secret
  return Object.defineProperty(account, 'seed', { value: seed.slice() }) as LedgerAccount;
}
