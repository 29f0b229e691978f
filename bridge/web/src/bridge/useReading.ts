import { useCallback, useSyncExternalStore } from 'react';
import { useBridge } from './BridgeContext.tsx';
import type { Reading } from './lazyRecovery.ts';

/** How far the replay of posted batches is; undefined: there is nothing to replay by. */
export function useReading(): Reading | undefined {
  const recovery = useBridge().engine?.recovery;
  const subscribe = useCallback(
    (onChange: () => void) => recovery?.subscribe(onChange) ?? (() => undefined),
    [recovery],
  );
  return useSyncExternalStore(subscribe, () => recovery?.reading());
}
