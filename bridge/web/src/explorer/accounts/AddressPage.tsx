import type { ReactNode } from 'react';
import { getAddress } from 'viem';
import { getBalance, getCode, getTransactionCount } from 'viem/actions';
import type { Hex } from '../../../../../sdk/rpcTypes.ts';
import { useNode } from '../../app/useNode.ts';
import { useTexts } from '../../texts/index.tsx';
import { Amount } from '../../ui/Amount.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { PageButtons, usePages } from '../../ui/pages.tsx';
import { Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { addressName } from '../evm/knownContracts.ts';
import { LongHex } from '../parts/LongHex.tsx';
import { AccountLink } from '../parts/links.tsx';
import { useEvm } from '../useEvm.ts';
import { EvmHistory } from './EvmHistory.tsx';
import { ExitsTable } from './ExitsTable.tsx';
import { Withdrawals } from './Withdrawals.tsx';

/** An address: what it has on both lanes, and what it did. @param address in lower case */
export function AddressPage({ address }: { readonly address: Hex }): ReactNode {
  const { explorer } = useTexts();
  const name = addressName(address);
  return (
    <>
      <h1>{name === undefined ? explorer.titles.address : explorer.contracts[name]}</h1>
      {name !== undefined && <Notice title={explorer.contracts[name]}>{explorer.contractsDo[name]}</Notice>}
      <EvmFacts address={address} />
      <Card title={explorer.titles.accountsOf}>
        <Accounts address={address} />
      </Card>
      <Card title={explorer.titles.evmHistory}>
        <EvmHistory address={address} />
      </Card>
      <Card title={explorer.titles.exitsTo}>
        <Exits address={address} />
      </Card>
      <Card title={explorer.titles.withdrawals}>
        <Withdrawals address={address} />
      </Card>
    </>
  );
}

function EvmFacts({ address }: { readonly address: Hex }): ReactNode {
  const { explorer } = useTexts();
  const { facts } = explorer;
  const query = useEvm('address', address, async (node) => {
    const [balance, nonce, code] = await Promise.all([
      getBalance(node, { address }),
      getTransactionCount(node, { address }),
      getCode(node, { address }),
    ]);
    return { balance, nonce, code };
  });
  return (
    <Card>
      <Hash value={getAddress(address)} isWhole />
      <Asked query={query} lines={4}>
        {({ balance, nonce, code }) => (
          <>
            <Facts
              facts={[
                [facts.evmBalance, <Amount key="balance" value={balance} />],
                [facts.evmNonce, String(nonce)],
                [facts.isContract, code === undefined || code === '0x' ? facts.noCode : facts.hasCode],
              ]}
            />
            {code !== undefined && code !== '0x' && <LongHex label={facts.code} value={code} />}
          </>
        )}
      </Asked>
    </Card>
  );
}

function Accounts({ address }: { readonly address: Hex }): ReactNode {
  const { explorer } = useTexts();
  const { columns } = explorer;
  const query = useNode('engram_getAccountsByAddress', [address]);
  return (
    <Asked query={query}>
      {(accounts) => (
        <Table
          caption={explorer.titles.accountsOf}
          rows={accounts}
          rowKey={({ index }) => index}
          empty={explorer.lists.noAccounts}
          columns={[
            { name: columns.account, cell: ({ index }) => <AccountLink index={index} /> },
            {
              name: columns.balance,
              cell: ({ balance, token }) => <TokenAmount value={balance} token={token} />,
              isNumber: true,
            },
            { name: columns.nonce, cell: ({ nonce }) => nonce, isNumber: true },
          ]}
        />
      )}
    </Asked>
  );
}

function Exits({ address }: { readonly address: Hex }): ReactNode {
  const { explorer } = useTexts();
  const pages = usePages();
  const query = useNode('engram_getExits', [address, { ...pages.options, limit: 10 }]);
  return (
    <Asked query={query}>
      {({ items, next }) => (
        <>
          <ExitsTable exits={items} caption={explorer.titles.exitsTo} />
          <PageButtons pages={pages} next={next} of={explorer.titles.exitsTo} />
        </>
      )}
    </Asked>
  );
}
