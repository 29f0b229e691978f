import type { ReactNode } from 'react';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { BatchLink, BlockLink } from '../parts/links.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';
import { links } from '../places.ts';

const SHOWN = 8;

export function LatestBlocks(): ReactNode {
  const { explorer } = useTexts();
  const { columns, lists } = explorer;
  const query = useNode('engram_getBlocks', [{ limit: SHOWN }]);
  return (
    <Card title={lists.latestBlocks} aside={<a href={links.blocks()}>{lists.all}</a>}>
      <Asked query={query} lines={9}>
        {({ items }) => (
          <Table
            caption={lists.latestBlocks}
            rows={items}
            rowKey={({ number }) => number}
            empty={lists.noBlocks}
            columns={[
              { name: columns.block, cell: ({ number }) => <BlockLink number={number} /> },
              {
                name: columns.transactions,
                cell: ({ ledgerTxs, evmTxs, l1Ops }) => ledgerTxs + evmTxs + l1Ops,
                isNumber: true,
              },
              { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
              { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}

export function LatestBatches(): ReactNode {
  const { explorer } = useTexts();
  const { columns, lists } = explorer;
  const query = useNode('engram_getBatches', [{ limit: SHOWN }]);
  return (
    <Card title={lists.latestBatches} aside={<a href={links.batches()}>{lists.all}</a>}>
      <Asked query={query} lines={9}>
        {({ items }) => (
          <Table
            caption={lists.latestBatches}
            rows={items}
            rowKey={({ number }) => number}
            empty={lists.noBatches}
            columns={[
              { name: columns.batch, cell: ({ number }) => <BatchLink number={number} /> },
              { name: columns.ops, cell: ({ counts }) => counts.ops + counts.l1Ops, isNumber: true },
              { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
              { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
            ]}
          />
        )}
      </Asked>
    </Card>
  );
}
