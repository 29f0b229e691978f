import type { EngramCommon } from './common.ts';
import { keccakHex, senderOf } from './crypto.ts';
import { decodeEvmTx } from './decodeTx.ts';
import type { EvmTx } from './types.ts';

/** A user's transaction from its EIP-2718 bytes, its sender recovered. @throws EvmTxError */
export function userTx(raw: Uint8Array, common: EngramCommon): EvmTx {
  const tx = decodeEvmTx(raw, common);
  return { tx, raw, hash: keccakHex(raw), sender: senderOf(tx) };
}
