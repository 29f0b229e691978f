import { useEffect } from 'react';
import { useStored } from './useStored.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The colours chosen; `auto` leaves them to the system. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, choose] = useStored('engram.theme', THEMES, 'auto');
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }, [theme]);
  return [theme, choose];
}
