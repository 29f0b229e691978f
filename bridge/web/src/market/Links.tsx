import type { ReactNode } from 'react';
import type { ArtefactKind } from '../../../../sdk/rpcTypes.ts';
import { href } from '../app/router.ts';
import { fill, useTexts } from '../texts/index.tsx';
import { safeText } from '../ui/safeText.ts';
import { KindIcon } from './KindIcon.tsx';
import { marketHref } from './places.ts';

/** An account, in the explorer. */
export function AccountLink({ index }: { readonly index: number }): ReactNode {
  const { market } = useTexts();
  return (
    <a className="name" href={href('explorer', 'account', index)}>
      {fill(market.account, { index })}
    </a>
  );
}

/** Who provides, by its KEY account; its name is its own say. */
export function ProviderLink({ owner, name }: { readonly owner: number; readonly name?: string }): ReactNode {
  const { market } = useTexts();
  const said = name === undefined ? '' : safeText(name, 48);
  return (
    <a href={marketHref(['providers', owner])}>
      {said === '' ? fill(market.provider, { index: owner }) : <bdi>{said}</bdi>}
    </a>
  );
}

export function ArtefactLink({ index, kind }: { readonly index: number; readonly kind: ArtefactKind }): ReactNode {
  const { market } = useTexts();
  return (
    <a className="artefact-link" href={marketHref(['models', index])}>
      <KindIcon kind={kind} />
      {fill(market.artefact, { kind: market.kinds[kind] ?? kind, index })}
    </a>
  );
}

export function BlockLink({ block }: { readonly block: bigint | string }): ReactNode {
  return <a href={href('explorer', 'block', block)}>{String(block)}</a>;
}
