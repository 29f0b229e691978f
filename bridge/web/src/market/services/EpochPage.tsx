import type { ReactNode } from 'react';
import type { EpochView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { useDeployment } from '../../app/context.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { Facts } from '../../ui/Facts.tsx';
import { Hash } from '../../ui/Hash.tsx';
import { Notice, type Tone } from '../../ui/Notice.tsx';
import { Sentence } from '../../ui/Sentence.tsx';
import { Time } from '../../ui/Time.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { Command } from '../Command.tsx';
import { counted, percent } from '../numbers.ts';
import { marketHref } from '../places.ts';
import { SourceLegend, SourceTag } from '../SourceTag.tsx';
import { EarnersCard } from './EarnersCard.tsx';
import { EpochAsked } from './EpochAsked.tsx';
import { summaryOf } from './epochStory.ts';
import { JudgesCard } from './JudgesCard.tsx';
import { StatePill } from './StatePill.tsx';
import { useEpochQuery } from './useEpochQuery.ts';
import { WeightsCard } from './WeightsCard.tsx';

interface EpochPageProps {
  readonly service: number;
  readonly epoch: number;
}

const TONES: Readonly<Record<EpochView['state'], Tone>> = {
  open: 'info',
  unpaid: 'warning',
  waiting: 'info',
  paid: 'success',
  wrong: 'danger',
};

/** One epoch: who earned what and why, whether it was paid, and how anybody checks it. */
export function EpochPage({ service, epoch }: EpochPageProps): ReactNode {
  const { market } = useTexts();
  const query = useEpochQuery('engram_getEpoch', [service, epoch]);
  return (
    <>
      <div className="head">
        <h1>
          {fill(market.epoch.title, { epoch })} {query.data && <StatePill state={query.data.state} />}
        </h1>
        <p>
          <a href={marketHref(['services', service])}>{fill(market.epoch.back, { index: service })}</a>
        </p>
      </div>
      <EpochAsked
        service={service}
        query={query}
        absent={<Notice title={fill(market.epoch.absent, { epoch })}>{market.epoch.absentNext}</Notice>}
      >
        {(view) => <Found view={view} />}
      </EpochAsked>
    </>
  );
}

function Found({ view }: { readonly view: Wire<EpochView> }): ReactNode {
  const { market } = useTexts();
  const { state } = view;
  const said = market.epoch.states[state];
  return (
    <>
      <Notice tone={TONES[state] ?? 'info'} title={said.text}>
        <Summary view={view} />
      </Notice>
      <Card title={market.artefactPage.facts} aside={<SourceTag source="computed" />}>
        <EpochFacts view={view} />
      </Card>
      <EarnersCard view={view} />
      <JudgesCard view={view} />
      <WeightsCard view={view} />
      <VerifyCard view={view} />
      <SourceLegend sources={['settled', 'computed']} />
    </>
  );
}

function Summary({ view }: { readonly view: Wire<EpochView> }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { revealed, judges, stake, toProviders, toEvaluators } = summaryOf(view);
  const { summary } = market.epoch;
  const text = view.state === 'open' ? summary.open : revealed === 0 ? summary.none : summary.some;
  return (
    <p>
      <Sentence
        text={text}
        values={{
          revealed,
          judges: counted(judges, market.counts.evaluators, language),
          stake: percent(stake, language),
          providers: <TokenAmount token={view.token} value={toProviders} />,
          evaluators: <TokenAmount token={view.token} value={toEvaluators} />,
        }}
      />
    </p>
  );
}

function EpochFacts({
  view: { from, to, due, paid, token, resultHash, state },
}: {
  readonly view: Wire<EpochView>;
}): ReactNode {
  const { market } = useTexts();
  const { epoch } = market;
  return (
    <Facts
      facts={[
        [epoch.from, <Time key="from" at={from} />],
        [epoch.to, <Time key="to" at={to} />],
        [epoch.due, state === 'open' ? epoch.notDue : <TokenAmount key="due" token={token} value={due} />],
        [epoch.paid, state !== 'open' && <TokenAmount token={token} value={paid} />],
        [epoch.result, resultHash && <Hash value={resultHash} isWhole />],
      ]}
    />
  );
}

function VerifyCard({ view: { service, epoch, state } }: { readonly view: Wire<EpochView> }): ReactNode {
  const { market } = useTexts();
  const { config } = useDeployment();
  const command = [
    `engram epoch verify ${epoch} --service ${service} --document <file> --from-l1`,
    `--l1 ${config.l1.rpc ?? '<url>'} --rollup ${config.rollup} --l1-start-block ${config.deployedAt}`,
  ].join(' ');
  return (
    <Card title={market.epoch.verify}>
      <p>{market.epoch.verifyText}</p>
      {state === 'open' ? <p className="quiet">{market.epoch.verifyOpen}</p> : <Command text={command} />}
      <p className="quiet">{market.epoch.verifyDocument}</p>
    </Card>
  );
}
