import { type ReactNode, useState } from 'react';
import { useNode } from '../../app/useNode.ts';
import { useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { valueText } from '../../ui/chart/format.ts';
import { TimeChart } from '../../ui/chart/TimeChart.tsx';
import { useNow } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { useTokens } from '../../ui/useTokens.ts';
import { SourceTag } from '../SourceTag.tsx';
import { type Bucket, bucketsIn, marketPoints, statsTokens, totalsOf } from './marketStats.ts';

const INTERVALS = { '3600': 48, '86400': 30 } as const;
type Interval = keyof typeof INTERVALS;

/** What was settled and proven over time: in figures, and as charts. */
export function MarketCharts(): ReactNode {
  const { market } = useTexts();
  const { overview } = market;
  const [interval, setInterval] = useState<Interval>('3600');
  const stats = useNode('engram_getStats', [
    { interval: interval === '3600' ? 3_600 : 86_400, count: INTERVALS[interval] },
  ]);
  return (
    <Card
      title={overview.charts}
      aside={
        <Choice
          label={overview.interval}
          value={interval}
          options={[
            { value: '3600', label: overview.hour },
            { value: '86400', label: overview.day },
          ]}
          onChange={setInterval}
        />
      }
    >
      <Asked query={stats} lines={12}>
        {(buckets) => <Charts buckets={buckets} interval={interval} />}
      </Asked>
    </Card>
  );
}

function Charts({
  buckets: all,
  interval,
}: {
  readonly buckets: readonly Bucket[];
  readonly interval: Interval;
}): ReactNode {
  const { market } = useTexts();
  const tokenOf = useTokens();
  const { overview } = market;
  const now = useNow(60_000);
  const range = { interval: Number(interval), count: INTERVALS[interval], now };
  const buckets = bucketsIn(all, range);
  const [chosen, setChosen] = useState<number>();
  const tokens = statsTokens(buckets);
  const token = tokens.find((one) => one === chosen) ?? tokens[0] ?? 0;
  const { decimals, symbol } = tokenOf(token);
  const points = marketPoints(buckets, { ...range, token, decimals });
  const shared = { interval: Number(interval), points };
  return (
    <>
      {tokens.length > 1 && (
        <Choice
          label={overview.token}
          value={token.toString()}
          options={tokens.map((id) => ({ value: id.toString(), label: tokenOf(id).symbol }))}
          onChange={(id) => setChosen(Number(id))}
        />
      )}
      <Tiles buckets={buckets} token={token} interval={interval} />
      {totalsOf(buckets, token).claims === 0 && <p>{overview.nothing}</p>}
      <div className="charts">
        <TimeChart
          {...shared}
          title={overview.claims}
          description={overview.claimsText}
          kind="bar"
          series={[{ key: 'claims', label: overview.claims, unit: '' }]}
        />
        <TimeChart
          {...shared}
          title={overview.value}
          description={overview.valueText}
          kind="line"
          series={[{ key: 'paid', label: overview.paidSeries, unit: symbol }]}
        />
        <TimeChart
          {...shared}
          title={overview.fees}
          description={overview.feesText}
          kind="bar"
          series={[
            { key: 'royalties', label: overview.royaltySeries, unit: symbol },
            { key: 'fees', label: overview.feeSeries, unit: symbol },
          ]}
        />
        <TimeChart
          {...shared}
          title={overview.proving}
          description={overview.provingText}
          kind="line"
          series={[{ key: 'proving', label: overview.provingSeries, unit: 's' }]}
        />
      </div>
      <p className="small">{[overview.claimsText, overview.feesText, overview.provingText].join(' ')}</p>
    </>
  );
}

interface TilesProps {
  readonly buckets: readonly Bucket[];
  readonly token: number;
  readonly interval: Interval;
}

function Tiles({ buckets, token, interval }: TilesProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { overview } = market;
  const { claims, paid, royalties, proofSeconds } = totalsOf(buckets, token);
  const tiles = [
    [overview.paid, <TokenAmount key="paid" token={token} value={paid} />],
    [overview.claims, new Intl.NumberFormat(language).format(claims)],
    [overview.royalties, <TokenAmount key="royalties" token={token} value={royalties} />],
    [
      overview.proving,
      proofSeconds === undefined ? (
        <span key="proofs" className="quiet">
          {overview.noProofs}
        </span>
      ) : (
        valueText(Math.round(proofSeconds * 10) / 10, 's', language)
      ),
    ],
  ] as const;
  return (
    <>
      <dl className="tiles">
        {tiles.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="small">
        <SourceTag source="settled" /> {overview.range[interval]} · <SourceTag source="estimate" />{' '}
        {overview.proofsHere}
      </p>
    </>
  );
}
