import { type Intent, STEPS_OF, type Transfer, type TransferKind, type Trouble } from '../types.ts';
import { expectedSeconds, type Pace } from './pace.ts';
import { stepsOf } from './steps.ts';

/** What was asked for and no chain shows yet. */
export function intentTransfers(intents: readonly Intent[], { pace, now }: { pace: Pace; now: number }): Transfer[] {
  return intents.flatMap((intent) => (isTransfer(intent) ? [intentTransfer(intent, { pace, now })] : []));
}

type TransferIntent = Intent & { readonly kind: TransferKind };

function isTransfer(intent: Intent): intent is TransferIntent {
  return Object.hasOwn(STEPS_OF, intent.kind);
}

function intentTransfer(intent: TransferIntent, { pace, now }: { pace: Pace; now: number }): Transfer {
  const { id, kind, token, amount, account, recipient, at, state, chain, hash, trouble } = intent;
  const isSent = hash !== undefined;
  const failed = trouble === undefined ? undefined : STEPS_OF[kind][isSent ? 1 : 0];
  const steps = stepsOf(kind, {
    done: isSent ? 'sent' : undefined,
    failed,
    facts: isSent ? { sent: { at, link: { chain, id: hash } } } : {},
  });
  const found: Trouble | undefined =
    trouble ?? (state === 'lost' ? { code: 'MAYBE_SENT', data: { intent: id } } : undefined);
  const expected = isSent ? expectedSeconds(kind, steps, { pace, now, startedAt: at }) : undefined;
  return {
    ...{ id: `intent:${id}`, kind, token, startedAt: at, steps, isFinished: trouble !== undefined },
    ...(amount !== undefined && { amount }),
    ...(account !== undefined && { account }),
    ...(recipient !== undefined && { recipient }),
    ...(expected !== undefined && { expectedSeconds: expected }),
    ...(found !== undefined && { trouble: found }),
  };
}
