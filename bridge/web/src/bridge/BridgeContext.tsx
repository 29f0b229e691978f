import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { createWalletClient, custom } from 'viem';
import { useDeployment } from '../app/context.ts';
import { l1Chain, NO_DETOURS } from '../app/deployment.ts';
import { useNodeAnswers } from '../app/NodeNotice.tsx';
import type { Actor } from '../transfers/api.ts';
import type { Token } from '../transfers/types.ts';
import { type ChainData, useChainData } from './chainData.ts';
import { type Engine, type EngineCode, useEngine, useEngineCode } from './engine.ts';
import { ETH } from './money.ts';
import { type Keys, useKeys } from './useKeys.ts';
import { useWallet, type Wallet } from './useWallet.ts';

/** All that the parts of the bridge page share. */
export interface BridgeView extends ChainData {
  readonly code: EngineCode | undefined;
  readonly codeError: unknown;
  readonly retryCode: () => void;
  readonly engine: Engine | undefined;
  readonly wallet: Wallet | undefined;
  /** Not on L1, and the page did not ask it to be elsewhere. */
  readonly isWrongNetwork: boolean;
  /** The wallet was asked to leave L1 for a moment. */
  readonly setAway: (isAway: boolean) => void;
  /** Sends for the wallet; undefined while there is none, or nothing to send to. */
  readonly actor: Actor | undefined;
  readonly keys: Keys;
  /** ETH at least. */
  readonly known: readonly Token[];
  /** False: there is no node, or it does not answer. */
  readonly hasNode: boolean;
  readonly isNodeAway: boolean;
}

const BridgeContext = createContext<BridgeView | undefined>(undefined);

/** Inside of `BridgeProvider` only. */
export function useBridge(): BridgeView {
  const view = useContext(BridgeContext);
  if (view === undefined) throw new TypeError('outside of BridgeProvider');
  return view;
}

export function BridgeProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const { config, chain, node } = useDeployment();
  const { data: code, error: codeError, refetch } = useEngineCode();
  const wallet = useWallet();
  const engine = useEngine(code, wallet);
  const [isAway, setAway] = useState(false);
  const nodeAnswers = useNodeAnswers();
  const isElsewhere = wallet !== undefined && wallet.chainId !== config.l1.chainId;
  const source = config.l1.rpc ?? wallet?.connector.uid ?? 'none';
  const isPaused = config.l1.rpc === undefined && isElsewhere;
  const data = useChainData({ engine, owner: wallet?.address, source, isPaused });
  const bridge = engine?.bridge;
  const { address, provider } = wallet ?? {};
  const wallets = useMemo(() => {
    if (address === undefined || provider === undefined) return undefined;
    const transport = custom(provider, { retryCount: 0 });
    const l1 = createWalletClient({ account: address, chain: l1Chain(config), transport, ...NO_DETOURS });
    const lane = createWalletClient({ account: address, chain, transport, ...NO_DETOURS });
    return { l1, lane };
  }, [address, provider, config, chain]);
  const keys = useKeys(code, wallets?.l1);
  const actor = useMemo(() => wallets && bridge?.actor(wallets.l1, wallets.lane), [bridge, wallets]);
  const retryCode = useCallback(() => void refetch(), [refetch]);
  const view: BridgeView = {
    ...data,
    ...{ code, codeError, retryCode, engine, wallet, setAway, actor, keys },
    isWrongNetwork: isElsewhere && !isAway,
    known: data.tokens.data ?? [ETH],
    hasNode: node !== undefined && nodeAnswers !== false,
    isNodeAway: node === undefined || nodeAnswers === false,
  };
  return <BridgeContext value={view}>{children}</BridgeContext>;
}
