import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useConfig, useConnectors } from 'wagmi';
import { connect, disconnect } from 'wagmi/actions';
import { fill, useTexts } from '../texts/index.tsx';
import { toTrouble } from '../transfers/trouble.ts';
import type { Trouble } from '../transfers/types.ts';
import { Button } from '../ui/Button.tsx';
import { ErrorNotice } from '../ui/ErrorNotice.tsx';
import { Hash } from '../ui/Hash.tsx';
import { Notice } from '../ui/Notice.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { useWallet } from './useWallet.ts';
import { chooseWallet, useIsChoosing } from './walletChoice.ts';
import { walletLooks } from './walletLooks.ts';

/** The wallets that announced themselves; or the connected one, with what can be done about it. */
export function WalletDialog(): ReactNode {
  const texts = useTexts();
  const isOpen = useIsChoosing();
  const wallet = useWallet();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen && dialog.current?.open === false) dialog.current.showModal();
    if (!isOpen) dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog className="dialog" ref={dialog} aria-labelledby="wallet-dialog" onClose={() => chooseWallet(false)}>
      <h2 id="wallet-dialog">{wallet === undefined ? texts.bridge.wallet.choose : texts.bridge.wallet.connected}</h2>
      {isOpen && (wallet === undefined ? <WalletList /> : <Connected />)}
      <div className="row dialog-end">
        <Button onClick={() => chooseWallet(false)}>{texts.common.close}</Button>
      </div>
    </dialog>
  );
}

function WalletList(): ReactNode {
  const { bridge } = useTexts();
  const words = bridge.wallet;
  const config = useConfig();
  const connectors = useConnectors();
  const [asked, ask] = useState<string>();
  const [trouble, setTrouble] = useState<Trouble>();
  if (connectors.length === 0) {
    return (
      <Notice
        tone="warning"
        title={words.none}
        actions={<Button onClick={() => window.location.reload()}>{words.reload}</Button>}
      >
        {words.noneText}
      </Notice>
    );
  }
  return (
    <>
      <p className="quiet">{words.chooseText}</p>
      <ul className="wallets">
        {connectors.map((connector) => {
          const { name, icon } = walletLooks(connector, words.unnamed);
          return (
            <li key={connector.uid}>
              <Button
                className="wallet-choice"
                isBusy={asked !== undefined}
                onClick={() => {
                  ask(connector.uid);
                  setTrouble(undefined);
                  connect(config, { connector }).then(
                    () => chooseWallet(false),
                    (error: unknown) => {
                      ask(undefined);
                      setTrouble(toTrouble(error));
                    },
                  );
                }}
              >
                {icon !== undefined && <img src={icon} alt="" width="28" height="28" />}
                <span>{name}</span>
              </Button>
            </li>
          );
        })}
      </ul>
      {asked !== undefined && <Spinner label={words.connecting} />}
      {trouble !== undefined && <ErrorNotice error={trouble} />}
    </>
  );
}

function Connected(): ReactNode {
  const words = useTexts().bridge.wallet;
  const config = useConfig();
  const wallet = useWallet();
  const [trouble, setTrouble] = useState<Trouble>();
  if (wallet === undefined) return null;
  const { name, icon } = walletLooks(wallet.connector, words.unnamed);
  return (
    <>
      <p className="wallet-now">
        {icon !== undefined && <img src={icon} alt="" width="28" height="28" />}
        {fill(words.withWallet, { wallet: name })}
      </p>
      <Hash value={wallet.address} isWhole />
      <div className="row">
        <Button
          onClick={() => {
            setTrouble(undefined);
            wallet.provider
              .request({ method: 'wallet_requestPermissions', params: [{ eth_accounts: {} }] })
              .catch((error: unknown) => setTrouble(toTrouble(error)));
          }}
        >
          {words.other}
        </Button>
        <Button
          onClick={() => {
            void disconnect(config, { connector: wallet.connector });
            chooseWallet(false);
          }}
        >
          {words.disconnect}
        </Button>
      </div>
      {trouble !== undefined &&
        (trouble.code === 'WALLET_UNSUPPORTED' ? <p>{words.otherUnsupported}</p> : <ErrorNotice error={trouble} />)}
    </>
  );
}
