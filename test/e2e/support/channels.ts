/** Channels in tests across parts: what their parties sign, honest or not. */
import { bigintToBytes } from '../../../protocol/bytes.ts';
import { publicKey } from '../../../protocol/crypto/eddsa.ts';
import { field } from '../../../protocol/field.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { type AccountIndex, type Field, type Op, type SignedVoucher, Subtype } from '../../../protocol/types.ts';
import { signVoucher } from '../../../protocol/voucher.ts';
import { attest, claim, open } from '../../../sdk/ops.ts';
import type { RpcClient } from '../../../sdk/rpcClient.ts';
import type { Hex } from '../../../sdk/rpcTypes.ts';
import type { Signed, User } from './user.ts';

export const ROYALTY_BPS = 500;
/** Signs the vouchers of every channel in a test. */
export const VOUCHER_SEED = bigintToBytes(0x766f7563686572n, 32);
/** A root of receipts that the ledger need not know anything about. */
export const RECEIPTS = field(77n);

export async function include(rpc: RpcClient, { bytes, hash }: Signed): Promise<Hex> {
  await rpc.request('engram_sendTransaction', [bytes]);
  await rpc.waitForTransaction(hash, 'included');
  return hash;
}

/** A model of `owner`; returns its index. */
export async function attestModel(rpc: RpcClient, owner: User, artefact: bigint): Promise<AccountIndex> {
  const parts = { from: owner.index, artefact: field(artefact), royaltyBps: ROYALTY_BPS, subtype: Subtype.MODEL };
  return createdBy(rpc, await include(rpc, owner.sign([attest(parts)])), 'ATTEST');
}

export async function openChannel(
  rpc: RpcClient,
  payer: User,
  p: { provider: User; model?: AccountIndex; amount: bigint; expiry: number },
): Promise<AccountIndex> {
  const { provider, ...more } = p;
  const voucherKey = publicKey(VOUCHER_SEED);
  const op = open({ from: payer.index, provider: provider.index, voucherKey, ...more });
  return createdBy(rpc, await include(rpc, payer.sign([op])), 'CHANNEL');
}

/** The newest account of a kind: what the transaction just made. */
async function createdBy(rpc: RpcClient, hash: Hex, kind: 'ATTEST' | 'CHANNEL'): Promise<AccountIndex> {
  const { block = '0' } = await rpc.request('engram_getTransactionStatus', [hash]);
  for (let index = 1; index < 64; index += 1) {
    const view = await rpc.request('engram_getAccount', [index]);
    if (view?.kind !== kind) continue;
    const made = await rpc.request(kind === 'ATTEST' ? 'engram_getAttestation' : 'engram_getChannel', [index]);
    if (made?.created.transaction === hash) return accountIndex(index);
  }
  throw new RangeError(`block ${block} made no ${kind}`);
}

export function voucher(
  channel: AccountIndex,
  total: bigint,
  p: { domain: Field; seed?: Uint8Array; receiptsRoot?: Field },
): SignedVoucher {
  const { domain, seed = VOUCHER_SEED, receiptsRoot = RECEIPTS } = p;
  return signVoucher({ channel, total, receiptsRoot }, seed, domain);
}

/** The claim that an honest provider would make of it. */
export async function claimOf(rpc: RpcClient, provider: User, signed: SignedVoucher): Promise<Op> {
  const view = await rpc.request('engram_getChannel', [signed.channel]);
  const { claimed = '0', royaltyBps = 0 } = view ?? {};
  return claim({ voucher: signed, to: provider.index, claimed: BigInt(claimed), royaltyBps });
}
