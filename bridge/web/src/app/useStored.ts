import { useCallback, useState } from 'react';

/** A choice that the browser keeps, where it keeps anything. */
export function useStored<T extends string>(key: string, choices: readonly T[], fallback: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => choices.find((choice) => choice === read(key)) ?? fallback);
  const choose = useCallback(
    (chosen: T) => {
      setValue(chosen);
      try {
        window.localStorage.setItem(key, chosen);
      } catch {
        // without storage it holds until the page is closed
      }
    },
    [key],
  );
  return [value, choose];
}

function read(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}
