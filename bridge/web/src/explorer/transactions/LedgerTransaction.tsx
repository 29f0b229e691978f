import type { ReactNode } from 'react';
import type { LedgerTransactionView } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { LongHex } from '../parts/LongHex.tsx';
import { AccountLink, BatchLink, BlockLink } from '../parts/links.tsx';
import { Moment } from '../parts/Moment.tsx';
import { StatusLine } from '../parts/StatusLine.tsx';
import { OpDetails } from './OpDetails.tsx';
import { OpWords } from './OpWords.tsx';

/** A transaction of the ledger lane: what each of its ops did, and how sure that is. */
export function LedgerTransaction({ view }: { readonly view: Wire<LedgerTransactionView> }): ReactNode {
  const { explorer } = useTexts();
  const { facts } = explorer;
  const fees = view.ops.reduce((sum, { fee }) => sum + BigInt(fee), 0n);
  return (
    <>
      <h1>{explorer.titles.ledgerTransaction}</h1>
      <Card>
        <StatusLine status={view.status} />
        <Facts
          facts={[
            [facts.hash, <Hash key="hash" value={view.hash} isWhole />],
            [facts.block, view.block !== undefined && <BlockLink key="block" number={view.block} />],
            [facts.batch, view.batch !== undefined && <BatchLink key="batch" number={view.batch} />],
            [facts.time, view.timestamp !== undefined && <Moment key="time" at={view.timestamp} />],
            [facts.signer, <AccountLink key="signer" index={view.signer} />],
            [facts.nonce, String(view.nonce)],
            [facts.fees, <TokenAmount key="fees" value={fees} token={view.token} />],
            [
              facts.created,
              view.created.length > 0 && (
                <span key="created" className="row">
                  {view.created.map((index) => (
                    <AccountLink key={index} index={index} />
                  ))}
                </span>
              ),
            ],
          ]}
        />
      </Card>
      <Card title={fill(explorer.titles.ops, { count: view.ops.length })}>
        <ol className="ops">
          {view.ops.map((op, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: ops have no other name than their position
            <li key={i}>
              <p className="op-words">
                <span className="op-code">{explorer.kinds[op.opcode]}</span>
                <span>
                  <OpWords op={op} token={view.token} />
                </span>
              </p>
              <OpDetails op={op} token={view.token} />
            </li>
          ))}
        </ol>
      </Card>
      <Card title={explorer.titles.raw}>
        {view.raw === undefined ? (
          <p className="quiet">{explorer.noRaw}</p>
        ) : (
          <LongHex label={explorer.wire} value={view.raw} />
        )}
      </Card>
    </>
  );
}
