import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { safeText } from '../../ui/safeText.ts';
import type { Decoded } from '../evm/knownContracts.ts';

/** A call or a log by its interface. */
export function DecodedView({ decoded }: { readonly decoded: Decoded }): ReactNode {
  const { explorer } = useTexts();
  return (
    <div className="decoded">
      <p>
        <code className="decoded-name">{decoded.name}</code>
        {!decoded.isCertain && <span className="quiet"> {explorer.looksLike}</span>}
      </p>
      {decoded.args.length > 0 && (
        <dl className="facts">
          {decoded.args.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{safeText(value, 220)}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
