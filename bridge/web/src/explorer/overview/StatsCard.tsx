import { type ReactNode, useState } from 'react';
import { useNode } from '../../app/useNode.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Asked } from '../../ui/Asked.tsx';
import { Card } from '../../ui/Card.tsx';
import { Choice } from '../../ui/Choice.tsx';
import { TimeChart } from '../../ui/chart/TimeChart.tsx';
import { meanProofSeconds, proofPoints, transactionPoints } from './chartPoints.ts';

const INTERVALS = { minute: 60, hour: 3_600, day: 86_400 } as const;
type IntervalName = keyof typeof INTERVALS;
/** Intervals shown. */
const COUNT = 48;

/** What happened lately. */
export function StatsCard(): ReactNode {
  const { explorer } = useTexts();
  const { language } = useLanguage();
  const { stats } = explorer;
  const [name, setName] = useState<IntervalName>('minute');
  const interval = INTERVALS[name];
  const query = useNode('engram_getStats', [{ interval, count: COUNT }]);
  const choices = (Object.keys(INTERVALS) as IntervalName[]).map((value) => ({ value, label: stats[value] }));
  // the answer to the choice before is no answer to this one: its intervals are others
  const data = query.isPlaceholderData ? undefined : query.data;
  return (
    <Card
      title={stats.title}
      aside={<Choice label={stats.interval} value={name} options={choices} onChange={setName} />}
    >
      <Asked query={{ ...query, data }} lines={8}>
        {(buckets) => {
          const mean = meanProofSeconds(buckets);
          return (
            <div className="stats-charts">
              <TimeChart
                title={stats.transactions}
                description={stats.transactionsSaid}
                interval={interval}
                points={transactionPoints(buckets)}
                series={[
                  { key: 'ledger', label: stats.ledger, unit: '' },
                  { key: 'evm', label: stats.evm, unit: '' },
                  { key: 'l1', label: stats.l1, unit: '' },
                ]}
                kind="bar"
              />
              <TimeChart
                title={stats.proving}
                description={
                  mean === undefined
                    ? stats.provingNone
                    : fill(stats.provingSaid, { mean: mean.toLocaleString(language, { maximumFractionDigits: 1 }) })
                }
                interval={interval}
                points={mean === undefined ? [] : proofPoints(buckets)}
                series={[{ key: 'seconds', label: stats.seconds, unit: 's' }]}
                kind="line"
              />
            </div>
          );
        }}
      </Asked>
    </Card>
  );
}
