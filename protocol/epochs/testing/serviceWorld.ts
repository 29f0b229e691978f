/** A service, its people and the real ledger, batch by batch. Tests only. */

import { sha256 } from '@noble/hashes/sha2.js';
import { artefactCommitment } from '../../attestation.ts';
import { accountIndex, batchNumber } from '../../ids.ts';
import { OpenBatch } from '../../openBatch.ts';
import { SHAPES } from '../../shapes.ts';
import { type Actor, actor, attest, open, signed, TEST_DOMAIN, transfer } from '../../testing/actors.ts';
import { AccountTree } from '../../tree.ts';
import { type AccountIndex, type Field, type Op, type QueueItem, Subtype } from '../../types.ts';
import { encodeCommit, encodeReveal, type MemoWords, type Weight, weightWords } from '../memo.ts';
import { scoreCommitment } from '../scoreCommitment.ts';
import type { EpochBatch } from '../serviceAccounts.ts';
import { type ServiceDocument, serviceDocumentText } from '../serviceDocument.ts';
import { ServiceLedger } from '../serviceLedger.ts';

export const START = 1_800_000_000;
export const EPOCH = 1_000;
export const REVEAL = 200;
const NEVER = 2 ** 40 - 1;

export const DOCUMENT: ServiceDocument = {
  version: 1,
  name: 'digits',
  task: 'digits',
  start: START,
  epochSeconds: EPOCH,
  revealSeconds: REVEAL,
  emission: 1_000_000n,
  minStake: 100n,
  maxEvaluators: 8,
  maxProviders: 16,
  kappa: 32_767,
  bondsPenalty: 65_535,
  bondsMovingAverage: 900_000,
};

/** KEY accounts: keeper 1; evaluators 11 … 18; providers 21 … 28; somebody with another token 9. */
export const KEEPER = 1;
export const OTHER_TOKEN = 9;
export const SERVICE = accountIndex(100);
export const E = (n: number): AccountIndex => accountIndex(10 + n);
export const P = (n: number): AccountIndex => accountIndex(20 + n);
/** The agent of provider n, and the stake of evaluator n. */
export const AGENT = (n: number): AccountIndex => accountIndex(200 + n);
export const STAKE = (n: number): AccountIndex => accountIndex(300 + n);

export class ServiceWorld {
  readonly tree = new AccountTree();
  readonly batches: EpochBatch[] = [];
  readonly document: ServiceDocument;
  readonly ledger: ServiceLedger;

  constructor(document: Partial<ServiceDocument> = {}, keepEpochs = 8) {
    this.document = { ...DOCUMENT, ...document };
    this.ledger = new ServiceLedger({ service: SERVICE, document: this.document, domain: TEST_DOMAIN, keepEpochs });
  }

  /** People with money; the service with its pool; all well before epoch 0. */
  begin(pool = 10_000_000n): this {
    const people = [KEEPER, OTHER_TOKEN, ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => [E(n), P(n)])];
    for (let i = 0; i < people.length; i += 8) {
      this.batch(START - 500, (batch) => {
        for (const index of people.slice(i, i + 8)) {
          const { key, address } = actor(index);
          const amount = index === KEEPER ? 100_000_000n : 100_000n;
          const item: QueueItem = { opcode: 1, token: index === OTHER_TOKEN ? 7 : 0, amount, key, address };
          batch.applyL1(item, accountIndex(index));
        }
      });
    }
    const artefact = artefactCommitment(sha256(new TextEncoder().encode(serviceDocumentText(this.document))));
    return this.at(START - 400, [
      KEEPER,
      attest(KEEPER, SERVICE, { artefact, subtype: Subtype.SERVICE, amount: pool }),
    ]);
  }

  /** Evaluators 1 … e with these stakes, and an agent of each provider 1 … p. */
  join(stakes: readonly bigint[], providers: number, time = START - 300): this {
    const opened = stakes.map((amount, i): [number, Op] => [E(i + 1), stake(i + 1, amount)]);
    const agents = Array.from({ length: providers }, (_, i): [number, Op] => [P(i + 1), agent(i + 1)]);
    return this.at(time, ...opened, ...agents);
  }

  /** One batch of transactions: `[signer, ...ops]`. */
  at(timestamp: number, ...txs: (readonly [signer: number, ...ops: Op[]])[]): this {
    return this.batch(timestamp, (batch) => {
      for (const [signer, ...ops] of txs) {
        const nonce = batch.account(accountIndex(signer))?.nonce ?? 0;
        batch.applyTx(signed(actor(signer), { signer, nonce, ops, validUntil: NEVER }));
      }
    });
  }

  batch(timestamp: number, build: (batch: OpenBatch) => void): this {
    const number = batchNumber(this.batches.length + 1);
    const firstBlock = BigInt(number);
    const batch = new OpenBatch(
      { number, shape: SHAPES.large, domain: TEST_DOMAIN, timestamp, firstBlock },
      { tree: this.tree },
    );
    build(batch);
    const { batch: closed } = batch.close({ lastBlock: firstBlock, evmCommitment: 0n, slots: false });
    const posted = { number, timestamp, l1Ops: closed.l1Ops, ops: closed.txs.map((tx) => tx.ops) };
    this.batches.push(posted);
    this.ledger.apply(posted);
    return this;
  }

  /** Everybody commits and reveals in epoch e; then it ends. */
  judge(epoch: number, scores: Readonly<Record<number, readonly Weight[]>>): this {
    const begin = START + epoch * EPOCH;
    const all = Object.entries(scores).map(([n, weights]) => ({ n: Number(n), weights }));
    this.at(begin + 10, ...all.map(({ n, weights }) => [E(n), commit(n, epoch, weights)] as const));
    this.at(begin + EPOCH - 100, ...all.map(({ n, weights }) => [E(n), ...reveal(n, epoch, weights)] as const));
    return this.at(begin + EPOCH);
  }

  balance(index: number): bigint {
    return this.tree.get(accountIndex(index))?.balance ?? 0n;
  }
}

/** The salt that evaluator n uses in an epoch. */
export function saltOf(n: number, epoch: number): Field {
  return BigInt(1_000_000 * n + epoch + 7) as Field; // small
}

export function toService(from: number, memo: MemoWords): Op {
  return transfer(from, SERVICE, 0n, { memo });
}

export function commitmentOf(n: number, epoch: number, weights: readonly Weight[]): Field {
  const words = weightWords(weights);
  return scoreCommitment({ service: SERVICE, epoch, evaluator: E(n), salt: saltOf(n, epoch), words }, TEST_DOMAIN);
}

export function commit(n: number, epoch: number, weights: readonly Weight[]): Op {
  return toService(E(n), encodeCommit({ epoch, commitment: commitmentOf(n, epoch, weights) }));
}

export function reveal(n: number, epoch: number, weights: readonly Weight[], salt = saltOf(n, epoch)): Op[] {
  return encodeReveal({ epoch, salt, weights }).map((memo) => toService(E(n), memo));
}

export function stake(n: number, amount: bigint, more: { channel?: number; expiry?: number } = {}): Op {
  const { channel = STAKE(n), expiry = START + 1_000 * EPOCH } = more;
  return open(E(n), channel, { provider: KEEPER, model: SERVICE, voucherKey: wallet(n), amount, expiry });
}

export function wallet(n: number): Actor {
  return actor(500 + n);
}

export function agent(n: number, index: number = AGENT(n), owner: number = P(n)): Op {
  return attest(owner, index, { parent: SERVICE, subtype: Subtype.AGENT });
}

/** Weights of providers by their numbers. */
export function w(...weights: readonly [provider: number, weight: number][]): Weight[] {
  return weights.map(([n, weight]) => [AGENT(n), weight] as const);
}
