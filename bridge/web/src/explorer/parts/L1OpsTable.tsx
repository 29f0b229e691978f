import type { ReactNode } from 'react';
import type { L1OpView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { links } from '../places.ts';
import { AccountLink } from './links.tsx';

interface L1OpsTableProps {
  readonly ops: readonly Wire<L1OpView>[];
  /** L1's queue item of the first one. */
  readonly firstQueueIndex: string;
}

/** What L1's queue brought, in its order. */
export function L1OpsTable({ ops, firstQueueIndex }: L1OpsTableProps): ReactNode {
  const { explorer } = useTexts();
  const { columns } = explorer;
  const rows = ops.map((op, i) => ({ ...op, queueIndex: BigInt(firstQueueIndex) + BigInt(i) }));
  return (
    <Table
      caption={columns.l1Ops}
      rows={rows}
      rowKey={({ queueIndex }) => queueIndex.toString()}
      empty={explorer.lists.noL1Ops}
      columns={[
        { name: columns.queueItem, cell: ({ queueIndex }) => queueIndex.toString(), isNumber: true },
        {
          name: columns.what,
          cell: ({ kind, isVoid }) => (
            <span className="row">
              {explorer.kinds[kind]}
              {isVoid && <Pill tone="warning">{explorer.void}</Pill>}
            </span>
          ),
        },
        { name: columns.account, cell: ({ index }) => <AccountLink index={index} /> },
        {
          name: columns.amount,
          cell: ({ amount, token }) => <TokenAmount value={amount} token={token} />,
          isNumber: true,
        },
        { name: columns.owner, cell: ({ address }) => <Hash value={address} to={links.address(address)} /> },
      ]}
    />
  );
}
