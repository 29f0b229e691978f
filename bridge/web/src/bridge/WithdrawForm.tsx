import { type ReactNode, useState } from 'react';
import { useDeployment } from '../app/context.ts';
import { l1Chain } from '../app/deployment.ts';
import { fill, useLanguage, useTexts } from '../texts/index.tsx';
import { TransferError } from '../transfers/trouble.ts';
import type { OwnedAccount } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { SelectField } from '../ui/Field.tsx';
import { Hash } from '../ui/Hash.tsx';
import { Notice } from '../ui/Notice.tsx';
import { ActProgress } from './ActProgress.tsx';
import { AmountField } from './AmountField.tsx';
import { readAmount } from './amountInput.ts';
import { useBridge } from './BridgeContext.tsx';
import { expectedSeconds } from './expected.ts';
import { FeeFacts } from './FeeFacts.tsx';
import { gasCost, spendable, useFees, withMargin } from './fees.ts';
import { KeyNotice } from './KeyNotice.tsx';
import { aboutText, amountIn, amountText, ETH, tokenOf } from './money.ts';
import { switchTo } from './switchChain.ts';
import { TokenField } from './TokenField.tsx';
import { type Report, useAct } from './useAct.ts';
import { useLedgerKey } from './useLedgerKey.ts';
import { chooseWallet } from './walletChoice.ts';

/** The EVM lane, or the number of an account; empty: there is nothing of the token. */
type From = '' | 'lane' | `${number}`;

/** Ledger or EVM lane → L1. */
export function WithdrawForm(): ReactNode {
  const texts = useTexts();
  const { language } = useLanguage();
  const { form } = texts.bridge;
  const { config, chain } = useDeployment();
  const { known, holdings, wallet, actor, isWrongNetwork, hasNode, setAway } = useBridge();
  const ledgerKey = useLedgerKey();
  const [tokenId, setToken] = useState(0);
  const [text, setText] = useState('');
  const [chosen, setFrom] = useState<From>();
  const [isTried, setTried] = useState(false);
  const act = useAct();

  const token = tokenOf(known, tokenId);
  const accounts = (holdings.data?.accounts ?? []).filter((account) => canExit(account, tokenId));
  const onLane = holdings.data && amountIn(holdings.data.lane, tokenId);
  const options: { value: From; label: string }[] = [
    ...accounts.map(({ index, balance }) => ({
      value: `${index}` as const,
      label: fill(form.accountHolds, { index, amount: amountText(balance, token, language) }),
    })),
    ...(config.evmLane === undefined
      ? []
      : [
          {
            value: 'lane' as const,
            label:
              onLane === undefined ? form.lane : fill(form.laneHolds, { amount: amountText(onLane, token, language) }),
          },
        ]),
  ];
  if (options.length === 0) options.push({ value: '', label: form.noAccount });
  const from: From = options.find(({ value }) => value === chosen)?.value ?? options[0]?.value ?? '';
  const account = accounts.find(({ index }) => `${index}` === from);
  const isLane = from === 'lane';
  const way = isLane ? 'laneWithdrawal' : 'exit';
  const fees = useFees(way, tokenId);
  const gas = fees && gasCost(fees);
  const laneReserve = tokenId === 0 ? withMargin(gas ?? 0n) : 0n;
  const balance = isLane ? onLane : (account?.balance ?? (holdings.data && 0n));
  const available =
    balance === undefined ? undefined : spendable(balance, isLane ? laneReserve : (fees?.ledgerFee ?? 0n));
  const input = readAmount(text, token, available);

  const edit = (change: () => void): void => {
    act.clear();
    change();
  };
  const fromLedger = async (amount: bigint, index: number, report: Report): Promise<void> => {
    if (isWrongNetwork) throw new TransferError('WRONG_NETWORK'); // wallets refuse to sign for a chain they are not on
    if (actor === undefined) throw new TransferError('L1_UNREACHABLE');
    if (!ledgerKey.isKnown) report('key');
    const ledgerKeySigner = await ledgerKey.get();
    report('signing');
    const fee = fees?.ledgerFee;
    await actor.exit({ account: index, amount, ledgerKeySigner, fee, onProgress: report.progress });
  };
  const fromLane = async (amount: bigint, report: Report): Promise<void> => {
    if (actor === undefined || wallet === undefined) throw new TransferError('L1_UNREACHABLE');
    setAway(true);
    try {
      report('switching');
      await switchTo(wallet.provider, chain);
      await actor.withdrawFromLane({ token: tokenId, amount, onProgress: report.progress });
    } finally {
      report('back');
      // who stays there sees the notice with “Switch network”
      await switchTo(wallet.provider, l1Chain(config)).catch(() => undefined);
      setAway(false);
    }
  };
  const withdraw = async (amount: bigint): Promise<void> => {
    const isSent = await act.run(async (report) => {
      if (isLane) return fromLane(amount, report);
      if (account === undefined) throw new TransferError('NOT_ACTIONABLE');
      return fromLedger(amount, account.index, report);
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
        if (input.amount !== undefined) void withdraw(input.amount);
      }}
    >
      {!hasNode && wallet !== undefined && (
        <Notice tone="warning" title={form.needsNode}>
          {form.needsNodeNext}
        </Notice>
      )}
      <div className="fields">
        <TokenField tokens={known} value={tokenId} onChange={(id) => edit(() => setToken(id))} />
        <SelectField
          label={form.from}
          value={from}
          options={options}
          onChange={(value) => edit(() => setFrom(value))}
        />
      </div>
      <AmountField
        value={text}
        token={token}
        available={available}
        trouble={text.trim() !== '' || isTried ? input.trouble : undefined}
        onChange={(value) => edit(() => setText(value))}
      />
      {isLane && <p className="quiet">{form.laneTrip}</p>}
      {account !== undefined && !ledgerKey.isKnown && <KeyNotice isTwice={!ledgerKey.isExpected} />}
      <FeeFacts
        facts={[
          isLane
            ? [form.laneFee, gas === undefined ? undefined : aboutText(gas, ETH, language)]
            : [form.ledgerFee, fees?.ledgerFee === undefined ? undefined : amountText(fees.ledgerFee, token, language)],
          [form.paidTo, wallet === undefined ? null : <Hash key="to" value={wallet.address} />],
        ]}
        timeName={form.claimable}
        seconds={expectedSeconds(way, config)}
      />
      <Button type="submit" variant="primary" isBusy={act.state.isBusy} disabled={wallet !== undefined && from === ''}>
        {form.withdraw}
      </Button>
      <ActProgress
        state={act.state}
        {...(act.state.isSent && { sent: fill(form.sentNow, { what: texts.bridge.kinds[way] }) })}
      />
    </form>
  );
}

/** EXITs are signed by the key of a KEY account; channels and attestations leave by forced exit. */
function canExit({ kind, token, key, isEscaped }: OwnedAccount, wanted: number): boolean {
  return kind === 'KEY' && token === wanted && key !== undefined && isEscaped !== true;
}
