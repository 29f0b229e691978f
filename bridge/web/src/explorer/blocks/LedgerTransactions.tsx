import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { request } from '../../../../../sdk/request.ts';
import { useDeployment } from '../../app/context.ts';
import { PageError } from '../../app/pageError.ts';
import { useTexts } from '../../texts/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { TransactionLink } from '../parts/links.tsx';
import { MoreThan } from '../parts/Quantity.tsx';
import { OpWords } from '../transactions/OpWords.tsx';

/** Asked for one by one, so not all at once. */
const STEP = 15;

/** The ledger lane's transactions of a block or batch, in words. */
export function LedgerTransactions({ hashes }: { readonly hashes: readonly string[] }): ReactNode {
  const { explorer, common } = useTexts();
  const [shown, setShown] = useState(STEP);
  if (hashes.length === 0) return <p className="empty">{explorer.lists.noLedgerTxs}</p>;
  return (
    <>
      <ul className="transactions">
        {hashes.slice(0, shown).map((hash) => (
          <li key={hash}>
            <TransactionLink hash={hash} />
            <Summary hash={hash} />
          </li>
        ))}
      </ul>
      <MoreThan shown={Math.min(shown, hashes.length)} all={hashes.length} />
      {shown < hashes.length && (
        <div className="row">
          <Button onClick={() => setShown(shown + STEP)}>{common.more}</Button>
        </div>
      )}
    </>
  );
}

/** What it does cannot change, so it is asked once. */
function Summary({ hash }: { readonly hash: string }): ReactNode {
  const { explorer, common } = useTexts();
  const { node } = useDeployment();
  const { data, error } = useQuery({
    queryKey: ['ledgerTransaction', hash],
    queryFn: ({ signal }) => {
      if (node === undefined) throw new PageError('NODE_ABSENT');
      // the node named it
      return request(node, 'engram_getTransaction', [hash as `0x${string}`], { signal });
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data === undefined) return <span className="quiet">{error === null ? common.loading : common.unknown}</span>;
  const [first, ...others] = data?.ops ?? [];
  if (data === null || first === undefined) return <span className="quiet">{common.unknown}</span>;
  return (
    <span>
      <OpWords op={first} token={data.token} />
      {others.length > 0 && (
        <span className="quiet"> {explorer.andMore.replace('{count}', String(others.length))}</span>
      )}
    </span>
  );
}
