import type { ReactNode } from 'react';
import type { EpochView } from '../../../../../sdk/marketTypes.ts';
import type { Wire } from '../../../../../sdk/rpcTypes.ts';
import { fill, useLanguage, useTexts } from '../../texts/index.tsx';
import { Card } from '../../ui/Card.tsx';
import { Pill } from '../../ui/Pill.tsx';
import { type Column, Table } from '../../ui/Table.tsx';
import { TokenAmount } from '../../ui/TokenAmount.tsx';
import { Bar } from '../Bar.tsx';
import { AccountLink } from '../Links.tsx';
import { percent, shareOf } from '../numbers.ts';
import { SourceTag } from '../SourceTag.tsx';
import { type Judge, stakeOf, whyJudged } from './epochStory.ts';
import { PaymentNote } from './PaymentNote.tsx';

type Epoch = Wire<EpochView>;

/** Evaluators of an epoch: their stake, whether their scores count and if not why, what they earned. */
export function JudgesCard({ view }: { readonly view: Epoch }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { epoch } = market;
  const all = stakeOf(view.judges);
  const columns: Column<Judge>[] = [
    { name: epoch.judge, cell: ({ account }) => <AccountLink index={account} /> },
    {
      name: epoch.stake,
      cell: ({ stake }) => {
        const share = shareOf(BigInt(stake), all);
        return (
          <span className="stack score">
            <TokenAmount token={view.token} value={stake} />
            <Bar share={share} />
            <span className="small">{percent(share, language)}</span>
          </span>
        );
      },
    },
    { name: epoch.scores, cell: (judge) => <Scores view={view} judge={judge} /> },
    {
      name: epoch.dividend,
      isNumber: true,
      cell: ({ dividend }) => (view.state === 'open' ? '–' : percent(dividend, language)),
    },
    {
      name: epoch.dueOne,
      isNumber: true,
      cell: ({ due, paid }) =>
        view.state === 'open' ? (
          '–'
        ) : (
          <span className="stack">
            <TokenAmount token={view.token} value={due} />
            <span>
              <PaymentNote {...{ due, paid }} token={view.token} isOpen={false} />
            </span>
          </span>
        ),
    },
  ];
  return (
    <Card title={epoch.judges} aside={<SourceTag source="computed" />}>
      <Table
        caption={epoch.judgesCaption}
        columns={columns}
        rows={view.judges}
        rowKey={({ account }) => account}
        empty={epoch.noJudges}
      />
    </Card>
  );
}

function Scores({ view, judge }: { readonly view: Epoch; readonly judge: Judge }): ReactNode {
  const { market } = useTexts();
  const { language } = useLanguage();
  const { epoch } = market;
  const reason = whyJudged(view, judge);
  const pill =
    reason.kind === 'ignored' ? (
      <Pill tone="danger">{epoch.ignored}</Pill>
    ) : judge.hasRevealed ? (
      <Pill tone="success">{epoch.counted}</Pill>
    ) : (
      <Pill tone={reason.kind === 'open' ? 'neutral' : 'warning'}>
        {reason.kind === 'open' ? epoch.waitingReveal : epoch.silent}
      </Pill>
    );
  const clipped = 'clipped' in reason && reason.clipped > 0 ? reason.clipped : undefined;
  return (
    <span className="stack">
      <span>{pill}</span>
      <span className="small">
        {reason.kind === 'ignored'
          ? ignoredText(epoch.reasons, reason.reason)
          : fill(epoch.whyJudge[reason.kind], { dividend: percent(judge.dividend, language) })}
        {clipped !== undefined && ` ${fill(epoch.whyJudge.clipped, { clipped: percent(clipped, language) })}`}
      </span>
    </span>
  );
}

/** In words by the code; one that is new to this page is shown as it is. */
function ignoredText(reasons: Readonly<Record<string, string>>, reason: string): string {
  const known = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  return known ?? fill(reasons.UNKNOWN ?? '', { reason: /^[A-Z_]{1,40}$/.test(reason) ? reason : '?' });
}
