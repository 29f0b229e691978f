import type { ReactNode } from 'react';
import type { BatchFacts, L1Cost } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { useL1TransactionLink } from '../l1Links.ts';
import { GasPrice, Quantity } from '../parts/Quantity.tsx';
import { gasPerOperation, operationsOf, shareOf } from './batchCost.ts';

/** What Ethereum took for a batch. */
export function CostCard({ facts }: { readonly facts: Wire<BatchFacts> }): ReactNode {
  const { explorer } = useTexts();
  const perOperation = gasPerOperation(facts);
  return (
    <Card title={explorer.titles.cost}>
      {perOperation !== undefined && (
        <p className="big-number">
          <Quantity value={perOperation} unit={explorer.units.gasPerOperation} />
          <span className="quiet big-note">{fill(explorer.overOperations, { count: operationsOf(facts) })}</span>
        </p>
      )}
      <h3>{explorer.titles.commit}</h3>
      <Cost cost={facts.commit} isDue={facts.status === 'closed'} />
      <h3>{explorer.titles.prove}</h3>
      <Cost cost={facts.prove} isDue={facts.status !== 'proven'} />
    </Card>
  );
}

function Cost({ cost, isDue }: { readonly cost: Wire<L1Cost> | undefined; readonly isDue: boolean }): ReactNode {
  const { explorer } = useTexts();
  const { facts, units } = explorer;
  const link = useL1TransactionLink();
  if (cost === undefined) return <p className="quiet">{isDue ? explorer.notYet : explorer.costUnknown}</p>;
  const share = shareOf(cost);
  return (
    <Facts
      facts={[
        [facts.l1Transaction, <Hash key="transaction" value={cost.transaction} to={link(cost.transaction)} />],
        [facts.l1Block, cost.block],
        [facts.gasUsed, <Quantity key="gas" value={cost.gasUsed} unit={units.gas} />],
        [
          facts.share,
          cost.batches > 1 && (
            <span key="share">
              <Quantity value={share.gas} unit={units.gas} />{' '}
              <span className="quiet">{fill(facts.shareOf, { batches: cost.batches })}</span>
            </span>
          ),
        ],
        [facts.gasPrice, <GasPrice key="price" wei={cost.gasPrice} />],
        [facts.cost, <Amount key="cost" value={share.wei} />],
      ]}
    />
  );
}
