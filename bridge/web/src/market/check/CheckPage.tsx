import type { ReactNode } from 'react';
import { useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { FileChooser } from './FileChooser.tsx';
import { sha256In } from './hashFile.ts';
import { TypedHash } from './TypedHash.tsx';
import { Verdict } from './Verdict.tsx';

/** Whether a file is attested: hashed in the browser, the hash looked up. The hash is part of the place, so the result has a link. */
export function CheckPage({ query }: { readonly query: URLSearchParams }): ReactNode {
  const { market } = useTexts();
  const sha256 = sha256In(query.get('sha256') ?? '');
  return (
    <>
      <div className="head">
        <h1>{market.check.title}</h1>
        <p className="quiet">{market.check.lead}</p>
      </div>
      <Card>
        <FileChooser />
        <TypedHash />
      </Card>
      <div aria-live="polite">{sha256 !== undefined && <Verdict key={sha256} sha256={sha256} />}</div>
    </>
  );
}
