import type { ReactNode } from 'react';
import type { AccountView, AttestationView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { href } from '../../app/router.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { fieldHex } from '../hex.ts';
import { AccountLink } from '../parts/links.tsx';
import { subtypeText } from '../subtype.ts';
import { originFacts } from './originFacts.tsx';

/** An attested artefact, as the ledger keeps it; the market's page tells the rest. */
export function AttestFacts({ account }: { readonly account: Wire<AccountView> }): ReactNode {
  const { explorer } = useTexts();
  const { index, balance, token } = account;
  const query = useNode('engram_getAttestation', [index]);
  return (
    <Card aside={<a href={href('market', 'models', index)}>{explorer.inMarket}</a>}>
      <p className="big-number">
        <TokenAmount value={balance} token={token} />
      </p>
      <Asked query={query} lines={6}>
        {(view) => <AttestationFacts view={view} />}
      </Asked>
    </Card>
  );
}

function AttestationFacts({ view }: { readonly view: Wire<AttestationView> }): ReactNode {
  const { explorer, common } = useTexts();
  const { facts } = explorer;
  return (
    <Facts
      facts={[
        [facts.standsFor, subtypeText(explorer.subtypes, view.subtype)],
        [facts.owner, <AccountLink key="owner" index={view.owner} />],
        [facts.madeFrom, view.parent === 0 ? common.none : <AccountLink key="parent" index={view.parent} />],
        [facts.royalty, fill(explorer.percent, { value: view.royaltyBps / 100 })],
        [facts.artefact, <Hash key="artefact" value={fieldHex(view.artefact)} isWhole />],
        [
          facts.provenance,
          view.provenance === '0' ? common.none : <Hash key="provenance" value={fieldHex(view.provenance)} isWhole />,
        ],
        ...originFacts(facts, view.created),
      ]}
    />
  );
}
