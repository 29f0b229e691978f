import type { ReactNode } from 'react';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { PageButtons, usePages } from '../../ui/pages.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { BatchLink, BlockLink } from '../parts/links.tsx';
import { Quantity } from '../parts/Quantity.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';

/** All blocks, newest first. */
export function BlocksPage(): ReactNode {
  const { explorer } = useTexts();
  const { columns, lists } = explorer;
  const pages = usePages();
  const query = useNode('engram_getBlocks', [{ ...pages.options, limit: 25 }]);
  return (
    <>
      <h1>{lists.blocks}</h1>
      <p className="quiet">{lists.blocksNote}</p>
      <Card>
        <Asked query={query} lines={12}>
          {({ items, next }) => (
            <>
              <Table
                caption={lists.blocks}
                rows={items}
                rowKey={({ number }) => number}
                empty={lists.noBlocks}
                columns={[
                  { name: columns.block, cell: ({ number }) => <BlockLink number={number} /> },
                  { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
                  { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
                  { name: columns.batch, cell: ({ batch }) => <BatchLink number={batch} /> },
                  { name: columns.l1Ops, cell: ({ l1Ops }) => l1Ops, isNumber: true },
                  { name: columns.ledgerTxs, cell: ({ ledgerTxs }) => ledgerTxs, isNumber: true },
                  { name: columns.evmTxs, cell: ({ evmTxs }) => evmTxs, isNumber: true },
                  {
                    name: columns.gasUsed,
                    cell: ({ evmGasUsed }) => <Quantity value={evmGasUsed} unit={explorer.units.gas} />,
                    isNumber: true,
                  },
                ]}
              />
              <PageButtons pages={pages} next={next} of={lists.blocks} />
            </>
          )}
        </Asked>
      </Card>
    </>
  );
}
