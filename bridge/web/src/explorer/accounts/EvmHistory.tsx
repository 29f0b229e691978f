import type { ReactNode } from 'react';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { PageButtons, usePages } from '../../ui/pages.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { AddressLink, BlockLink, TransactionLink } from '../parts/links.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';

/** Transactions of the EVM lane that an address sent or got. */
export function EvmHistory({ address }: { readonly address: Hex }): ReactNode {
  const { explorer } = useTexts();
  const { columns } = explorer;
  const pages = usePages();
  const query = useNode('engram_getEvmHistory', [address, { ...pages.options, limit: 15 }]);
  return (
    <Asked query={query} lines={6}>
      {({ items, next }) => (
        <>
          <Table
            caption={explorer.titles.evmHistory}
            rows={items}
            rowKey={({ hash }) => hash}
            empty={explorer.lists.noEvmHistory}
            columns={[
              { name: columns.transaction, cell: ({ hash }) => <TransactionLink hash={hash} /> },
              {
                name: columns.direction,
                cell: ({ from }) => (from.toLowerCase() === address ? explorer.sent : explorer.received),
              },
              {
                name: columns.other,
                cell: ({ from, to }) =>
                  from.toLowerCase() !== address ? (
                    <AddressLink address={from} />
                  ) : to === undefined ? (
                    explorer.purposes.creation
                  ) : (
                    <AddressLink address={to} />
                  ),
              },
              { name: columns.value, cell: ({ value }) => <Amount value={value} />, isNumber: true },
              {
                name: columns.result,
                cell: ({ isSuccess }) => (
                  <Pill tone={isSuccess ? 'success' : 'danger'}>{isSuccess ? explorer.success : explorer.failed}</Pill>
                ),
              },
              { name: columns.block, cell: ({ block }) => <BlockLink number={block} /> },
              { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
              { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
            ]}
          />
          <PageButtons pages={pages} next={next} of={explorer.titles.evmHistory} />
        </>
      )}
    </Asked>
  );
}
