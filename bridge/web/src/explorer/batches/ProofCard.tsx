import type { ReactNode } from 'react';
import type { BatchFacts } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Quantity } from '../parts/Quantity.tsx';
import { ProofPill } from './ProofPill.tsx';

/** The proof of a batch: state, size of the circuit, and how long it took where this node made it. */
export function ProofCard({ facts }: { readonly facts: Wire<BatchFacts> }): ReactNode {
  const { explorer } = useTexts();
  const { proof, constraints, shape } = facts;
  const { seconds, peakMemoryMB } = proof ?? {};
  const { units } = explorer;
  const all = seconds && seconds.witness + seconds.prove + seconds.verify;
  return (
    <Card title={explorer.titles.proof} aside={<ProofPill batch={facts} />}>
      {proof === undefined && <p className="quiet">{explorer.proofElsewhere}</p>}
      {proof?.state === 'failed' && <p className="quiet">{explorer.proofFailed}</p>}
      <Facts
        facts={[
          [explorer.facts.constraints, <Quantity key="constraints" value={constraints} />],
          [explorer.facts.shape, shape],
          [explorer.facts.proofSeconds, all !== undefined && <Quantity key="all" value={all} unit={units.seconds} />],
          [explorer.facts.witness, seconds && <Quantity key="witness" value={seconds.witness} unit={units.seconds} />],
          [explorer.facts.prove, seconds && <Quantity key="prove" value={seconds.prove} unit={units.seconds} />],
          [explorer.facts.verify, seconds && <Quantity key="verify" value={seconds.verify} unit={units.seconds} />],
          [
            explorer.facts.memory,
            peakMemoryMB !== undefined && <Quantity key="memory" value={peakMemoryMB} unit={units.megabytes} />,
          ],
        ]}
      />
    </Card>
  );
}
