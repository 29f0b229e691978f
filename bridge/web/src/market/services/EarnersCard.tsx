import { type ReactNode, useState } from 'react';
import type { EpochView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { Bar } from '../Bar.tsx';
import { ProviderLink } from '../Links.tsx';
import { counted, percent, shareOf } from '../numbers.ts';
import { SourceTag } from '../SourceTag.tsx';
import { type Earner, whyEarned } from './epochStory.ts';
import { PaymentNote } from './PaymentNote.tsx';

type Epoch = Wire<EpochView>;
const STEP = 12;

/** Providers of an epoch, most first: their figures, and in a sentence how they came to be. */
export function EarnersCard({ view }: { readonly view: Epoch }): ReactNode {
  const { market } = useTexts();
  const [shown, setShown] = useState(STEP);
  const { earners } = view;
  return (
    <Card title={market.epoch.earners} aside={<SourceTag source="computed" />}>
      {earners.length === 0 ? (
        <p className="empty">{market.epoch.noEarners}</p>
      ) : (
        <>
          {view.state === 'open' && <p className="quiet">{market.epoch.why.open}</p>}
          <ol className="earners">
            {earners.slice(0, shown).map((earner) => (
              <EarnerEntry key={earner.agent} view={view} earner={earner} />
            ))}
          </ol>
        </>
      )}
      {earners.length > shown && (
        <Button onClick={() => setShown(shown + 4 * STEP)}>
          {market.epoch.showMore} ({earners.length - shown})
        </Button>
      )}
      <details className="fold">
        <summary>{market.epoch.glossary}</summary>
        <ul className="glossary">
          <li>{market.epoch.consensusText}</li>
          <li>{market.epoch.rankText}</li>
          <li>{market.epoch.incentiveText}</li>
          <li>{market.epoch.dividendText}</li>
        </ul>
      </details>
    </Card>
  );
}

interface EarnerProps {
  readonly view: Epoch;
  readonly earner: Earner;
}

function EarnerEntry({ view, earner }: EarnerProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { account, consensus, rank, incentive, due, paid } = earner;
  const most = BigInt(view.earners[0]?.due ?? 0);
  const isOpen = view.state === 'open';
  const paidShare = shareOf(BigInt(paid), most);
  const figures = [
    [market.epoch.incentive, incentive],
    [market.epoch.rank, rank],
    [market.epoch.consensus, consensus],
  ] as const;
  return (
    <li className="earner">
      <div className="earner-head">
        <h3>
          <ProviderLink owner={account} />
        </h3>
        {!isOpen && (
          <span className="earner-due">
            <TokenAmount token={view.token} value={due} />
          </span>
        )}
        <PaymentNote due={due} paid={paid} token={view.token} isOpen={isOpen} />
      </div>
      {!isOpen && (
        <>
          <Bar share={paidShare} rest={Math.max(0, shareOf(BigInt(due), most) - paidShare)} />
          <p>
            <Why view={view} earner={earner} />
          </p>
          <dl className="figures">
            {figures.map(([name, share]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{percent(share, language)}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </li>
  );
}

function Why({ view, earner }: EarnerProps): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { why } = market.epoch;
  const reason = whyEarned(view, earner);
  const support = 'judges' in reason ? reason : { judges: 0, stake: 0 };
  const text = fill(why[reason.kind], {
    name: fill(market.provider, { index: earner.account }),
    incentive: percent(earner.incentive, language),
    consensus: percent(earner.consensus, language),
    judges: counted(support.judges, market.counts.evaluators, language),
    stake: percent(support.stake, language),
  });
  if (reason.kind !== 'earned' || reason.clipped === 0) return text;
  return `${text} ${fill(why.clipped, { judges: counted(reason.clipped, market.counts.evaluators, language) })}`;
}
