import type { ReactNode } from 'react';
import { useTexts } from '../texts/index.tsx';
import type { Token } from '../transfers/types.ts';
import { SelectField } from '../ui/Field.tsx';

interface TokenFieldProps {
  readonly tokens: readonly Token[];
  readonly value: number;
  readonly onChange: (id: number) => void;
}

/** Which token; contracts name themselves, so an ERC-20's number stands behind its name. */
export function TokenField({ tokens, value, onChange }: TokenFieldProps): ReactNode {
  const { form } = useTexts().bridge;
  return (
    <SelectField
      label={form.token}
      value={String(value)}
      options={tokens.map(({ id, symbol, name }) => ({
        value: String(id),
        label: id === 0 || name === symbol ? symbol : `${symbol} · ${name}`,
      }))}
      onChange={(id) => onChange(Number(id))}
    />
  );
}
