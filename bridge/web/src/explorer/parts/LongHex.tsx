import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { CopyButton } from '../../ui/Hash.tsx';

/** Characters that are shown; all of them are copied. */
const SHOWN = 2_000;

/** Bytes of any length, in a box of its own. */
export function LongHex({ label, value }: { readonly label: string; readonly value: string }): ReactNode {
  const { explorer } = useTexts();
  return (
    <details className="long">
      <summary>
        {label}{' '}
        <span className="quiet">
          ({explorer.bytes.replace('{count}', String(Math.max(0, (value.length - 2) / 2)))})
        </span>
      </summary>
      <div className="long-body">
        <CopyButton value={value} name={label} />
        <code>
          {value.slice(0, SHOWN)}
          {value.length > SHOWN && '…'}
        </code>
      </div>
    </details>
  );
}
