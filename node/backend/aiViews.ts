/** From channels, attestations and claims to what the RPC shows. Pure. */
import type { BatchSummary, ClaimRecord, OpLocation } from '../../chain/types.ts';
import { GRACE_SECONDS, isOver, unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { prefixedHex, wordHex } from '../../protocol/bytes.ts';
import { packPoint } from '../../protocol/crypto/babyjub.ts';
import { type Account, type AccountIndex, type Point, Subtype } from '../../protocol/types.ts';
import type { ArtefactKind, AttestationView, ChannelView, ClaimView, Origin } from '../../sdk/rpcTypes.ts';

const KINDS: Readonly<Record<number, ArtefactKind>> = {
  [Subtype.MODEL]: 'model',
  [Subtype.DATASET]: 'dataset',
  [Subtype.TRAINING_RUN]: 'training run',
  [Subtype.AGENT]: 'agent',
  [Subtype.SERVICE]: 'service',
};

export function artefactKind(subtype: number): ArtefactKind {
  return KINDS[subtype] ?? 'other';
}

export interface ChannelContext {
  readonly created: OpLocation;
  /** Of the channel's model; 0 without one. */
  readonly royaltyBps: number;
  /** Seconds. */
  readonly now: number;
}

export function channelView(index: AccountIndex, account: Account, context: ChannelContext): ChannelView {
  const { token, balance, claimed, nonce, a, b } = account;
  const { payer, provider, model, expiry } = unpackChannel(account.c);
  const isChannelOver = isOver({ payer, provider, model, expiry }, context.now);
  const key: Point = [a, b];
  return {
    index,
    token,
    balance,
    claimed,
    claims: nonce,
    payer,
    provider,
    model,
    royaltyBps: context.royaltyBps,
    voucherKey: { x: a, y: b, packed: prefixedHex(packPoint(key)) },
    expiry,
    claimableUntil: expiry + GRACE_SECONDS,
    isOver: isChannelOver,
    state: isChannelOver ? 'over' : context.now >= expiry ? 'expired' : 'open',
    created: originView(context.created),
  };
}

export function attestationView(index: AccountIndex, account: Account, created: OpLocation): AttestationView {
  return { ...attestationFacts(index, account), created: originView(created) };
}

/** All but what created it, which is not known of what is older than a node's snapshot. */
export function attestationFacts(index: AccountIndex, account: Account): Omit<AttestationView, 'created'> {
  const { owner, parent, royaltyBps, subtype } = unpackAttestation(account.c);
  const { token, balance, a: artefact, b: provenance } = account;
  return {
    index,
    kind: artefactKind(subtype),
    subtype,
    owner,
    parent,
    royaltyBps,
    artefact,
    provenance,
    token,
    balance,
  };
}

export function claimView(
  channel: AccountIndex,
  claim: ClaimRecord,
  status: BatchSummary['status'] | undefined,
): ClaimView {
  const { total, amount, fee, royalty, receiptsRoot, txHash, block, batch, timestamp } = claim;
  return {
    channel,
    total,
    delta: amount + fee + royalty,
    royalty,
    fee,
    receiptsRoot,
    transaction: wordHex(txHash),
    block,
    batch,
    timestamp,
    state: status === 'committed' || status === 'proven' ? status : 'included',
  };
}

export function originView({ txHash, block, batch, timestamp }: OpLocation): Origin {
  return { transaction: wordHex(txHash), block, batch, timestamp };
}
