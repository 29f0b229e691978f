import type { ReactNode } from 'react';
import type { ProviderView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Sentence } from '../../ui/Sentence.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { Bar } from '../Bar.tsx';
import { ProviderLink } from '../Links.tsx';
import { counted, percent } from '../numbers.ts';
import { lowestPrice, tokensOf } from './sortProviders.ts';
import { UptimeStrip } from './UptimeStrip.tsx';

interface ProviderTableProps {
  readonly providers: readonly Wire<ProviderView>[];
  /** Prices are those of this model. */
  readonly model?: number | undefined;
  /** Prices and earnings in it; default: the one most of them use. */
  readonly token?: number | undefined;
  readonly empty: string;
}

/** Providers in the order given: price, score, hours, earnings, payers. */
export function ProviderTable({ providers, model, token, empty }: ProviderTableProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { providers: texts, counts } = market;
  const shown = token ?? tokensOf(providers)[0] ?? 0;
  const columns: Column<Wire<ProviderView>>[] = [
    { name: texts.name, cell: (provider) => <ProviderName provider={provider} /> },
    { name: texts.price, isNumber: true, cell: (provider) => <Price {...{ provider, model }} token={shown} /> },
    { name: texts.score, cell: ({ score }) => <Score score={score} /> },
    {
      name: fill(texts.uptime, { of: providers[0]?.uptime.of ?? 48 }),
      cell: ({ uptime }) => <UptimeStrip uptime={uptime} />,
    },
    { name: texts.earned, isNumber: true, cell: ({ settled }) => <Earned earned={settled.earned} /> },
    {
      name: texts.use,
      cell: ({ settled: { claims, payers } }) => (
        <span className="stack">
          <span>{counted(payers, counts.payers, language)}</span>
          <span className="small">{counted(claims, counts.claims, language)}</span>
        </span>
      ),
    },
    {
      name: texts.last,
      cell: ({ settled: { last } }) =>
        last === undefined ? <span className="quiet">{texts.never}</span> : <Time at={last} />,
    },
  ];
  return (
    <Table caption={texts.caption} columns={columns} rows={providers} rowKey={({ owner }) => owner} empty={empty} />
  );
}

function ProviderName({ provider: { owner, name } }: { readonly provider: Wire<ProviderView> }): ReactNode {
  const { market } = useTexts();
  return (
    <span className="stack">
      <ProviderLink owner={owner} {...(name !== undefined && { name })} />
      {name !== undefined && <span className="small">{fill(market.account, { index: owner })}</span>}
    </span>
  );
}

interface PriceProps {
  readonly provider: Wire<ProviderView>;
  readonly token: number;
  readonly model: number | undefined;
}

function Price({ provider, token, model }: PriceProps): ReactNode {
  const { market } = useTexts();
  const price = lowestPrice(provider, token, model);
  if (price === undefined) return <span className="quiet">{market.providers.noPrice}</span>;
  const amount = <TokenAmount token={token} value={price} />;
  const isOne = provider.models.filter((one) => model === undefined || one.model === model).length <= 1;
  return isOne ? amount : <Sentence text={market.providers.from} values={{ price: amount }} />;
}

function Score({ score }: { readonly score: ProviderView['score'] }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  if (score === undefined) return <span className="quiet">{market.providers.noScore}</span>;
  const { incentive, rank, among } = score;
  return (
    <span className="stack score">
      <span>{percent(incentive, language)}</span>
      <Bar share={incentive} />
      {incentive > 0 && <span className="small">{fill(market.providers.rank, { rank, among })}</span>}
    </span>
  );
}

export function Earned({ earned }: { readonly earned: Wire<ProviderView>['settled']['earned'] }): ReactNode {
  const { market } = useTexts();
  if (earned.length === 0) return <span className="quiet">{market.providers.nothing}</span>;
  return (
    <span className="stack">
      {earned.map(({ token, amount }) => (
        <TokenAmount key={token} token={token} value={amount} />
      ))}
    </span>
  );
}
