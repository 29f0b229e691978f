import type { ReactNode } from 'react';
import type { AttestationView, Hex, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { AccountLink, ArtefactLink } from '../Links.tsx';
import { commitmentHex } from '../models/ArtefactPage.tsx';
import { commitmentOf, fittingOf } from './fitting.ts';

/** Attested or not, by whom, when. */
export function Verdict({ sha256 }: { readonly sha256: Hex }): ReactNode {
  const { market } = useTexts();
  const { check } = market;
  const found = useNode('engram_findAttestations', [sha256]);
  return (
    <Card title={check.result}>
      <Facts
        facts={[
          [check.hash, <Hash key="sha256" value={sha256} isWhole />],
          [check.commitment, <Hash key="commitment" value={commitmentHex(commitmentOf(sha256).toString())} isWhole />],
        ]}
      />
      <Asked query={found}>
        {(list) => {
          const { fitting, strange } = fittingOf(sha256, list);
          if (strange.length > 0) {
            return (
              <Notice tone="danger" title={check.lie}>
                {check.lieNext}
              </Notice>
            );
          }
          if (fitting.length === 0) {
            return (
              <Notice tone="warning" title={check.no}>
                {check.noNext}
              </Notice>
            );
          }
          return (
            <>
              <Notice tone="success" title={check.yes}>
                {check.yesNext}
              </Notice>
              <FoundTable attestations={fitting} />
              <p className="quiet">{check.elsewhere}</p>
            </>
          );
        }}
      </Asked>
    </Card>
  );
}

function FoundTable({ attestations }: { readonly attestations: readonly Wire<AttestationView>[] }): ReactNode {
  const { market } = useTexts();
  const columns: Column<Wire<AttestationView>>[] = [
    { name: market.models.name, cell: ({ index, kind }) => <ArtefactLink {...{ index, kind }} /> },
    { name: market.models.owner, cell: ({ owner }) => <AccountLink index={owner} /> },
    {
      name: market.models.when,
      cell: ({ created }) => {
        // absent where the node began with a snapshot
        const known: typeof created | undefined = created;
        return known === undefined ? market.models.older : <Time at={known.timestamp} />;
      },
    },
  ];
  return (
    <Table
      caption={market.check.found}
      columns={columns}
      rows={attestations}
      rowKey={({ index }) => index}
      empty={market.check.no}
    />
  );
}
