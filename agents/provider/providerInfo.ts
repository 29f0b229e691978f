import { type SignedAnnouncement, signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import type { Json } from '../../protocol/json.ts';
import type { Field } from '../../protocol/types.ts';
import type { Identity } from './identity.ts';
import type { ProviderOptions } from './options.ts';
import type { Runner } from './runner.ts';

export interface InfoParts {
  readonly identity: Identity;
  readonly domain: Field;
  readonly runner: Runner;
  readonly announcement: SignedAnnouncement | undefined;
}

/** What a provider says of itself: `GET /v1/info` (docs/ai.md section 2). */
export function providerInfo(options: ProviderOptions, { identity, domain, runner, announcement }: InfoParts): Json {
  const { price, limits, free, minimumDeposit, minimumSeconds } = options;
  const { inputBytes, outputBytes, concurrency, queue } = limits;
  return {
    domain: domain.toString(),
    provider: identity.provider,
    model: { index: identity.model, sha256: `0x${bytesToHex(runner.sha256)}` },
    token: identity.token,
    price: price.toString(),
    execution: { public: runner.execution('public').document, private: runner.execution('private').document },
    inputs: tensors(runner.inputs),
    outputs: tensors(runner.outputs),
    limits: { inputBytes, outputBytes, concurrency, queue },
    free: { calls: free.calls, perSeconds: free.perSeconds },
    minimumDeposit: minimumDeposit.toString(),
    minimumSeconds,
    ...(announcement !== undefined && { announcement: signedAnnouncementJson.encode(announcement) }),
  };
}

function tensors(specs: Runner['inputs']): Json {
  return specs.map(({ name, type, dimensions }) => ({ name, type, dimensions }));
}
