import type { ReactNode } from 'react';
import type { ExitRecord } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { useL1TransactionLink } from '../l1Links.ts';
import { AccountLink, TransactionLink } from '../parts/links.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';

/** Value on its way from the ledger to L1. */
export function ExitsTable({
  exits,
  caption,
}: {
  readonly exits: readonly Wire<ExitRecord>[];
  readonly caption: string;
}): ReactNode {
  const { explorer } = useTexts();
  const { columns } = explorer;
  const l1Link = useL1TransactionLink();
  return (
    <Table
      caption={caption}
      rows={exits.map((exit, i) => ({ ...exit, i }))}
      rowKey={({ block, i }) => `${block} ${i}`}
      empty={explorer.lists.noExits}
      columns={[
        {
          name: columns.by,
          cell: ({ transaction, queueIndex }) =>
            transaction === undefined ? (
              fill(explorer.queueItem, { index: queueIndex ?? '?' })
            ) : (
              <TransactionLink hash={transaction} />
            ),
        },
        { name: columns.account, cell: ({ account }) => <AccountLink index={account} /> },
        {
          name: columns.amount,
          cell: ({ amount, token }) => <TokenAmount value={amount} token={token} />,
          isNumber: true,
        },
        { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
        {
          name: columns.creditedBy,
          cell: ({ proveTx }) => (proveTx === undefined ? '–' : <Hash value={proveTx} to={l1Link(proveTx)} />),
        },
        { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
      ]}
    />
  );
}
