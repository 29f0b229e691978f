import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { Pill, type PillTone } from '../../ui/Pill.tsx';
import { Sentence } from '../../ui/Sentence.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { type Payment, paymentOf } from './epochStory.ts';

interface PaymentNoteProps {
  /** Base units. */
  readonly due: string;
  readonly paid: string;
  readonly token: number;
  readonly isOpen: boolean;
}

const TONES: Readonly<Record<Payment, PillTone>> = {
  notDue: 'neutral',
  nothing: 'neutral',
  exact: 'success',
  missing: 'warning',
  excess: 'danger',
};

/** Whether somebody got what is due, and by how much it differs. */
export function PaymentNote({ due, paid, token, isOpen }: PaymentNoteProps): ReactNode {
  const { market } = useTexts();
  const { payment, difference } = paymentOf({ due, paid }, isOpen);
  return (
    <Pill tone={TONES[payment]}>
      <Sentence text={market.epoch[payment]} values={{ amount: <TokenAmount token={token} value={difference} /> }} />
    </Pill>
  );
}
