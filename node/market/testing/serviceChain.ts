/** A service's world as a node has it: its account, its batches, its document. Tests only. */
import { sha256 } from '@noble/hashes/sha2.js';
import { vi } from 'vitest';
import { artefactCommitment } from '../../../protocol/attestation.ts';
import { encodePayout } from '../../../protocol/epochs/memo.ts';
import type { EpochResult } from '../../../protocol/epochs/payout.ts';
import { type ServiceDocument, serviceDocumentText } from '../../../protocol/epochs/serviceDocument.ts';
import { KEEPER, SERVICE, type ServiceWorld } from '../../../protocol/epochs/testing/serviceWorld.ts';
import { transfer } from '../../../protocol/testing/actors.ts';
import { type AccountIndex, type Field, type Op, Subtype } from '../../../protocol/types.ts';
import type { Market } from '../market.ts';
import { closedBatches } from './closedBatches.ts';
import { MarketWorld } from './marketWorld.ts';

export function commitmentTo(text: string): Field {
  return artefactCommitment(sha256(new TextEncoder().encode(text)));
}

/** The keeper's bundle for a result; `change` lets it pay something else. */
export function payOps(result: EpochResult, change = (amount: bigint): bigint => amount): readonly [number, ...Op[]] {
  const memo = encodePayout({ epoch: result.epoch, resultHash: result.resultHash });
  const payments = result.paid.map(([account, amount]) => transfer(SERVICE, account, change(amount)));
  return [KEEPER, transfer(KEEPER, SERVICE, 0n, { memo }), ...payments];
}

/** A node that has a service's batches, and its account. */
export function chainOf(world: ServiceWorld, chain = new MarketWorld()): MarketWorld {
  chain.owner(KEEPER).attestation(SERVICE, serviceParts(world.document));
  chain.batches = closedBatches(world.batches);
  return chain;
}

export function serviceParts(document: ServiceDocument) {
  return { owner: KEEPER, subtype: Subtype.SERVICE, artefact: commitmentTo(serviceDocumentText(document)) };
}

/** What the service's world did since goes to the node. */
export function closeMore(chain: MarketWorld, world: ServiceWorld): void {
  chain.batches = closedBatches(world.batches);
  chain.tellClosed();
}

/** Once the service was gone through. */
export function summariesOf(market: Market, service: AccountIndex = SERVICE) {
  return vi.waitFor(() => market.epochs(service, 200), { interval: 1, timeout: 30_000 });
}
