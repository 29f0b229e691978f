import { type ReactNode, useState } from 'react';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Button } from '../../ui/Button.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { BlockLink, TransactionLink } from '../parts/links.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';
import { links } from '../places.ts';

const STEP = 10;
/** The node lists no more. */
const MOST = 1_000;

/** Value that left the EVM lane, from or to an address. */
export function Withdrawals({ address }: { readonly address: Hex }): ReactNode {
  const { explorer, common } = useTexts();
  const { columns } = explorer;
  const [limit, setLimit] = useState(STEP);
  const query = useNode('engram_getWithdrawals', [address, { limit }]);
  return (
    <Asked query={query}>
      {(withdrawals) => (
        <>
          <Table
            caption={explorer.titles.withdrawals}
            rows={withdrawals}
            rowKey={({ index }) => index}
            empty={explorer.lists.noWithdrawals}
            columns={[
              { name: columns.number, cell: ({ index }) => index, isNumber: true },
              { name: columns.transaction, cell: ({ transactionHash }) => <TransactionLink hash={transactionHash} /> },
              {
                name: columns.amount,
                cell: ({ amount, token }) => <TokenAmount value={amount} token={token} />,
                isNumber: true,
              },
              {
                name: columns.recipient,
                cell: ({ recipient }) => <Hash value={recipient} to={links.address(recipient)} />,
              },
              { name: columns.block, cell: ({ block }) => <BlockLink number={block} /> },
              {
                name: columns.status,
                cell: ({ status }) =>
                  status === 'claimable' ? (
                    <Pill tone="success">{explorer.claimable}</Pill>
                  ) : (
                    <SuretyPill status={status} />
                  ),
              },
            ]}
          />
          {withdrawals.length >= limit && limit < MOST && (
            <div className="row">
              <Button onClick={() => setLimit(Math.min(MOST, limit * 4))}>{common.more}</Button>
            </div>
          )}
        </>
      )}
    </Asked>
  );
}
