import { z } from 'zod';
import type { NodeBackend } from './backend.ts';
import type { RegisterMethod } from './method.ts';
import {
  accountIndexParam,
  channelFilterParam,
  digestParam,
  limitParam,
  receiptQuestionParam,
  secondsParam,
} from './params.ts';

const DEFAULT_LIMIT = 100;

/** Channels, attestations, claims, receipts; and the devnet's clock. */
export function registerAiMethods(method: RegisterMethod, backend: NodeBackend): void {
  const { ai } = backend;
  const one = z.tuple([accountIndexParam]);
  method('engram_getChannel', one, async ([index]) => (await ai.channel(index)) ?? null);
  method('engram_getChannels', z.tuple([channelFilterParam]), ([{ role, of, limit }]) => ai.channels(role, of, limit));
  method('engram_getAttestation', one, async ([index]) => (await ai.attestation(index)) ?? null);
  method('engram_findAttestations', z.tuple([digestParam]), ([sha256]) => ai.attestationsOf(sha256));
  method('engram_getLineage', one, async ([index]) => (await ai.lineage(index)) ?? null);
  method('engram_getClaims', z.union([one, z.tuple([accountIndexParam, limitParam])]), ([channel, options]) =>
    ai.claims(channel, options?.limit ?? DEFAULT_LIMIT),
  );
  method('engram_verifyReceipt', z.tuple([receiptQuestionParam]), ([question]) =>
    ai.verifyReceipt({ claim: undefined, ...question }),
  );
  method('engram_devAdvanceTime', z.tuple([secondsParam]), async ([seconds]) => ({
    time: await backend.advanceTime(seconds),
  }));
}
