import type { ReactNode } from 'react';
import type { OpView } from '../../../../../sdk/explorerTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, type Texts, useTexts } from '../../texts/index.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { safeText } from '../../ui/safeText.ts';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { AccountLink } from '../parts/links.tsx';
import { links } from '../places.ts';
import { subtypeText } from '../subtype.ts';
import { memoText } from './opSentence.ts';

interface OpDetailsProps {
  readonly op: Wire<OpView>;
  readonly token: number;
}

/** The rest of an op: its fee and its payload. */
export function OpDetails({ op, token }: OpDetailsProps): ReactNode {
  const { explorer } = useTexts();
  const entries = Object.entries(op.details).slice(0, 16);
  return (
    <Facts
      facts={[
        [explorer.details.fee, <TokenAmount key="fee" value={op.fee} token={token} />],
        ...entries.map(
          ([name, value]) =>
            [labelOf(explorer.details, name), <Detail key={name} {...{ name, value, token }} />] as const,
        ),
      ]}
    />
  );
}

function labelOf(labels: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(labels, name) ? labels[name] : undefined) ?? safeText(name, 40);
}

/** Account indices that are 0 say “none”. */
const ACCOUNTS = new Set(['owner', 'parent', 'provider', 'payer', 'model']);

function Detail({
  name,
  value,
  token,
}: {
  readonly name: string;
  readonly value: string;
  readonly token: number;
}): ReactNode {
  const { explorer, common } = useTexts();
  if (ACCOUNTS.has(name)) return value === '0' ? common.none : <AccountLink index={Number(value)} />;
  switch (name) {
    case 'total':
    case 'royalty':
      return <TokenAmount value={value} token={token} />;
    case 'recipient':
    case 'address':
      return <Hash value={value} to={links.address(value)} isWhole />;
    case 'expiry':
      return <Time at={Number(value)} />;
    case 'royaltyBps':
      return percent(explorer, value);
    case 'subtype':
      return subtypeText(explorer.subtypes, Number(value));
    case 'memo':
      return <Memo value={value} />;
    default:
      return value.startsWith('0x') ? <Hash value={value} /> : safeText(value, 100);
  }
}

function percent(explorer: Texts['explorer'], bps: string): string {
  return fill(explorer.percent, { value: Number(bps) / 100 });
}

function Memo({ value }: { readonly value: string }): ReactNode {
  const text = memoText(value);
  return (
    <span>
      {text !== undefined && <>“{safeText(text, 96)}” </>}
      <Hash value={value} />
    </span>
  );
}
