import type { ReactNode } from 'react';
import type { LineageView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { marketHref } from '../places.ts';
import { LineageGraph } from './LineageGraph.tsx';
import { LineageList } from './LineageList.tsx';
import { lineageTree } from './lineageTree.ts';
import { openIn } from './unfolded.ts';

interface LineageCardProps {
  readonly lineage: Wire<LineageView>;
  /** `open`: what is unfolded, by index. */
  readonly query: URLSearchParams;
}

/** Where an artefact comes from and what came of it: as a graph, and as a list. */
export function LineageCard({ lineage, query }: LineageCardProps): ReactNode {
  const { market } = useTexts();
  const { index } = lineage.attestation;
  const open = openIn(query);
  const tree = lineageTree(lineage, open);
  const isAlone = tree.children.length === 0;
  return (
    <Card
      title={market.artefactPage.lineage}
      aside={open.size > 0 && <a href={marketHref(['models', index])}>{market.lineage.fold}</a>}
    >
      <p className="quiet">{isAlone ? market.lineage.alone : market.lineage.graph}.</p>
      <LineageGraph tree={tree} open={open} current={index} />
      {lineage.isTruncated && <p className="quiet">{market.lineage.truncated}</p>}
      {!isAlone && (
        <details className="fold">
          <summary>{market.lineage.list}</summary>
          <LineageList tree={tree} open={open} current={index} />
        </details>
      )}
    </Card>
  );
}
