import type { ReactNode } from 'react';
import type { ListedAttestation } from '../../../../../sdk/marketTypes.ts';
import type { ArtefactKind, Wire } from '../../../../../sdk/rpcTypes.ts';
import { goTo } from '../../app/router.ts';
import { useNode } from '../../app/useNode.ts';
import { useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { PageButtons, usePages } from '../../ui/pages.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink, ArtefactLink } from '../Links.tsx';
import { counted, percent } from '../numbers.ts';
import { marketHref } from '../places.ts';
import { SourceLegend } from '../SourceTag.tsx';

const KINDS = ['model', 'dataset', 'training run', 'agent', 'service', 'other'] as const satisfies ArtefactKind[];
type Shown = 'all' | ArtefactKind;
const PAGE = 25;

/** Attested artefacts, newest first, of one kind or all. */
export function ModelsPage({ query }: { readonly query: URLSearchParams }): ReactNode {
  const { market } = useTexts();
  const kind: Shown = KINDS.find((known) => known === query.get('kind')) ?? 'all';
  return (
    <>
      <div className="head">
        <h1>{market.models.title}</h1>
        <p className="quiet">{market.models.lead}</p>
      </div>
      <div className="row">
        <Choice
          label={market.models.kind}
          value={kind}
          options={(['all', ...KINDS] as const).map((value) => ({ value, label: market.kindNames[value] }))}
          onChange={(value) => goTo(marketHref(['models'], { kind: value === 'all' ? undefined : value }))}
        />
      </div>
      <List key={kind} kind={kind} />
      <p className="quiet">{market.models.first}</p>
      <SourceLegend sources={['settled']} />
    </>
  );
}

function List({ kind }: { readonly kind: Shown }): ReactNode {
  const { market } = useTexts();
  const pages = usePages();
  const list = useNode('engram_getAttestations', [{ limit: PAGE, ...(kind !== 'all' && { kind }), ...pages.options }]);
  return (
    <Card>
      <Asked query={list} lines={10}>
        {({ items, next }) => (
          <>
            <ArtefactTable artefacts={items} />
            <PageButtons pages={pages} next={next} of={market.models.pages} />
          </>
        )}
      </Asked>
    </Card>
  );
}

/** Artefacts with owner, origin and what was paid for their use. */
export function ArtefactTable({ artefacts }: { readonly artefacts: readonly Wire<ListedAttestation>[] }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { models } = market;
  const columns: Column<Wire<ListedAttestation>>[] = [
    { name: models.name, cell: ({ index, kind }) => <ArtefactLink {...{ index, kind }} /> },
    { name: models.owner, cell: ({ owner }) => <AccountLink index={owner} /> },
    {
      name: models.madeFrom,
      cell: ({ parent }) =>
        parent === 0 ? (
          <span className="quiet">{models.original}</span>
        ) : (
          <a href={marketHref(['models', parent])}>{parent}</a>
        ),
    },
    {
      name: models.royalty,
      isNumber: true,
      cell: ({ royaltyBps }) => percent(royaltyBps / 10_000, language),
    },
    {
      name: models.use,
      cell: (artefact) => <Use artefact={artefact} />,
    },
    {
      name: models.paid,
      isNumber: true,
      cell: ({ settled, token }) =>
        settled.claims === 0 ? <span className="quiet">–</span> : <TokenAmount token={token} value={settled.paid} />,
    },
    {
      name: models.when,
      cell: ({ created }) =>
        created === undefined ? <span className="quiet">{models.older}</span> : <Time at={created.timestamp} />,
    },
  ];
  return (
    <Table
      caption={models.caption}
      columns={columns}
      rows={artefacts}
      rowKey={({ index }) => index}
      empty={models.empty}
    />
  );
}

function Use({ artefact: { settled, children } }: { readonly artefact: Wire<ListedAttestation> }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { counts } = market;
  const parts = [
    ...(settled.claims > 0 ? [counted(settled.claims, counts.claims, language)] : []),
    ...(children > 0 ? [counted(children, counts.children, language)] : []),
  ];
  return parts.length === 0 ? <span className="quiet">–</span> : parts.join(' · ');
}
