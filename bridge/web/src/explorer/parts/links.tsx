import type { ReactNode } from 'react';
import { fill, useTexts } from '../../texts/index.tsx';
import { Hash, shortHash } from '../../ui/Hash.tsx';
import { addressName } from '../evm/knownContracts.ts';
import { links } from '../places.ts';

export function AccountLink({ index }: { readonly index: number }): ReactNode {
  const { explorer } = useTexts();
  const text = fill(explorer.accountN, { index });
  return index === 0 ? text : <a href={links.account(index)}>{text}</a>;
}

export function ChannelLink({ index }: { readonly index: number }): ReactNode {
  const { explorer } = useTexts();
  return <a href={links.account(index)}>{fill(explorer.channelN, { index })}</a>;
}

export function BlockLink({ number }: { readonly number: bigint | number | string }): ReactNode {
  return <a href={links.block(number)}>{String(number)}</a>;
}

export function BatchLink({ number }: { readonly number: number }): ReactNode {
  return <a href={links.batch(number)}>{number}</a>;
}

export function TransactionLink({ hash }: { readonly hash: string }): ReactNode {
  return <Hash value={hash} to={links.transaction(hash)} />;
}

/** An address of the EVM lane, with its name if the protocol gives it one. */
export function AddressLink({
  address,
  isWhole = false,
}: {
  readonly address: string;
  readonly isWhole?: boolean;
}): ReactNode {
  const { explorer } = useTexts();
  const name = addressName(address);
  return (
    <span className="named">
      {name !== undefined && <span>{explorer.contracts[name]}</span>}
      <Hash value={address} to={links.address(address)} isWhole={isWhole} />
    </span>
  );
}

/** An address within a sentence: nothing to copy by, so that the sentence stays one. */
export function AddressInText({ address }: { readonly address: string }): ReactNode {
  const { explorer } = useTexts();
  const name = addressName(address);
  return (
    <a href={links.address(address)} title={address}>
      {name === undefined ? <code>{shortHash(address)}</code> : explorer.contracts[name]}
    </a>
  );
}
