import type { ReactNode } from 'react';
import type { BatchFacts } from '../../../../../sdk/explorerTypes.ts';
import type { BatchView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { LedgerTransactions } from '../blocks/LedgerTransactions.tsx';
import { L1OpsTable } from '../parts/L1OpsTable.tsx';
import { AccountLink, BlockLink } from '../parts/links.tsx';
import { Moment } from '../parts/Moment.tsx';
import { Quantity } from '../parts/Quantity.tsx';
import { StatusLine } from '../parts/StatusLine.tsx';
import { links } from '../places.ts';
import { L1_PACE_MS, MADE_STEPS } from '../surety.ts';
import { CostCard } from './CostCard.tsx';
import { Meter } from './Meter.tsx';
import { ProofCard } from './ProofCard.tsx';

/** One batch: what it holds, where its proof is, what it cost. */
export function BatchPage({ batch }: { readonly batch: number }): ReactNode {
  const { explorer } = useTexts();
  const facts = useNode('engram_getBatchFacts', [batch], { every: L1_PACE_MS });
  const view = useNode('engram_getBatch', [batch]);
  const newest = useNode('engram_chainInfo', []).data?.heads.unsafe.batch;
  return (
    <>
      <div className="title-row">
        <h1>{fill(explorer.titles.batch, { number: batch })}</h1>
        <nav className="row" aria-label={explorer.neighbours}>
          {batch > 1 && <a href={links.batch(batch - 1)}>← {explorer.previous}</a>}
          {newest !== undefined && batch < newest && <a href={links.batch(batch + 1)}>{explorer.following} →</a>}
        </nav>
      </div>
      <Asked query={facts} lines={12}>
        {(known) => (
          <>
            <Card>
              <StatusLine status={known.status === 'closed' ? 'included' : known.status} steps={MADE_STEPS} />
              <Contents facts={known} />
            </Card>
            <div className="grid">
              <ProofCard facts={known} />
              <CostCard facts={known} />
            </div>
          </>
        )}
      </Asked>
      {view.data !== null && <Asked query={view}>{(posted) => <Posted view={posted} />}</Asked>}
    </>
  );
}

function Contents({ facts: batch }: { readonly facts: Wire<BatchFacts> }): ReactNode {
  const { explorer } = useTexts();
  const { language } = useLanguage();
  const { facts } = explorer;
  const { counts, room } = batch;
  return (
    <>
      <div className="meters">
        <Meter label={explorer.columns.ops} used={counts.ops} all={room.ops} />
        <Meter label={explorer.columns.l1Ops} used={counts.l1Ops} all={room.l1Ops} />
      </div>
      <Facts
        facts={[
          [facts.time, <Moment key="time" at={batch.timestamp} />],
          [
            facts.blocks,
            <span key="blocks">
              <BlockLink number={batch.firstBlock} />
              {batch.lastBlock !== batch.firstBlock && (
                <>
                  {' '}
                  – <BlockLink number={batch.lastBlock} />
                </>
              )}
            </span>,
          ],
          [facts.ledgerTxs, String(counts.ledgerTxs)],
          [facts.evmTxs, String(counts.evmTxs)],
          [facts.exits, String(counts.exits)],
          [facts.shape, batch.shape],
          [facts.constraints, <Quantity key="constraints" value={batch.constraints} />],
          [
            facts.postedBytes,
            <span key="posted">
              <Quantity value={batch.posted.ledgerBytes + batch.posted.evmBytes} unit={explorer.units.bytes} />{' '}
              <span className="quiet">
                (
                {fill(facts.postedParts, {
                  ledger: batch.posted.ledgerBytes.toLocaleString(language),
                  evm: batch.posted.evmBytes.toLocaleString(language),
                })}
                )
              </span>
            </span>,
          ],
          [facts.oldRoot, <Hash key="old" value={batch.oldRoot} isWhole />],
          [facts.newRoot, <Hash key="new" value={batch.newRoot} isWhole />],
        ]}
      />
    </>
  );
}

function Posted({ view }: { readonly view: Wire<BatchView> }): ReactNode {
  const { explorer } = useTexts();
  const { columns, facts } = explorer;
  return (
    <>
      <Card title={explorer.titles.publicInputs}>
        <p className="quiet">{explorer.publicInputsNote}</p>
        <Facts
          facts={[
            [facts.inputC, <Hash key="c" value={view.publicInputs.c} isWhole />],
            [facts.inputR, <Hash key="r" value={view.publicInputs.r} isWhole />],
            [facts.inputY, <Hash key="y" value={view.publicInputs.y} isWhole />],
            [facts.dataHash, <Hash key="data" value={view.dataHash} isWhole />],
            [
              facts.feeAccounts,
              view.feeAccounts.some((index) => index !== 0) && (
                <span key="fees" className="row">
                  {view.feeAccounts
                    .filter((index) => index !== 0)
                    .map((index) => (
                      <AccountLink key={index} index={index} />
                    ))}
                </span>
              ),
            ],
          ]}
        />
      </Card>
      <Card title={fill(explorer.titles.l1Ops, { count: view.l1Ops.length })}>
        <L1OpsTable ops={view.l1Ops} firstQueueIndex={view.firstQueueIndex} />
      </Card>
      <Card title={fill(explorer.titles.ledgerTxs, { count: view.txs.length })}>
        <LedgerTransactions hashes={view.txs} />
      </Card>
      <Card title={fill(explorer.titles.exits, { count: view.exits.length })}>
        <Table
          caption={facts.exits}
          rows={view.exits.map((exit, i) => ({ ...exit, i }))}
          rowKey={({ i }) => i}
          empty={explorer.lists.noExits}
          columns={[
            {
              name: columns.recipient,
              cell: ({ recipient }) => <Hash value={recipient} to={links.address(recipient)} />,
            },
            {
              name: columns.amount,
              cell: ({ amount, token }) => <TokenAmount value={amount} token={token} />,
              isNumber: true,
            },
          ]}
        />
      </Card>
    </>
  );
}
