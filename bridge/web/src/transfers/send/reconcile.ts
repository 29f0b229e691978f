/** What became of intents, by what the chains show. */

import { getTransaction, getTransactionCount, getTransactionReceipt } from 'viem/actions';
import { EngramError, LedgerRefusedError, MempoolRefusedError } from '../../../../../sdk/errors.ts';
import { type AnyClient, engramError } from '../../../../../sdk/request.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import type { OwnerEvents } from '../l1/ownerLogs.ts';
import type { NodeView, NodeWithdrawal } from '../node/nodeView.ts';
import type { Intent, Trouble } from '../types.ts';
import type { Intents } from './intents.ts';
import { sightOf } from './lookup.ts';

/** What the chains show, as far as it is known: without the node nothing is decided about what it was asked. */
export interface Sightings {
  readonly events: OwnerEvents;
  readonly isFrozen: boolean;
  readonly refunded: ReadonlySet<bigint>;
  readonly node?: {
    readonly withdrawals: readonly NodeWithdrawal[];
    /** Ledger transactions whose exits are listed. */
    readonly exits: ReadonlySet<string>;
  };
}

export interface Surveyor {
  readonly intents: Intents;
  readonly l1: L1Chain;
  readonly node: NodeView | undefined;
  /** Seconds. */
  readonly now: () => number;
  /** Whether this or another page is asking the wallet for it now. */
  readonly isAsking: (intent: Intent) => Promise<boolean>;
  readonly notes: Notes;
}

/** What was noticed of intents and is not worth keeping. */
export interface Notes {
  /** Ids of lost ones of which the wallet has sent nothing so far: its nonce says so. */
  readonly unsent: Set<string>;
  /** Since when, in seconds, another transaction seems to have used the nonce of one that was sent. */
  readonly usedSince: Map<string, number>;
  /** The nonce that one that was sent really has, as far as a chain's endpoint showed it. */
  readonly nonces: Map<string, number>;
}

/** A wallet that was asked when its page closed may still send for this long, seconds. */
const LOST_GRACE = 120;
/** A transaction whose nonce seems to be used is given up after this long without a sight of it, seconds: endpoints are not equally far. */
const REPLACED_GRACE = 30;
/** The same of one that was never seen: the wallet may have given it another nonce than the page expected, and sent it where only miners see it. */
const UNSEEN_GRACE = 300;
/** Failures are shown for so long, seconds. */
const SHOWN = 86_400;

/** Brings the intents of an address up to date: adopts what the chain shows, notes what failed. Returns those that are left. */
export async function reconcile(owner: `0x${string}`, sightings: Sightings, surveyor: Surveyor): Promise<Intent[]> {
  const { intents, now } = surveyor;
  const taken = new Set(
    intents
      .of(owner)
      .flatMap(({ hash }) => hash ?? [])
      .map(String),
  );
  for (const intent of intents.of(owner)) {
    if (intent.trouble !== undefined) {
      const isOver = intent.at < now() - SHOWN || (await isBack(intent, { sightings, surveyor, taken }));
      if (isOver) intents.remove(intent.id);
      continue;
    }
    const verdict = await verdictOf(intent, { sightings, surveyor, taken });
    const present = intents.get(intent.id);
    // forgotten, or moved on, while it was looked for
    if (present === undefined || present.state !== intent.state || present.hash !== intent.hash) continue;
    if (verdict === 'gone') intents.remove(intent.id);
    else if (verdict !== undefined) intents.put({ ...present, ...verdict });
  }
  return intents.of(owner);
}

/** Whether the chain shows after all what was given up. */
async function isBack(intent: Intent, at: Case): Promise<boolean> {
  const { trouble, hash, chain } = intent;
  if (chain === 'ledger') return hash !== undefined && at.sightings.node?.exits.has(hash.toLowerCase()) === true;
  if (trouble?.code !== 'REPLACED' || chain !== 'l1' || hash === undefined) return false;
  return (await at.surveyor.l1.receipt(hash))?.status === 'success' || isSeen(intent, at);
}

/** `gone`: the chain shows it, or it was never sent. undefined: nothing new. */
type Verdict = 'gone' | { readonly trouble: Trouble } | { readonly state: 'lost' } | undefined;

interface Case {
  readonly sightings: Sightings;
  readonly surveyor: Surveyor;
  /** Hashes of other intents. */
  readonly taken: Set<string>;
}

async function verdictOf(intent: Intent, at: Case): Promise<Verdict> {
  if (intent.state === 'asking') {
    if (await at.surveyor.isAsking(intent)) return undefined;
    // signing is a matter of this page alone: without bytes there is nothing anybody could send
    if (intent.chain === 'ledger') return 'gone';
    return (await verdictOf({ ...intent, state: 'lost' }, at)) ?? { state: 'lost' };
  }
  if (intent.chain === 'ledger') return ledgerVerdict(intent, at);
  return intent.chain === 'l1' ? l1Verdict(intent, at) : laneVerdict(intent, at);
}

async function l1Verdict(intent: Intent, at: Case): Promise<Verdict> {
  const { l1, now } = at.surveyor;
  const { hash, owner, nonce } = intent;
  if (hash !== undefined) {
    const receipt = await l1.receipt(hash);
    if (receipt?.status === 'reverted') return { trouble: { code: 'TRANSACTION_FAILED' } };
    // not before the list has it, too
    if (receipt !== undefined) return receipt.blockNumber <= at.sightings.events.head ? 'gone' : undefined;
  }
  if (await isSeen(intent, at)) return 'gone';
  if (hash !== undefined && (await l1.ask(() => isWaiting(intent, l1.client, at.surveyor.notes)))) return undefined;
  const [latest, pending] = await l1.ask(() =>
    Promise.all([
      l1.client.getTransactionCount({ address: owner, blockTag: 'latest' }),
      l1.client.getTransactionCount({ address: owner, blockTag: 'pending' }),
    ]),
  );
  return byNonce(intent, { latest, pending, now: now(), nonce }, at.surveyor.notes);
}

/** Whether the chain shows what the wallet was asked for under a hash that is not known here: lost, or sped up. */
async function isSeen(intent: Intent, { sightings, surveyor, taken }: Case): Promise<boolean> {
  const { events, isFrozen, refunded } = sightings;
  if (intent.kind === 'freeze' && isFrozen) return true;
  if (intent.kind === 'refund' && intent.target !== undefined && refunded.has(BigInt(intent.target))) return true;
  const seen = await sightOf(intent, { events, taken, senderOf: (hash) => surveyor.l1.senderOf(hash) });
  if (seen === undefined) return false;
  taken.add(seen.transactionHash);
  return true;
}

/** Whether an endpoint has the transaction itself: then nothing took its place, whatever nonce the page expected it to have. */
async function isWaiting({ id, hash }: Intent, client: AnyClient, { nonces, usedSince }: Notes): Promise<boolean> {
  if (hash === undefined) return false;
  const found = await getTransaction(client, { hash }).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'TransactionNotFoundError') return undefined;
    throw error;
  });
  if (found === undefined) return false;
  nonces.set(id, found.nonce);
  usedSince.delete(id);
  return true;
}

function byNonce(
  { id, state, at }: Intent,
  found: {
    readonly latest: number;
    readonly pending: number;
    readonly now: number;
    readonly nonce: number | undefined;
  },
  { unsent, usedSince, nonces }: Notes,
): Verdict {
  const { latest, pending, now, nonce } = found;
  if (state === 'sent') {
    const seen = nonces.get(id);
    const own = seen ?? nonce;
    if (own === undefined || latest <= own) {
      usedSince.delete(id);
      return undefined;
    }
    const since = usedSince.get(id) ?? now;
    usedSince.set(id, since);
    const grace = seen === undefined ? UNSEEN_GRACE : REPLACED_GRACE;
    return now - since > grace ? { trouble: { code: 'REPLACED' } } : undefined;
  }
  if (nonce === pending) unsent.add(id);
  else unsent.delete(id);
  // nothing is under way from this address, and what was asked for did not happen: the wallet did not send it
  const isIdle = latest === pending && (nonce === undefined || pending >= nonce);
  return isIdle && now - at > LOST_GRACE ? 'gone' : undefined;
}

async function laneVerdict(intent: Intent, { sightings, surveyor }: Case): Promise<Verdict> {
  const { node, now } = surveyor;
  if (node === undefined || sightings.node === undefined) return undefined;
  const { withdrawals } = sightings.node;
  const { hash, owner, nonce } = intent;
  if (hash !== undefined && withdrawals.some(({ transactionHash }) => transactionHash === hash.toLowerCase()))
    return 'gone';
  const { client } = node;
  try {
    if (hash !== undefined) {
      const receipt = await getTransactionReceipt(client, { hash }).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TransactionReceiptNotFoundError') return undefined;
        throw error;
      });
      if (receipt !== undefined)
        return receipt.status === 'success' ? undefined : { trouble: { code: 'TRANSACTION_FAILED' } };
    }
    const isSame = ({ sender, token, amount, transactionHash }: NodeWithdrawal): boolean =>
      sender === owner.toLowerCase() && token === intent.token && amount === intent.amount && transactionHash !== hash;
    if (hash !== undefined && (await isWaiting(intent, client, surveyor.notes))) return undefined;
    const others = new Set(surveyor.intents.of(owner).flatMap((other) => other.hash ?? []));
    const [latest, pending] = await Promise.all([
      getTransactionCount(client, { address: owner, blockTag: 'latest' }),
      getTransactionCount(client, { address: owner, blockTag: 'pending' }),
    ]);
    // the lane's blocks are looked at by number: whether one is younger than the intent tells the nonce
    const isMoved = nonce !== undefined && latest > nonce;
    if (isMoved && withdrawals.some((found) => isSame(found) && !others.has(found.transactionHash))) return 'gone';
    return byNonce(intent, { latest, pending, now: now(), nonce }, surveyor.notes);
  } catch (error) {
    engramError(error); // the node is away: nothing is known
    return undefined;
  }
}

/** The bytes are signed: until they are in a block or can never be, the very same are sent again. */
async function ledgerVerdict(intent: Intent, { sightings, surveyor }: Case): Promise<Verdict> {
  const { node } = surveyor;
  const { hash, raw } = intent;
  if (hash === undefined || raw === undefined) return 'gone';
  if (sightings.node?.exits.has(hash.toLowerCase())) return 'gone';
  if (node === undefined) return undefined;
  try {
    const { status, reason } = await node.status(hash);
    if (status === 'proven') return 'gone';
    if (status === 'pending' || status === 'included' || status === 'committed') return undefined;
    if (status === 'dropped' && reason === 'EXPIRED') return { trouble: { code: 'EXPIRED' } };
    const verdict = await sentAgain(raw, node);
    // it may have come into a block between the question and the answer: its own nonce is used then, by itself
    if (verdict === undefined || IN_A_BLOCK.has((await node.status(hash)).status)) return undefined;
    return verdict;
  } catch (error) {
    return refusal(error);
  }
}

const IN_A_BLOCK: ReadonlySet<string> = new Set(['included', 'committed', 'proven']);

async function sentAgain(raw: `0x${string}`, node: NodeView): Promise<Verdict> {
  try {
    await node.sendAgain(raw);
    return undefined;
  } catch (error) {
    return refusal(error);
  }
}

/** Refusals that stay: the nonce is used, the time is over, the rules forbid it. Anything else may pass. */
function refusal(error: unknown): Verdict {
  if (!(error instanceof EngramError) || error.code === 'ALREADY_KNOWN') return undefined;
  if (error instanceof MempoolRefusedError) {
    return error.code === 'NONCE_TOO_LOW' ? { trouble: { code: 'REPLACED' } } : undefined;
  }
  return error instanceof LedgerRefusedError ? { trouble: { code: error.code } } : undefined;
}
