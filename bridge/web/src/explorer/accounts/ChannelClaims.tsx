import { type ReactNode, useState } from 'react';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Button } from '../../ui/Button.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { fieldHex } from '../hex.ts';
import { TransactionLink } from '../parts/links.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';

const STEP = 25;
/** The node lists no more. */
const MOST = 1_000;

/** What a channel paid, newest first. */
export function ChannelClaims({ channel, token }: { readonly channel: number; readonly token: number }): ReactNode {
  const { explorer, common } = useTexts();
  const { columns } = explorer;
  const [limit, setLimit] = useState(STEP);
  const query = useNode('engram_getClaims', [channel, { limit }]);
  return (
    <Asked query={query} lines={6}>
      {(claims) => (
        <>
          <Table
            caption={explorer.titles.claims}
            rows={claims}
            rowKey={({ transaction, total, receiptsRoot }) => `${transaction} ${total} ${receiptsRoot}`}
            empty={explorer.lists.noClaims}
            columns={[
              { name: columns.transaction, cell: ({ transaction }) => <TransactionLink hash={transaction} /> },
              {
                name: columns.paid,
                cell: ({ delta }) => <TokenAmount value={delta} token={token} />,
                isNumber: true,
              },
              {
                name: columns.royalty,
                cell: ({ royalty }) => <TokenAmount value={royalty} token={token} />,
                isNumber: true,
              },
              {
                name: columns.total,
                cell: ({ total }) => <TokenAmount value={total} token={token} />,
                isNumber: true,
              },
              { name: columns.receipts, cell: ({ receiptsRoot }) => <Hash value={fieldHex(receiptsRoot)} /> },
              { name: columns.status, cell: ({ state }) => <SuretyPill status={state} /> },
              { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
            ]}
          />
          {claims.length >= limit && limit < MOST && (
            <div className="row">
              <Button onClick={() => setLimit(Math.min(MOST, limit * 4))}>{common.more}</Button>
            </div>
          )}
        </>
      )}
    </Asked>
  );
}
