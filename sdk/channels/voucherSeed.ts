import { concat, hexToBytes, keccak256, stringToHex, toHex } from 'viem';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import type { Point } from '../../protocol/types.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';

/**
 * The seed of the key that signs an account's vouchers: `keccak256("engram.voucher-key" ‖ seed ‖ number)`, number as 4 bytes. A voucher names
 * its channel, so one key can serve all channels of an account; whoever gets it can spend what is in them, and nothing else. It follows
 * from the account's seed: nothing to store.
 */
export function voucherSeed({ seed }: Pick<LedgerAccount, 'seed'>, number = 0): Uint8Array {
  const text = concat([stringToHex('engram.voucher-key'), toHex(seed), toHex(number, { size: 4 })]);
  return hexToBytes(keccak256(text));
}

/** What a channel is opened with. */
export function voucherKey(seedOfVouchers: Uint8Array): Point {
  return publicKey(seedOfVouchers);
}
