import { type UseQueryResult, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Address } from 'viem';
import { useDeployment } from '../app/context.ts';
import { useNodeAnswers } from '../app/NodeNotice.tsx';
import { useNode } from '../app/useNode.ts';
import type { BridgeState, Holdings, Token, Transfer } from '../transfers/types.ts';
import type { Engine } from './engine.ts';

export interface ChainData {
  readonly state: UseQueryResult<BridgeState>;
  readonly tokens: UseQueryResult<readonly Token[]>;
  readonly holdings: UseQueryResult<Holdings>;
  readonly transfers: UseQueryResult<readonly Transfer[]>;
}

const KEY = 'bridge';
/** Everything is read anew at most this often, however fast blocks come. */
const PAUSE_MS = 1_500;
/** And at least this often while the page is looked at: an endpoint may serve no new blocks. */
const REST_MS = 20_000;

interface ChainDataOptions {
  readonly engine: Engine | undefined;
  readonly owner: Address | undefined;
  /** Who answers for L1: what another endpoint said is not mixed with it. */
  readonly source: string;
  /** Nothing is asked while the wallet that answers for L1 is on another chain. */
  readonly isPaused: boolean;
}

/** What the chain says, read anew when L1 or the node has something new. */
export function useChainData({ engine, owner, source, isPaused }: ChainDataOptions): ChainData {
  const bridge = engine?.bridge;
  const common = { structuralSharing: false, refetchInterval: REST_MS, retry: 1 } as const;
  const isReady = bridge !== undefined && !isPaused;
  const missing = (): never => {
    throw new TypeError('not enabled');
  };
  useBeat(engine, source, isPaused);
  return {
    state: useQuery({
      ...common,
      queryKey: [KEY, source, 'state'],
      queryFn: () => bridge?.state() ?? missing(),
      enabled: isReady,
    }),
    tokens: useQuery({
      ...common,
      queryKey: [KEY, source, 'tokens'],
      queryFn: () => bridge?.tokens() ?? missing(),
      enabled: isReady,
    }),
    holdings: useQuery({
      ...common,
      queryKey: [KEY, source, 'holdings', owner],
      queryFn: () => (owner && bridge?.holdings(owner)) ?? missing(),
      enabled: isReady && owner !== undefined,
    }),
    transfers: useQuery({
      ...common,
      queryKey: [KEY, source, 'transfers', owner],
      queryFn: () => (owner && bridge?.transfers(owner)) ?? missing(),
      enabled: isReady && owner !== undefined,
    }),
  };
}

/** Reads everything again, now. */
export function useReadAgain(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: [KEY] });
}

/** A new L1 block, or a new block, batch or silence of the node, makes the page read again. */
function useBeat(engine: Engine | undefined, source: string, isPaused: boolean): void {
  const { config, node } = useDeployment();
  const queries = useQueryClient();
  const every = Math.min(12_000, Math.max(1_500, config.l1.blockSeconds * 500));
  const { data: l1Block } = useQuery({
    queryKey: ['l1Block', source],
    queryFn: async () => String(await engine?.l1.getBlockNumber({ cacheTime: 0 })),
    enabled: engine !== undefined && !isPaused,
    refetchInterval: every,
    retry: false,
  });
  const { data: info } = useNode('engram_chainInfo', [], { enabled: node !== undefined });
  const answers = useNodeAnswers();
  const { unsafe, committed, proven } = info?.heads ?? {};
  const beat = [l1Block, answers, unsafe?.block, committed?.batch, proven?.batch].join('/');
  const last = useRef(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `beat` is what changes
  useEffect(() => {
    const wait = Math.max(0, last.current + PAUSE_MS - Date.now());
    const timer = setTimeout(() => {
      last.current = Date.now();
      if (document.visibilityState === 'visible')
        void queries.invalidateQueries({ queryKey: [KEY] }, { cancelRefetch: false });
    }, wait);
    return () => clearTimeout(timer);
  }, [beat, queries]);
}
