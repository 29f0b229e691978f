export const MAX_ENDPOINT = 256;

/** Scheme, host (a name, an IPv4 address, an IPv6 address in brackets), port, path. No user, question, fragment or escape. */
const FORM = /^https?:\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?(\/[A-Za-z0-9._~-]*)*$/;

/**
 * Whether a text is an endpoint as announcements may have it: an http(s) URL that reads the same for people and for every URL parser. No
 * credentials, white space, backslashes, default ports, other spellings of a host (`0x7f.1`, upper case) and no internationalised names
 * (`xn--`), of which two parsers may think differently. Where it points to is for whoever
 * fetches to look at: a stranger chose it.
 */
export function isEndpoint(text: string): boolean {
  if (text.length > MAX_ENDPOINT || !FORM.test(text) || text.includes('xn--')) return false;
  if (!URL.canParse(text)) return false;
  const { href } = new URL(text);
  return href === text || href === `${text}/`;
}
