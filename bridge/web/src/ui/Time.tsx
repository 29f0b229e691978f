import { type ReactNode, useEffect, useState } from 'react';
import { useLanguage } from '../texts/index.tsx';

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Seconds of Unix time as “3 minutes ago”; the exact time for who points at it. */
export function Time({ at }: { readonly at: number }): ReactNode {
  const { language } = useLanguage();
  const now = useNow();
  const date = new Date(at * 1_000);
  return (
    <time dateTime={date.toISOString()} title={date.toLocaleString(language)}>
      {relative(at - now, language)}
    </time>
  );
}

/** A span of seconds as words: “about 2 minutes” without the “about”. */
export function durationText(seconds: number, language: string): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long', maximumFractionDigits: 0 }).format(
    Math.max(0, Math.round(seconds / size)),
  );
}

function relative(seconds: number, language: string): string {
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? UNITS[3];
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

/** Seconds of Unix time, anew every few seconds. */
export function useNow(everyMs = 5_000): number {
  const [now, setNow] = useState(() => Math.floor(Date.now() / 1_000));
  useEffect(() => {
    const timer = setInterval(() => setNow(Math.floor(Date.now() / 1_000)), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
