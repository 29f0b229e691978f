import type { ReactNode } from 'react';
import { useNode } from '../../app/useNode.ts';
import { useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { PageButtons, usePages } from '../../ui/pages.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { BatchLink } from '../parts/links.tsx';
import { Quantity } from '../parts/Quantity.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';
import { fillOf, gasPerOperation } from './batchCost.ts';
import { ProofPill } from './ProofPill.tsx';

/** All batches, newest first. */
export function BatchesPage(): ReactNode {
  const { explorer } = useTexts();
  const { language } = useLanguage();
  const { columns, lists, units } = explorer;
  const pages = usePages();
  const query = useNode('engram_getBatches', [{ ...pages.options, limit: 25 }]);
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  return (
    <>
      <h1>{lists.batches}</h1>
      <p className="quiet">{lists.batchesNote}</p>
      <Card>
        <Asked query={query} lines={12}>
          {({ items, next }) => (
            <>
              <Table
                caption={lists.batches}
                rows={items}
                rowKey={({ number }) => number}
                empty={lists.noBatches}
                columns={[
                  { name: columns.batch, cell: ({ number }) => <BatchLink number={number} /> },
                  { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
                  { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
                  { name: columns.proof, cell: (batch) => <ProofPill batch={batch} /> },
                  { name: columns.ops, cell: ({ counts }) => counts.ops + counts.l1Ops, isNumber: true },
                  { name: columns.evmTxs, cell: ({ counts }) => counts.evmTxs, isNumber: true },
                  { name: columns.fill, cell: (batch) => percent.format(fillOf(batch)), isNumber: true },
                  {
                    name: columns.posted,
                    cell: ({ posted }) => <Quantity value={posted.ledgerBytes + posted.evmBytes} unit={units.bytes} />,
                    isNumber: true,
                  },
                  {
                    name: columns.gasPerOp,
                    cell: (batch) => {
                      const gas = gasPerOperation(batch);
                      return gas === undefined ? '–' : <Quantity value={gas} unit={units.gas} />;
                    },
                    isNumber: true,
                  },
                ]}
              />
              <PageButtons pages={pages} next={next} of={lists.batches} />
            </>
          )}
        </Asked>
      </Card>
    </>
  );
}
