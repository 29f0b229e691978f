import { type ReactNode, useState } from 'react';
import { useTexts } from '../texts/index.tsx';
import { Button } from './Button.tsx';

/** Where a list that goes on by cursors stands. */
export interface Pages {
  /** Goes to the node as it is; empty on the newest page. */
  readonly options: { readonly before?: string };
  readonly isNewest: boolean;
  readonly toOlder: (next: string) => void;
  readonly toNewer: () => void;
  readonly toNewest: () => void;
}

export function usePages(): Pages {
  const [passed, setPassed] = useState<readonly string[]>([]);
  const before = passed.at(-1);
  return {
    options: before === undefined ? {} : { before },
    isNewest: before === undefined,
    toOlder: (next) => setPassed([...passed, next]),
    toNewer: () => setPassed(passed.slice(0, -1)),
    toNewest: () => setPassed([]),
  };
}

/** Beneath a list; nothing if it has one page only. */
export function PageButtons({
  pages,
  next,
  of,
}: {
  readonly pages: Pages;
  readonly next?: string | undefined;
  readonly of: string;
}): ReactNode {
  const { common } = useTexts();
  if (pages.isNewest && next === undefined) return null;
  return (
    <nav className="row pages" aria-label={of}>
      <Button onClick={pages.toNewest} disabled={pages.isNewest}>
        {common.newest}
      </Button>
      <Button onClick={pages.toNewer} disabled={pages.isNewest}>
        {common.newer}
      </Button>
      <Button onClick={() => next !== undefined && pages.toOlder(next)} disabled={next === undefined}>
        {common.older}
      </Button>
    </nav>
  );
}
