import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { CopyButton } from '../../ui/Hash.tsx';
import { safeText, safeUrl } from '../../ui/safeText.ts';

/** Text that others wrote: only what is a plain web address becomes a link. */
export function Endpoints({ endpoints }: { readonly endpoints: readonly string[] }): ReactNode {
  const { market } = useTexts();
  const { providerPage } = market;
  if (endpoints.length === 0) return <p className="empty">{providerPage.noEndpoints}</p>;
  return (
    <>
      <ul className="endpoints">
        {endpoints.map((endpoint) => {
          const link = safeUrl(endpoint);
          const shown = <code>{safeText(endpoint, 256)}</code>;
          return (
            <li key={endpoint}>
              {link === undefined ? (
                shown
              ) : (
                <a href={link} target="_blank" rel="noreferrer noopener">
                  {shown}
                </a>
              )}
              <CopyButton value={safeText(endpoint, 256)} />
            </li>
          );
        })}
      </ul>
      <p className="quiet">{providerPage.endpointsText}</p>
    </>
  );
}
