import type { ReactNode } from 'react';
import { getTransaction } from 'viem/actions';
import { isCanonical } from '../../../../../protocol/field.ts';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { fill, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { ErrorNotice } from '../../ui/ErrorNotice.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { safeText } from '../../ui/safeText.ts';
import { useEvm } from '../useEvm.ts';
import { EvmTransaction } from './EvmTransaction.tsx';
import { LedgerTransaction } from './LedgerTransaction.tsx';

/** A transaction of either lane, by its hash. */
export function TransactionPage({ hash }: { readonly hash: Hex }): ReactNode {
  const { explorer } = useTexts();
  // most hashes of the EVM lane are no words of the ledger's field, and none of its transactions
  const isWord = isCanonical(BigInt(hash));
  const ledger = useNode('engram_getTransaction', [hash], { enabled: isWord });
  // the other lane is asked when this one knows no such hash, or cannot say
  const isElsewhere = !isWord || ledger.data === null || (ledger.data === undefined && ledger.error !== null);
  const evm = useEvm('transaction', hash, (node) => getTransaction(node, { hash }), { enabled: isElsewhere });
  if (ledger.data) return <LedgerTransaction view={ledger.data} />;
  if (evm.data) return <EvmTransaction transaction={evm.data} />;
  return (
    <>
      <h1>{explorer.titles.transaction}</h1>
      {evm.data === null && ledger.error !== null ? (
        <ErrorNotice error={ledger.error} onRetry={() => void ledger.refetch()} />
      ) : isElsewhere ? (
        <Asked query={evm} absent={isWord ? <Lost hash={hash} /> : <Unknown />} lines={12}>
          {() => null}
        </Asked>
      ) : (
        <Asked query={ledger} lines={12}>
          {() => null}
        </Asked>
      )}
    </>
  );
}

/** Neither lane has it: perhaps the mempool let it go, and remembers why. */
function Lost({ hash }: { readonly hash: Hex }): ReactNode {
  const { explorer, common } = useTexts();
  const query = useNode('engram_getTransactionStatus', [hash]);
  return (
    <Asked query={query}>
      {({ status, reason }) =>
        status === 'dropped' ? (
          <Notice tone="warning" title={explorer.dropped}>
            {fill(explorer.droppedNext, { code: safeText(reason?.code ?? common.unknown, 60) })}
          </Notice>
        ) : (
          <Unknown />
        )
      }
    </Asked>
  );
}

function Unknown(): ReactNode {
  const { explorer } = useTexts();
  return (
    <Notice tone="warning" title={explorer.unknownTransaction}>
      {explorer.unknownTransactionNext}
    </Notice>
  );
}
