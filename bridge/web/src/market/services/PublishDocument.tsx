import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useId, useRef, useState } from 'react';
import { request } from '../../../../../sdk/request.ts';
import { useDeployment } from '../../app/context.ts';
import { PageError } from '../../app/pageError.ts';
import { useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { ErrorNotice } from '../../ui/ErrorNotice.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Spinner } from '../../ui/Spinner.tsx';
import { MarketError } from '../marketError.ts';
import { serviceText } from './serviceFile.ts';

type Work =
  | { readonly state: 'idle' }
  | { readonly state: 'sending' }
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly error: unknown };

interface PublishDocumentProps {
  readonly service: number;
  readonly onDone: () => void;
}

/** Gives the node a service's document: compared with the ledger's commitment here, and once more by the node. */
export function PublishDocument({ service, onDone }: PublishDocumentProps): ReactNode {
  const { market } = useTexts();
  const { node } = useDeployment();
  const queries = useQueryClient();
  const id = useId();
  const [work, setWork] = useState<Work>({ state: 'idle' });
  const isSending = useRef(false);

  const give = async (file: File): Promise<void> => {
    if (node === undefined) throw new PageError('NODE_ABSENT');
    const attestation = await request(node, 'engram_getAttestation', [service]);
    if (attestation === null) throw new MarketError('WRONG_DOCUMENT');
    const text = await serviceText(file, BigInt(attestation.artefact));
    await request(node, 'engram_publishService', [service, text]);
  };
  const take = (file: File | undefined): void => {
    if (file === undefined || isSending.current) return;
    isSending.current = true;
    setWork({ state: 'sending' });
    give(file)
      .then(
        () => {
          setWork({ state: 'done' });
          void queries.invalidateQueries({ queryKey: ['node'] });
          onDone();
        },
        (error: unknown) => setWork({ state: 'failed', error }),
      )
      .finally(() => {
        isSending.current = false;
      });
  };
  return (
    <Card title={market.publish.title}>
      <p>{market.publish.text}</p>
      {work.state !== 'done' && (
        <div className="row">
          <input
            type="file"
            id={id}
            className="visually-hidden"
            accept=".json,.txt,application/json,text/plain"
            onChange={(event) => {
              take(event.target.files?.[0]);
              event.target.value = '';
            }}
          />
          <label htmlFor={id} className="button button-primary">
            {market.publish.choose}
          </label>
        </div>
      )}
      <div aria-live="polite">
        {work.state === 'sending' && <Spinner label={market.publish.sending} />}
        {work.state === 'done' && <Notice tone="success" title={market.publish.done} />}
        {work.state === 'failed' && <ErrorNotice error={work.error} />}
      </div>
    </Card>
  );
}
