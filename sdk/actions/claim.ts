import type { AccountIndex, Op, Point, ShapeName, Signature, SignedVoucher } from '../../protocol/types.ts';
import { verifyVoucher } from '../../protocol/voucher.ts';
import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { domainOf } from '../chain.ts';
import { chainInfo } from '../chainInfo.ts';
import { SdkError } from '../errors.ts';
import * as build from '../ops.ts';
import type { AnyClient } from '../request.ts';
import type { ChannelView, Hex } from '../rpcTypes.ts';
import { getChannel } from './reads.ts';
import { feeOf, send, type WriteOptions } from './send.ts';
import { resolveSigner, type Signer } from './signer.ts';

export interface ClaimParameters extends Omit<WriteOptions, 'from' | 'token'> {
  readonly account?: LedgerAccount | undefined;
  /** The newest voucher of each channel. Several of one channel are claimed in the order given. */
  readonly vouchers: readonly SignedVoucher[];
  /** Told of each transaction as soon as the node has it: the later ones can still be refused. */
  readonly onSent?: ((hash: Hex) => void) | undefined;
}

interface Draft {
  readonly voucher: SignedVoucher;
  readonly channel: ChannelView;
  readonly claimed: bigint;
}

/**
 * Takes what vouchers are worth: as many claims in one transaction as its signatures, operations and accounts allow, one transaction after
 * the other. Amounts and royalties follow from what the channels have paid so far. Returns the hashes; each transaction stands for itself.
 * @throws SdkError NOT_FOUND, BAD_VOUCHER, NOTHING_TO_CLAIM, CHANNEL_OVER, NOT_AUTHORIZED; ProtocolError VOUCHER_STALE, CLAIM_MISMATCH (it is
 *   worth less than the fee); as `send`: a balance that does not cover the voucher is the ledger's INSUFFICIENT_BALANCE
 */
export async function claim(client: AnyClient, parameters: ClaimParameters): Promise<readonly Hex[]> {
  const { vouchers, onSent, ...options } = parameters;
  const drafts = await examine(client, vouchers);
  const info = await chainInfo(client);
  const hashes: Hex[] = [];
  // a provider's accounts differ by token: each signs its own
  for (const provider of new Set(drafts.map(({ channel }) => channel.provider))) {
    const signer = await resolveSigner(client, { ...options, from: provider });
    const fee = feeOf(info, signer.token, options);
    const own = drafts.filter(({ channel }) => channel.provider === provider);
    const claims = own.map((draft) => ({ op: claimOp(draft, signer, fee), draft }));
    for (const part of inTransactions(claims, info.shape)) {
      const ops = (): readonly Op[] => part.map(({ op }) => op);
      const signatures: Signature[] = part.map(({ draft }) => draft.voucher.signature);
      const hash = await send(client, { signer, vouchers: signatures, ops }, options);
      hashes.push(hash);
      onSent?.(hash);
    }
  }
  return hashes;
}

async function examine(client: AnyClient, vouchers: readonly SignedVoucher[]): Promise<Draft[]> {
  const domain = domainOf(client.chain);
  const channels = new Map<AccountIndex, ChannelView>();
  const paid = new Map<AccountIndex, bigint>();
  const drafts: Draft[] = [];
  for (const voucher of vouchers) {
    const { channel: index, total } = voucher;
    const channel = channels.get(index) ?? (await getChannel(client, index));
    channels.set(index, channel);
    const { x, y } = channel.voucherKey;
    // one bad voucher would undo its whole transaction
    if (!verifyVoucher(voucher, [x, y] as unknown as Point, domain)) {
      throw new SdkError('BAD_VOUCHER', `not signed by the key of channel ${index}`, { channel: index });
    }
    if (channel.isOver) throw new SdkError('CHANNEL_OVER', `channel ${index} is over`, { channel: index });
    const claimed = paid.get(index) ?? channel.claimed;
    if (total === claimed) throw new SdkError('NOTHING_TO_CLAIM', 'all of it is claimed', { channel: index, total });
    paid.set(index, total);
    drafts.push({ voucher, channel, claimed });
  }
  return drafts;
}

function claimOp({ voucher, channel, claimed }: Draft, { index: to }: Signer, fee: bigint): Op {
  return build.claim({ voucher, to, claimed, royaltyBps: channel.royaltyBps, fee });
}

interface Slots {
  readonly name: ShapeName;
  readonly N: number;
  readonly S: number;
  readonly A: number;
}

/** Fills transactions in order: one signature is the transaction's own, two accounts are the signer and the fee account. */
export function inTransactions<
  T extends { readonly draft: { readonly channel: Pick<ChannelView, 'index' | 'model'> } },
>(claims: readonly T[], { N, S, A }: Slots): T[][] {
  const parts: T[][] = [];
  let part: T[] = [];
  let touched = new Set<number>();
  for (const claim of claims) {
    const { index, model } = claim.draft.channel;
    const more = [index, model].filter((account) => account !== 0 && !touched.has(account));
    if (part.length > 0 && (part.length + 1 > Math.min(N, S - 1) || touched.size + more.length + 2 > A)) {
      parts.push(part);
      part = [];
      touched = new Set();
    }
    part.push(claim);
    for (const account of [index, model]) if (account !== 0) touched.add(account);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
