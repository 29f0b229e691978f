/** A page with nothing but recovery: for the test in a real browser. */
import { createPublicClient, http } from 'viem';
import type { WebConfig } from '../../../../../../sdk/webConfig.ts';
import { openRecovery, RecoveryError } from '../../index.ts';

interface Work {
  readonly config: WebConfig;
  readonly l1Url: string;
  readonly owner: `0x${string}`;
  readonly index: number;
}

/** What the test asks of the page; everything it gives back is JSON. */
async function recover({ config, l1Url, owner, index }: Work): Promise<object> {
  const l1 = createPublicClient({ transport: http(l1Url) });
  const recovery = openRecovery({ config, l1 });
  try {
    const began = performance.now();
    const { batch, accounts, exits } = await recovery.ledger(owner);
    const replayed = performance.now();
    const stages: string[] = [];
    const onProgress = ({ stage }: { stage: string }): void => {
      if (stages.at(-1) !== stage) stages.push(stage);
    };
    const proof = await recovery.prove(index, { onProgress });
    const proven = performance.now();
    await recovery.prove(index);
    const milliseconds = { ledger: replayed - began, prove: proven - replayed, again: performance.now() - proven };
    return { batch, accounts: accounts.length, exits: exits.length, stages, proof: text(proof), milliseconds };
  } catch (error) {
    return {
      code: error instanceof RecoveryError ? error.code : String(error),
      data: text((error as RecoveryError).data),
    };
  } finally {
    recovery.stop();
  }
}

/** Integers as decimal text. */
function text(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}` : part)) ?? 'null',
  );
}

const violations: string[] = [];
document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
  violations.push(`${violatedDirective} ${blockedURI.slice(0, 80)}`);
});
Object.assign(globalThis, { recover, violations });
