import type { ReactNode } from 'react';
import type { HistoryEntry } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { PageButtons, usePages } from '../../ui/pages.tsx';
import { Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { AccountLink, BlockLink, TransactionLink } from '../parts/links.tsx';
import { Change } from '../parts/Quantity.tsx';
import { SuretyPill } from '../parts/SuretyPill.tsx';

/** Everything that changed an account, newest first. */
export function History({ account, token }: { readonly account: number; readonly token: number }): ReactNode {
  const { explorer } = useTexts();
  const { columns } = explorer;
  const pages = usePages();
  const query = useNode('engram_getHistory', [account, { ...pages.options, limit: 25 }]);
  return (
    <Asked query={query} lines={10}>
      {({ items, next }) => (
        <>
          <Table
            caption={explorer.titles.history}
            rows={items.map((entry, i) => ({ ...entry, i }))}
            rowKey={({ block, kind, i }) => `${block} ${kind} ${i}`}
            empty={explorer.lists.noHistory}
            columns={[
              {
                name: columns.what,
                cell: ({ kind, isVoid }) => (
                  <span className="row">
                    {explorer.kinds[kind]}
                    {isVoid === true && <Pill tone="warning">{explorer.void}</Pill>}
                  </span>
                ),
              },
              { name: columns.change, cell: ({ change }) => <Change value={change} token={token} />, isNumber: true },
              {
                name: columns.other,
                cell: ({ other }) => (other === undefined ? '–' : <AccountLink index={other} />),
              },
              { name: columns.by, cell: (entry) => <By entry={entry} /> },
              { name: columns.block, cell: ({ block }) => <BlockLink number={block} /> },
              { name: columns.status, cell: ({ status }) => <SuretyPill status={status} /> },
              { name: columns.age, cell: ({ timestamp }) => <Time at={timestamp} /> },
            ]}
          />
          <PageButtons pages={pages} next={next} of={explorer.titles.history} />
        </>
      )}
    </Asked>
  );
}

/** What brought it about: a transaction, L1's queue, or the close of a batch. */
function By({ entry }: { readonly entry: Wire<HistoryEntry> }): ReactNode {
  const { explorer } = useTexts();
  if (entry.transaction !== undefined) return <TransactionLink hash={entry.transaction} />;
  return entry.queueIndex !== undefined
    ? fill(explorer.queueItem, { index: entry.queueIndex })
    : fill(explorer.batchClose, { batch: entry.batch });
}
