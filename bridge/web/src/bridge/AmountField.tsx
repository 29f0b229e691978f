import type { ReactNode } from 'react';
import { troubleText } from '../app/troubleText.ts';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { formatAmount } from '../transfers/amounts.ts';
import type { Token, Trouble } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { amountText, readableTrouble } from './money.ts';

interface AmountFieldProps {
  readonly value: string;
  readonly token: Token;
  /** Base units; undefined: not known. */
  readonly available: bigint | undefined;
  readonly trouble: Trouble | undefined;
  readonly onChange: (value: string) => void;
}

/** An amount with the most there is at hand. */
export function AmountField({ value, token, available, trouble, onChange }: AmountFieldProps): ReactNode {
  const texts = useTexts();
  const { language } = useLanguage();
  const { form } = texts.bridge;
  const told = trouble && troubleText(texts, readableTrouble(trouble, [token], language));
  return (
    <Field
      label={form.amount}
      value={value}
      inputMode="decimal"
      placeholder="0"
      maxLength={60}
      onChange={onChange}
      hint={
        available === undefined ? '\u00a0' : fill(form.available, { amount: amountText(available, token, language) })
      }
      error={told && `${told.what}. ${told.next}`}
      after={
        <>
          <span className="amount-unit">{token.symbol}</span>
          <Button
            disabled={available === undefined || available === 0n}
            onClick={() => available !== undefined && onChange(formatAmount(available, token.decimals))}
          >
            {form.max}
          </Button>
        </>
      }
    />
  );
}
