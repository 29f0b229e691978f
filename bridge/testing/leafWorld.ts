/**
 * Accounts of every kind under one root, put there by hand: also such as the ledger's rules would never create, because L1 must not
 * depend on them. Index 1 is Alice's KEY account, 2 is Bob's.
 */
import { keyAccount, packAttestation, packChannel } from '../../protocol/account.ts';
import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor } from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';
import { type Account, type AttestationTerms, type ChannelTerms, type Field, Kind } from '../../protocol/types.ts';
import type { PostedBatch } from '../client/types.ts';
import type { Fixture } from './fixture.ts';
import { ANY_PROOF, TestLedger } from './ledger.ts';
import { rawCommit } from './rawCommit.ts';

export const ALICE = 1;
export const BOB = 2;

const NO_TERMS = { parent: 0, royaltyBps: 0, subtype: 1 };

/** An ATTEST account; `c` replaces the terms. */
export function attestAccount(parts: {
  sha256: Uint8Array;
  provenance?: Uint8Array;
  owner: number;
  parent?: number;
  royaltyBps?: number;
  balance?: bigint;
  c?: bigint;
}): Account {
  const { sha256, provenance, balance = 0n, c, ...given } = parts;
  const terms = { ...NO_TERMS, ...given } as AttestationTerms; // the indices are checked by packing
  return {
    kind: Kind.ATTEST,
    token: 0,
    nonce: 0,
    balance,
    claimed: 0n,
    a: artefactCommitment(sha256),
    b: provenance === undefined ? (0n as Field) : provenanceCommitment(provenance),
    c: (c ?? packAttestation(terms)) as Field,
  };
}

/** A CHANNEL that paid out 40 already; `c` replaces the terms. */
export function channelAccount(parts: {
  payer: number;
  provider?: number;
  model?: number;
  balance?: bigint;
  a?: Field;
  c?: bigint;
}): Account {
  const { payer, provider = BOB, model = 0, balance = 0n, a, c } = parts;
  const terms = { payer, provider, model, expiry: 2 ** 39 } as ChannelTerms; // as above
  const [x, y] = actor(9).key;
  return {
    kind: Kind.CHANNEL,
    token: 0,
    nonce: 3,
    balance,
    claimed: 40n,
    a: a ?? x,
    b: y,
    c: (c ?? packChannel(terms)) as Field,
  };
}

/** A tree with Alice (1000 wei), Bob (500 wei) and what is given. */
export function leafWorld(f: Fixture, accounts: Readonly<Record<number, Account>>): AccountTree {
  const tree = new AccountTree();
  const person = (n: number, address: `0x${string}`, balance: bigint) =>
    tree.set(accountIndex(n), keyAccount({ key: actor(n).key, address: BigInt(address), token: 0, balance }));
  person(ALICE, f.alice.account, 1000n);
  person(BOB, f.bob.account, 500n);
  for (const [index, account] of Object.entries(accounts)) tree.set(accountIndex(Number(index)), account);
  return tree;
}

/** Commits the next batch with this root as its new one. The batch verifier must be a mock: nothing leads there. */
export async function commitRoot(f: Fixture, root: Field): Promise<PostedBatch> {
  const { committed } = await f.alice.state();
  const closed = new TestLedger(f.deployment.domain).close({ timestamp: await f.now() });
  const next = committed.lastBlock + 1n;
  const input = { newRoot: root, firstBlock: next, lastBlock: next };
  const { hash } = await f.sequencer.send(rawCommit(f.deployment.address, closed, { input }));
  return f.sequencer.readBatchOf(hash);
}

/** Commits and proves it. */
export async function proveRoot(f: Fixture, root: Field): Promise<PostedBatch> {
  const posted = await commitRoot(f, root);
  await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
  return posted;
}
