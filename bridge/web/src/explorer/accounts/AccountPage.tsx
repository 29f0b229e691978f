import type { ReactNode } from 'react';
import type { AccountView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { AttestFacts } from './AttestFacts.tsx';
import { ChannelCards } from './ChannelCards.tsx';
import { ChannelsCard } from './ChannelsCard.tsx';
import { History } from './History.tsx';
import { KeyFacts } from './KeyFacts.tsx';
import { OwnerExits } from './OwnerExits.tsx';

/** An account of the ledger: a key's, a channel, or an attestation. */
export function AccountPage({ index }: { readonly index: number }): ReactNode {
  const { explorer } = useTexts();
  const query = useNode('engram_getAccount', [index]);
  const kind = query.data?.kind;
  return (
    <>
      <div className="title-row">
        <h1>{fill(explorer.titles[kind ?? 'account'], { index })}</h1>
        {kind !== undefined && <Pill>{explorer.accountKinds[kind]}</Pill>}
      </div>
      <Asked query={query} lines={12}>
        {(account) => <ByKind account={account} />}
      </Asked>
    </>
  );
}

function ByKind({ account }: { readonly account: Wire<AccountView> }): ReactNode {
  const { explorer } = useTexts();
  const { index, token } = account;
  return (
    <>
      {account.kind === 'KEY' && <KeyFacts account={account} />}
      {account.kind === 'CHANNEL' && <ChannelCards account={account} />}
      {account.kind === 'ATTEST' && <AttestFacts account={account} />}
      {account.kind === 'KEY' && (
        <div className="grid">
          <ChannelsCard title={explorer.titles.paysBy} filter={{ payer: index }} />
          <ChannelsCard title={explorer.titles.earnsBy} filter={{ provider: index }} />
        </div>
      )}
      {account.kind === 'ATTEST' && <ChannelsCard title={explorer.titles.royaltiesBy} filter={{ model: index }} />}
      <Card title={explorer.titles.history}>
        <History account={index} token={token} />
      </Card>
      {account.kind === 'KEY' && account.address !== undefined && (
        <OwnerExits account={index} owner={account.address} />
      )}
    </>
  );
}
