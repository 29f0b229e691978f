import { type ReactNode, useRef, useState } from 'react';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { TransferError } from '../transfers/trouble.ts';
import type { Transfer } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { Pill } from '../ui/Pill.tsx';
import { Time } from '../ui/Time.tsx';
import { ActProgress } from './ActProgress.tsx';
import { useBridge } from './BridgeContext.tsx';
import { useReadAgain } from './chainData.ts';
import { dateText } from './dateText.ts';
import { amountText, tokenOf } from './money.ts';
import { Steps } from './Steps.tsx';
import { TroubleNotice } from './TroubleNotice.tsx';
import { intentOf, isLost, leftText, statusOf } from './transferView.ts';
import { useAct } from './useAct.ts';

/** One transfer: what it is, where it is, what is to be done. Finished ones are folded. */
export function TransferItem({ transfer }: { readonly transfer: Transfer }): ReactNode {
  const texts = useTexts();
  const { bridge: words } = texts;
  const { language } = useLanguage();
  const { known } = useBridge();
  const [choice, setChoice] = useState<boolean>();
  const item = useRef<HTMLLIElement>(null);
  const { id, kind, amount, token, account, isFinished, trouble, deadline, startedAt } = transfer;
  const status = statusOf(transfer, words);
  const left = leftText(transfer, words, language);
  const isOpen = choice ?? !isFinished;
  return (
    <li className="transfer" data-testid={`transfer-${id}`} ref={item} tabIndex={-1}>
      <details
        open={isOpen}
        onToggle={({ currentTarget: { open } }) => {
          // it tells of what was opened from here, too: only the user's choice is one
          if (open !== isOpen) setChoice(open);
        }}
      >
        <summary>
          <span className="transfer-what">
            <span className="transfer-kind">{words.kinds[kind]}</span>
            <span className="transfer-amount">
              {amount === undefined ? words.list.all : amountText(amount, tokenOf(known, token), language)}
            </span>
          </span>
          <span className="transfer-state">
            <Pill tone={status.tone}>{status.text}</Pill>
            <span className="quiet transfer-time">
              <Time at={startedAt} />
            </span>
          </span>
        </summary>
        <Steps steps={transfer.steps} />
        <p className="transfer-facts quiet">
          {[account !== undefined && fill(words.list.accountIs, { index: account }), left].filter(Boolean).join(' · ')}
        </p>
        {deadline !== undefined && !isFinished && (
          <p className="quiet">{fill(words.list.deadline, { time: dateText(deadline, language) })}</p>
        )}
      </details>
      {trouble !== undefined && (isOpen || !isFinished) && (
        <TroubleNotice trouble={trouble} tone={isLost(transfer) ? 'warning' : 'danger'} />
      )}
      <Actions transfer={transfer} onDone={() => item.current?.focus()} />
    </li>
  );
}

interface ActionsProps {
  readonly transfer: Transfer;
  /** The button that was used is gone: whoever uses a keyboard stays where they are. */
  readonly onDone: () => void;
}

/** What only the user can do next. */
function Actions({ transfer, onDone }: ActionsProps): ReactNode {
  const { list } = useTexts().bridge;
  const { actor, engine, isWrongNetwork } = useBridge();
  const readAgain = useReadAgain();
  const act = useAct();
  const { action, token } = transfer;
  const intent = intentOf(transfer);
  const run = async (): Promise<void> => {
    const isSent = await act.run(async (report) => {
      if (isWrongNetwork) throw new TransferError('WRONG_NETWORK');
      if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
      const options = { onProgress: report.progress };
      if (action === 'claim') return actor.claim(transfer, options);
      if (action === 'withdraw') return actor.withdraw(token, options);
      if (action === 'refund') return actor.refund(transfer, options);
      return actor.freeze(options);
    });
    if (isSent) onDone();
  };
  if (isLost(transfer) && intent !== undefined) {
    return (
      <div className="row">
        <Button
          onClick={() => {
            engine?.bridge.forget(intent);
            readAgain();
          }}
        >
          {list.notSent}
        </Button>
      </div>
    );
  }
  if (action === undefined && !act.state.isBusy && act.state.trouble === undefined) return null;
  return (
    <>
      {action !== undefined && (
        <div className="row">
          <Button
            variant={action === 'freeze' ? 'danger' : 'primary'}
            isBusy={act.state.isBusy}
            onClick={() => void run()}
          >
            {action === 'withdraw' ? list.claim : list[action]}
          </Button>
          {action === 'withdraw' && <span className="quiet">{list.payoutHint}</span>}
        </div>
      )}
      <ActProgress state={act.state} />
    </>
  );
}
