import type { ReactNode } from 'react';
import { CopyButton } from '../ui/Hash.tsx';

/** A line for a terminal, copied with a click. */
export function Command({ text }: { readonly text: string }): ReactNode {
  return (
    <div className="command">
      <code>{text}</code>
      <CopyButton value={text} />
    </div>
  );
}
