import {
  type Account,
  type Address,
  type Chain,
  concat,
  hexToBytes,
  isAddressEqual,
  keccak256,
  parseSignature,
  recoverTypedDataAddress,
  size,
  stringToHex,
  type Transport,
  toHex,
  type WalletClient,
} from 'viem';
import type { Point } from '../../protocol/types.ts';
import { SdkError } from '../errors.ts';
import type { Hex } from '../rpcTypes.ts';
import { type LedgerAccount, ledgerAccount } from './ledgerAccount.ts';

/** Order of secp256k1: s and n − s make equally valid signatures, so the lower one counts. */
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const types = {
  LedgerKey: [
    { name: 'purpose', type: 'string' },
    { name: 'warning', type: 'string' },
    { name: 'l1ChainId', type: 'uint256' },
    { name: 'bridge', type: 'address' },
    { name: 'keyNumber', type: 'uint32' },
  ],
} as const;

export interface LedgerKeyScope {
  /** Chain id of L1, where the bridge is. */
  readonly l1ChainId: number;
  /** The bridge contract (`Rollup`) of the deployment. */
  readonly rollup: Address;
  /** Several keys of one wallet are told apart by number, < 2^32; default 0. */
  readonly keyNumber?: number;
}

/**
 * The EIP-712 text that a wallet signs to derive a ledger key. It names chain and bridge, so that no other deployment asks for the
 * same signature; anybody who gets this signature has the key, which the text says.
 */
export function ledgerKeyTypedData({ l1ChainId, rollup, keyNumber = 0 }: LedgerKeyScope) {
  return {
    domain: { name: 'Engram', version: '1', chainId: l1ChainId, verifyingContract: rollup },
    types,
    primaryType: 'LedgerKey',
    message: {
      purpose: 'Create the key of my Engram ledger accounts.',
      warning:
        'Whoever gets this signature can move all funds of these accounts. Sign it only in an application you trust with them, never anywhere else.',
      l1ChainId: BigInt(l1ChainId),
      bridge: rollup,
      keyNumber,
    },
  } as const;
}

/**
 * The seed that follows from the signature: `keccak256("engram.ledger-key" ‖ r ‖ s)`, r and s of 32 bytes, s the lower of s and n − s.
 * The recovery byte does not count: wallets write it in different ways.
 * @throws SdkError SIGNATURE_UNSUPPORTED unless it is an ECDSA signature of 64 (EIP-2098) or 65 bytes
 */
export function seedFromSignature(signature: Hex): Uint8Array {
  const { r, s } = ecdsaParts(signature);
  const low = s > SECP256K1_ORDER / 2n ? SECP256K1_ORDER - s : s;
  return hexToBytes(keccak256(concat([stringToHex('engram.ledger-key'), r, toHex(low, { size: 32 })])));
}

export interface DeriveLedgerKeyOptions extends LedgerKeyScope {
  /**
   * The public key this wallet had before. With it one signature is asked for and the result compared; without it two are, because a
   * wallet that signs differently each time would make a key that can never be had again.
   */
  readonly expectedKey?: Point;
  /**
   * Public keys that may be this wallet's, of its address's accounts, say: if the result is one of them, the one signature is enough; if not, it
   * may be a new key, and a second signature is asked for. Anybody can make an account of another key for an address, so none of them must fit.
   */
  readonly knownKeys?: readonly Point[];
}

/**
 * A ledger account whose key follows from one signature of an Ethereum wallet: nothing to store, the wallet brings it back.
 * The wallet must hold an ordinary key (EOA) and sign deterministically (RFC 6979), as all usual ones do.
 * @throws SdkError SIGNATURE_UNSUPPORTED (contract wallets, another signer), NOT_DETERMINISTIC, KEY_MISMATCH; what the wallet throws
 */
export async function deriveLedgerKey(
  wallet: WalletClient<Transport, Chain | undefined, Account>,
  options: DeriveLedgerKeyOptions,
): Promise<LedgerAccount> {
  const typedData = ledgerKeyTypedData(options);
  const ask = async (): Promise<Hex> => wallet.signTypedData({ account: wallet.account, ...typedData });
  const signature = await ask();
  const seed = seedFromSignature(signature);
  // a signature of somebody else's key would be as good to derive from, but not to find again
  const signer = await recoverTypedDataAddress({ ...typedData, signature }).catch(() => undefined);
  if (signer === undefined || !isAddressEqual(signer, wallet.account.address)) {
    throw new SdkError('SIGNATURE_UNSUPPORTED', 'the signature is not of the wallet’s own key', {
      address: wallet.account.address,
    });
  }
  const account = ledgerAccount({ seed });
  const { expectedKey, knownKeys = [] } = options;
  const isSame = (key: Point): boolean => account.key[0] === key[0] && account.key[1] === key[1];
  if (expectedKey !== undefined) {
    if (!isSame(expectedKey)) throw new SdkError('KEY_MISMATCH', 'this wallet does not make the expected key');
  } else if (!knownKeys.some(isSame)) {
    if (toHex(seedFromSignature(await ask())) !== toHex(seed)) {
      throw new SdkError('NOT_DETERMINISTIC', 'this wallet signs the same text differently each time');
    }
  }
  return account;
}

function ecdsaParts(signature: Hex): { r: Hex; s: bigint } {
  let bytes = 0;
  try {
    bytes = size(signature);
    if (bytes === 64) {
      const compact = hexToBytes(signature);
      compact[32] = (compact[32] ?? 0) & 0x7f; // EIP-2098: the top bit of s is the parity
      return { r: toHex(compact.subarray(0, 32)), s: BigInt(toHex(compact.subarray(32))) };
    }
    if (bytes === 65) {
      const { r, s } = parseSignature(signature);
      return { r, s: BigInt(s) };
    }
  } catch {
    // without its cause, which may quote the signature: whoever reads that has the key
  }
  throw new SdkError('SIGNATURE_UNSUPPORTED', 'not an ECDSA signature', { bytes });
}
