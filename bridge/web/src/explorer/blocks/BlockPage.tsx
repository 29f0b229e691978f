import type { ReactNode } from 'react';
import { getBlock } from 'viem/actions';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { L1OpsTable } from '../parts/L1OpsTable.tsx';
import { AddressLink, BatchLink } from '../parts/links.tsx';
import { Moment } from '../parts/Moment.tsx';
import { GasPrice, Quantity } from '../parts/Quantity.tsx';
import { StatusLine } from '../parts/StatusLine.tsx';
import { links } from '../places.ts';
import { MADE_STEPS, suretyOfBatch } from '../surety.ts';
import { useEvm } from '../useEvm.ts';
import { EvmTransactions } from './EvmTransactions.tsx';
import { LedgerTransactions } from './LedgerTransactions.tsx';

/** One block: what L1 brought, what each lane did. @param block decimal */
export function BlockPage({ block }: { readonly block: string }): ReactNode {
  const { explorer } = useTexts();
  const { language } = useLanguage();
  const { facts } = explorer;
  const query = useNode('engram_getBlock', [block]);
  const info = useNode('engram_chainInfo', []);
  const hash = query.data?.hash;
  const evm = useEvm(
    'block',
    hash ?? '',
    (node) => getBlock(node, { blockHash: hash ?? '0x', includeTransactions: true }),
    { enabled: hash !== undefined, isFixed: true },
  );
  const newest = info.data?.heads.unsafe.block;
  return (
    <>
      <div className="title-row">
        <h1>{fill(explorer.titles.block, { number: block })}</h1>
        <nav className="row" aria-label={explorer.neighbours}>
          {block !== '0' && <a href={links.block(BigInt(block) - 1n)}>← {explorer.previous}</a>}
          {newest !== undefined && BigInt(block) < BigInt(newest) && (
            <a href={links.block(BigInt(block) + 1n)}>{explorer.following} →</a>
          )}
        </nav>
      </div>
      <Asked query={query} lines={12}>
        {(view) => (
          <>
            <Card>
              {info.data !== undefined && (
                <StatusLine status={suretyOfBatch(view.batch, info.data.heads)} steps={MADE_STEPS} />
              )}
              <Facts
                facts={[
                  [facts.time, <Moment key="time" at={view.timestamp} />],
                  [facts.batch, <BatchLink key="batch" number={view.batch} />],
                  [facts.hash, <Hash key="hash" value={view.hash} isWhole />],
                  [facts.parent, <Hash key="parent" value={view.parentHash} isWhole />],
                  [facts.ledgerRoot, <Hash key="root" value={view.ledgerRoot} isWhole />],
                  [
                    facts.gasUsed,
                    evm.data && (
                      <span key="gas">
                        <Quantity value={evm.data.gasUsed} unit={explorer.units.gas} />{' '}
                        <span className="quiet">
                          {fill(facts.ofLimit, { limit: evm.data.gasLimit.toLocaleString(language) })}
                        </span>
                      </span>
                    ),
                  ],
                  [
                    facts.baseFee,
                    evm.data?.baseFeePerGas != null && <GasPrice key="fee" wei={evm.data.baseFeePerGas} />,
                  ],
                  [facts.beneficiary, evm.data && <AddressLink key="miner" address={evm.data.miner} />],
                  [facts.size, evm.data && <Quantity key="size" value={evm.data.size} unit={explorer.units.bytes} />],
                ]}
              />
            </Card>
            <Card title={fill(explorer.titles.l1Ops, { count: view.l1Ops.length })}>
              <L1OpsTable ops={view.l1Ops} firstQueueIndex={view.firstQueueIndex} />
            </Card>
            <Card title={fill(explorer.titles.ledgerTxs, { count: view.txs.length })}>
              <LedgerTransactions hashes={view.txs} />
            </Card>
            <Card title={fill(explorer.titles.evmTxs, { count: evm.data?.transactions.length ?? '…' })}>
              <Asked query={evm}>
                {({ transactions }) => <EvmTransactions block={view.hash} transactions={transactions} />}
              </Asked>
            </Card>
          </>
        )}
      </Asked>
    </>
  );
}
