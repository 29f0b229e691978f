import { useSyncExternalStore } from 'react';

/** Whether the list of wallets is open: the header has the dialog, forms open it, too. */
let isOpen = false;
const listeners = new Set<() => void>();

export function chooseWallet(open: boolean): void {
  isOpen = open;
  for (const listener of listeners) listener();
}

export function useIsChoosing(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isOpen,
  );
}
