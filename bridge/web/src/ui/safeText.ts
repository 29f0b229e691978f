/** What hides text, reorders it, or is no character at all: controls, marks of direction, invisible, private and unassigned ones. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** Text of a node, a contract or an announcement as it can be shown: one line, at most `max` characters, nothing that plays with what stands around it. */
export function safeText(text: string, max = 80): string {
  // what is cut first need not be looked at: a text may be very long
  const visible = text
    .slice(0, max * 8)
    .normalize('NFC')
    .replace(UNSEEN, ' ')
    // a character can carry two marks, not a tower of them
    .replace(/(\p{M}{2})\p{M}+/gu, '$1')
    .trim();
  const characters = [...visible];
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : visible;
}

/** An address that may become a link: http or https, nothing else, without a user's name or password. */
export function safeUrl(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return undefined;
  return url.username === '' && url.password === '' ? url.href : undefined;
}
