/** Seconds of Unix time as a date and a time: “today” is not enough for a deadline. */
export function dateText(at: number, language: string): string {
  return new Date(at * 1_000).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}
