import type { ReactNode } from 'react';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { links } from '../places.ts';
import { ExitsTable } from './ExitsTable.tsx';

/** Exits of an account to its owner, among the owner's newest; all of them are on the address's page. */
export function OwnerExits({ account, owner }: { readonly account: number; readonly owner: string }): ReactNode {
  const { explorer } = useTexts();
  // the node named it
  const query = useNode('engram_getExits', [owner as Hex, { limit: 50 }]);
  return (
    <Card title={explorer.titles.ownerExits} aside={<a href={links.address(owner)}>{explorer.lists.all}</a>}>
      <Asked query={query}>
        {({ items }) => (
          <ExitsTable exits={items.filter((exit) => exit.account === account)} caption={explorer.titles.ownerExits} />
        )}
      </Asked>
    </Card>
  );
}
