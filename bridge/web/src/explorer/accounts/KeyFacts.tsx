import type { ReactNode } from 'react';
import type { AccountView, Wire } from '../../../../../sdk/rpcTypes.ts';
import { useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { links } from '../places.ts';

/** An account that a key signs for. */
export function KeyFacts({ account }: { readonly account: Wire<AccountView> }): ReactNode {
  const { explorer } = useTexts();
  const { facts } = explorer;
  const { address, balance, token, nonce, a, b } = account;
  return (
    <Card>
      <p className="big-number">
        <TokenAmount value={balance} token={token} />
      </p>
      <Facts
        facts={[
          [
            facts.owner,
            address !== undefined && <Hash key="owner" value={address} to={links.address(address)} isWhole />,
          ],
          [facts.token, String(token)],
          [facts.nonce, String(nonce)],
          [facts.keyX, <Hash key="x" value={a} isWhole />],
          [facts.keyY, <Hash key="y" value={b} isWhole />],
        ]}
      />
    </Card>
  );
}
