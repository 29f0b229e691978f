import type { ReactNode } from 'react';
import type { BatchFacts } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Pill, type PillTone } from '../../ui/Pill.tsx';

type ProofState = NonNullable<Wire<BatchFacts>['proof']>['state'];

const TONES: Readonly<Record<ProofState, PillTone>> = {
  pending: 'neutral',
  proving: 'info',
  proven: 'success',
  failed: 'danger',
};

/** Where the proof is; a batch proven on L1 by somebody else is proven all the same. */
export function ProofPill({ batch }: { readonly batch: Pick<Wire<BatchFacts>, 'proof' | 'status'> }): ReactNode {
  const { proofStates } = useTexts().explorer;
  const state = batch.proof?.state ?? (batch.status === 'proven' ? 'proven' : undefined);
  if (state === undefined) return <Pill>{proofStates.elsewhere}</Pill>;
  return <Pill tone={TONES[state]}>{proofStates[state]}</Pill>;
}
