import { type Intent, STEPS_OF, type Transfer, type TransferKind, type Trouble } from '../types.ts';
import { expectedSeconds, type Pace } from './pace.ts';
import { stepsOf } from './steps.ts';

interface Context {
  readonly pace: Pace;
  readonly now: number;
  /** Ids of lost ones of which the wallet has sent nothing so far. */
  readonly unsent: ReadonlySet<string>;
}

/** What was asked for and no chain shows yet. */
export function intentTransfers(intents: readonly Intent[], { pace, now, unsent }: Context): Transfer[] {
  return intents.flatMap((intent) => (isTransfer(intent) ? [intentTransfer(intent, { pace, now, unsent })] : []));
}

type TransferIntent = Intent & { readonly kind: TransferKind };

function isTransfer(intent: Intent): intent is TransferIntent {
  return Object.hasOwn(STEPS_OF, intent.kind);
}

function intentTransfer(intent: TransferIntent, { pace, now, unsent }: Context): Transfer {
  const { id, kind, token, amount, account, recipient, at, state, chain, hash, trouble } = intent;
  const isSent = hash !== undefined;
  const failed = trouble === undefined ? undefined : STEPS_OF[kind][isSent ? 1 : 0];
  const steps = stepsOf(kind, {
    done: isSent ? 'sent' : undefined,
    failed,
    facts: isSent ? { sent: { at, link: { chain, id: hash } } } : {},
  });
  const found: Trouble | undefined =
    trouble ??
    (state === 'lost' ? { code: unsent.has(id) ? 'NOT_SENT' : 'MAYBE_SENT', data: { intent: id } } : undefined);
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
