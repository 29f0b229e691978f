import { type ReactNode, useState } from 'react';
import type { Hex, TransactionReceipt } from 'viem';
import { getBlockReceipts } from 'viem/actions';
import { useTexts } from '../../texts/index.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { Table } from '../../ui/Table.tsx';
import { decodeCall, isSystem, purposeOf } from '../evm/knownContracts.ts';
import { AddressLink, TransactionLink } from '../parts/links.tsx';
import { MoreThan } from '../parts/Quantity.tsx';
import { useEvm } from '../useEvm.ts';

interface EvmTransaction {
  readonly hash: Hex;
  readonly from: Hex;
  readonly to: Hex | null;
  readonly value: bigint;
  readonly input: Hex;
}

interface EvmTransactionsProps {
  /** Its hash. */
  readonly block: Hex;
  readonly transactions: readonly EvmTransaction[];
}

const STEP = 25;

/** The EVM lane's transactions of a block; those of the system marked. */
export function EvmTransactions({ block, transactions }: EvmTransactionsProps): ReactNode {
  const { explorer, common } = useTexts();
  const { columns } = explorer;
  const [shown, setShown] = useState(STEP);
  const receipts = useEvm('receipts', block, (node) => getBlockReceipts(node, { blockHash: block }), {
    enabled: transactions.length > 0,
    isFixed: true,
  });
  const outcomes = new Map((receipts.data ?? []).map((receipt) => [receipt.transactionHash, receipt]));
  return (
    <>
      <Table
        caption={columns.evmTxs}
        rows={transactions.slice(0, shown)}
        rowKey={({ hash }) => hash}
        empty={explorer.lists.noEvmTxs}
        columns={[
          { name: columns.transaction, cell: ({ hash }) => <TransactionLink hash={hash} /> },
          { name: columns.what, cell: (tx) => <What tx={tx} /> },
          { name: columns.from, cell: ({ from }) => <AddressLink address={from} /> },
          {
            name: columns.to,
            cell: ({ to }) => (to === null ? explorer.purposes.creation : <AddressLink address={to} />),
          },
          { name: columns.value, cell: ({ value }) => <Amount value={value} />, isNumber: true },
          { name: columns.result, cell: ({ hash }) => <Result receipt={outcomes.get(hash)} /> },
        ]}
      />
      <MoreThan shown={Math.min(shown, transactions.length)} all={transactions.length} />
      {shown < transactions.length && (
        <div className="row">
          <Button onClick={() => setShown(shown + STEP)}>{common.more}</Button>
        </div>
      )}
    </>
  );
}

function What({ tx }: { readonly tx: EvmTransaction }): ReactNode {
  const { explorer } = useTexts();
  const call = decodeCall(tx.to, tx.input);
  return (
    <span className="row">
      {explorer.purposes[purposeOf(tx)]}
      {isSystem(tx.from) && <Pill tone="info">{explorer.system}</Pill>}
      {call !== undefined && <code>{call.name}</code>}
    </span>
  );
}

function Result({ receipt }: { readonly receipt: TransactionReceipt | undefined }): ReactNode {
  const { explorer } = useTexts();
  if (receipt === undefined) return '–';
  return receipt.status === 'success' ? (
    <Pill tone="success">{explorer.success}</Pill>
  ) : (
    <Pill tone="danger">{explorer.failed}</Pill>
  );
}
