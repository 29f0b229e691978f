/** From what somebody pasted to what the node can look for. Pure. */

/** What the text itself says it names; absent: anything. */
export type Wanted = 'block' | 'batch' | 'account' | undefined;

export interface CleanSearch {
  readonly text: string;
  readonly wanted: Wanted;
}

/** The node takes no longer texts: the longest that names something is 0x and 64 digits. */
const MAX = 80;
/** Words before a number, in the page's languages. */
const WORDS: Readonly<Record<string, Exclude<Wanted, undefined>>> = {
  block: 'block',
  bloc: 'block',
  batch: 'batch',
  lot: 'batch',
  account: 'account',
  compte: 'account',
  channel: 'account',
  canal: 'account',
};

/** A number, perhaps in groups of three, and perhaps with a word before it. No two neighbours match the same, so that no text takes long. */
const LABELLED =
  /^[^\p{L}\p{N}]*(?:(\p{L}+)[^\p{L}\p{N}]+(?:n[^\p{L}\p{N}]+)?)?(\d{1,3}(?:[ .,'’_]\d{3})+|\d+)[^\p{L}\p{N}]*$/u;

/** Quotes, spaces, marks and words around it are taken away; a hash or an address within a text or a link is found. */
export function cleanSearch(pasted: string): CleanSearch {
  const text = pasted
    .slice(0, 500)
    .normalize('NFKC')
    .replace(/[\p{C}\p{Z}\s]+/gu, ' ')
    .trim();
  const hex = /(?<![0-9a-z])(0x)?([0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-z])/i.exec(text)?.[2];
  if (hex !== undefined) return { text: `0x${hex.toLowerCase()}`, wanted: undefined };
  const link = /#\/explorer\/(\w+)\/(\d+)\W*$/.exec(text);
  const labelled = link ?? LABELLED.exec(text);
  if (labelled !== null) {
    const [, word = '', digits = ''] = labelled;
    const name = word.toLowerCase();
    const wanted = Object.hasOwn(WORDS, name) ? WORDS[name] : undefined;
    if (word === '' || wanted !== undefined) return { text: digits.replace(/\D/g, '').slice(0, MAX), wanted };
  }
  return { text: text.replace(/^["'`«“‘<([{\s]+|["'`»”’>)\]},;.\s]+$/g, '').slice(0, MAX), wanted: undefined };
}
