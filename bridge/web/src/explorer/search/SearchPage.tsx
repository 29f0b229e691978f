import { type ReactNode, useEffect } from 'react';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { safeText } from '../../ui/safeText.ts';
import { links } from '../places.ts';
import { cleanSearch } from './cleanSearch.ts';
import { type Hit, hitLink, narrowed } from './hitLink.ts';

/** What a text may mean: one thing is gone to at once, several are to choose from. */
export function SearchPage({ text: asked }: { readonly text: string }): ReactNode {
  const { explorer } = useTexts();
  const { text, wanted } = cleanSearch(asked);
  const query = useNode('engram_search', [text], { enabled: text !== '' });
  const hits = query.data === undefined || query.isPlaceholderData ? undefined : narrowed(query.data, wanted);
  const only = hits?.length === 1 ? hits[0] : undefined;
  const target = only === undefined ? undefined : hitLink(only);
  useEffect(() => {
    // in place of the search, so that “back” leads to where it was made
    if (target !== undefined) window.location.replace(target);
  }, [target]);
  return (
    <>
      <h1>{explorer.search.title}</h1>
      {text === '' ? (
        <Nothing text={asked} />
      ) : (
        <Asked query={{ ...query, data: hits }}>
          {(found) =>
            found.length === 0 ? (
              <Nothing text={asked} />
            ) : (
              <Card title={fill(explorer.search.meanings, { count: found.length, text: safeText(asked, 40) })}>
                <ul className="hits">
                  {found.slice(0, 16).map((hit) => (
                    <li key={hitLink(hit)}>
                      <HitLink hit={hit} />
                    </li>
                  ))}
                </ul>
              </Card>
            )
          }
        </Asked>
      )}
    </>
  );
}

function HitLink({ hit }: { readonly hit: Hit }): ReactNode {
  const { explorer } = useTexts();
  const kinds = explorer.search.kinds;
  switch (hit.kind) {
    case 'block':
    case 'batch':
      return <a href={hitLink(hit)}>{fill(kinds[hit.kind], { number: hit.number })}</a>;
    case 'account':
      return <a href={hitLink(hit)}>{fill(kinds[hit.accountKind], { number: hit.index })}</a>;
    case 'artefact':
      return <a href={hitLink(hit)}>{fill(kinds.artefact, { number: hit.attestation })}</a>;
    default:
      return (
        <>
          <span>{kinds[hit.kind]} </span>
          <Hash value={hit.kind === 'address' ? hit.address : hit.hash} to={hitLink(hit)} />
        </>
      );
  }
}

function Nothing({ text }: { readonly text: string }): ReactNode {
  const { explorer } = useTexts();
  const { search } = explorer;
  const { text: clean } = cleanSearch(text);
  // what only waits in the mempool is no hit, but has a page
  const isHash = /^0x[0-9a-f]{64}$/.test(clean);
  return (
    <>
      <Notice
        tone="warning"
        title={fill(search.nothing, { text: safeText(text, 60) })}
        {...(isHash && { actions: <a href={links.transaction(clean)}>{search.asTransaction}</a> })}
      >
        {search.nothingNext}
      </Notice>
      <Card title={search.whatTitle}>
        <ul className="bullets">
          {Object.entries(search.what).map(([name, line]) => (
            <li key={name}>{line}</li>
          ))}
        </ul>
      </Card>
    </>
  );
}
