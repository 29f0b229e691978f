/** Numbers and times of a chart, in the user's language. */
export function tickText(value: number, language: string): string {
  return new Intl.NumberFormat(language, { notation: 'compact', maximumSignificantDigits: 3 }).format(value);
}

export function valueText(value: number | undefined, unit: string, language: string): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const number = new Intl.NumberFormat(language, { maximumSignificantDigits: 6 }).format(value);
  return unit === '' ? number : `${number} ${unit}`;
}

const DAY_S = 86_400;

/** Beneath the axis: the hour, or for days the date. */
export function axisTime(at: number, interval: number, language: string): string {
  return new Intl.DateTimeFormat(
    language,
    interval >= DAY_S ? { day: 'numeric', month: 'short', timeZone: 'UTC' } : { hour: '2-digit', minute: '2-digit' },
  ).format(at * 1_000);
}

/** Of one point. Days are those of UTC, as the node counts them. */
export function pointTime(at: number, interval: number, language: string): string {
  return new Intl.DateTimeFormat(
    language,
    interval >= DAY_S
      ? { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }
      : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  ).format(at * 1_000);
}
