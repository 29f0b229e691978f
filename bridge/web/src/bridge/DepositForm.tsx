import { type ReactNode, useState } from 'react';
import { useDeployment } from '../app/context.ts';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { TransferError } from '../transfers/trouble.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { SelectField } from '../ui/Field.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ActProgress } from './ActProgress.tsx';
import { AmountField } from './AmountField.tsx';
import { readAmount } from './amountInput.ts';
import { useBridge } from './BridgeContext.tsx';
import { depositTarget } from './depositTarget.ts';
import { expectedSeconds } from './expected.ts';
import { FeeFacts } from './FeeFacts.tsx';
import { gasCost, spendable, useFees, withMargin } from './fees.ts';
import { KeyNotice } from './KeyNotice.tsx';
import { aboutText, amountIn, amountText, ETH, tokenOf } from './money.ts';
import { TokenField } from './TokenField.tsx';
import { useAct } from './useAct.ts';
import { useLedgerKey } from './useLedgerKey.ts';
import { chooseWallet } from './walletChoice.ts';

/** A new account, the EVM lane, or the number of an account. */
type To = 'new' | 'lane' | `${number}`;

/** L1 → ledger or EVM lane. */
export function DepositForm(): ReactNode {
  const texts = useTexts();
  const { language } = useLanguage();
  const { form } = texts.bridge;
  const { config } = useDeployment();
  const { known, holdings, state, wallet, actor, isWrongNetwork } = useBridge();
  const ledgerKey = useLedgerKey();
  const [tokenId, setToken] = useState(0);
  const [text, setText] = useState('');
  const [chosen, setTo] = useState<To>();
  const [isTried, setTried] = useState(false);
  const act = useAct();

  const token = tokenOf(known, tokenId);
  const accounts = (holdings.data?.accounts ?? []).filter(
    (account) => canReceive(account, tokenId) && ledgerKey.mayHave(account),
  );
  const options = [
    ...accounts.map(({ index, balance }) => ({
      value: `${index}` as const,
      label: fill(form.accountHolds, { index, amount: amountText(balance, token, language) }),
    })),
    { value: 'new' as const, label: form.newAccount },
    ...(config.evmLane === undefined ? [] : [{ value: 'lane' as const, label: form.lane }]),
  ];
  const to: To = options.find(({ value }) => value === chosen)?.value ?? options[0]?.value ?? 'new';
  const way = to === 'lane' ? 'laneDeposit' : 'deposit';
  const fees = useFees(way, tokenId);
  const balance = holdings.data && amountIn(holdings.data.l1, tokenId);
  const gas = fees && gasCost(fees);
  const reserve = tokenId === 0 ? (fees?.queueFee ?? 0n) + withMargin(gas ?? 0n) : 0n;
  const available = balance && spendable(balance, reserve);
  const input = readAmount(text, token, balance === undefined ? undefined : (available ?? 0n));

  const edit = (change: () => void): void => {
    act.clear();
    change();
  };
  const deposit = async (amount: bigint): Promise<void> => {
    const isSent = await act.run(async (report) => {
      if (isWrongNetwork) throw new TransferError('WRONG_NETWORK');
      if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
      const onProgress = report.progress;
      if (to === 'lane') return actor.depositToLane({ token: tokenId, amount, onProgress });
      if (!ledgerKey.isKnown) report('key');
      const account = accounts.find(({ index }) => `${index}` === to);
      const target = await depositTarget(account, () => ledgerKey.get());
      return actor.deposit({ token: tokenId, amount, ...target, onProgress });
    });
    if (isSent) {
      setText('');
      setTried(false);
    }
  };

  return (
    <form
      className="move"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (wallet === undefined) return chooseWallet(true);
        setTried(true);
        if (input.amount !== undefined) void deposit(input.amount);
      }}
    >
      {state.data?.isFrozen && <Notice tone="danger" title={form.frozen} />}
      <div className="fields">
        <TokenField tokens={known} value={tokenId} onChange={(id) => edit(() => setToken(id))} />
        <SelectField
          label={form.to}
          value={to}
          options={options}
          onChange={(value) => edit(() => setTo(value))}
          hint={to === 'lane' ? form.toLaneHint : form.toLedgerHint}
        />
      </div>
      <AmountField
        value={text}
        token={token}
        available={available}
        trouble={text.trim() !== '' || isTried ? input.trouble : undefined}
        onChange={(value) => edit(() => setText(value))}
      />
      {wallet !== undefined && to !== 'lane' && !ledgerKey.isKnown && <KeyNotice isTwice={!ledgerKey.isExpected} />}
      {tokenId !== 0 && input.amount !== undefined && (
        <p className="quiet">{fill(form.approveFirst, { amount: amountText(input.amount, token, language) })}</p>
      )}
      <FeeFacts
        facts={[
          [form.bridgeFee, fees && (fees.queueFee === undefined ? null : amountText(fees.queueFee, ETH, language))],
          [form.networkFee, gas === undefined ? undefined : aboutText(gas, ETH, language)],
        ]}
        timeName={form.usable}
        seconds={expectedSeconds(way, config)}
      />
      <Button type="submit" variant="primary" isBusy={act.state.isBusy} disabled={state.data?.isFrozen === true}>
        {form.deposit}
      </Button>
      <ActProgress
        state={act.state}
        {...(act.state.isSent && { sent: fill(form.sentNow, { what: texts.bridge.kinds[way] }) })}
      />
    </form>
  );
}

/** Only KEY accounts take deposits of their token. */
function canReceive({ kind, token, key, isEscaped }: OwnedAccount, wanted: number): boolean {
  return kind === 'KEY' && token === wanted && key !== undefined && isEscaped !== true;
}
