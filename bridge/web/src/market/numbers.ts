import { fill } from '../texts/index.tsx';

/** A text for one and a text for several; `{n}` is the number. */
export interface Forms {
  readonly one: string;
  readonly other: string;
}

export function counted(n: number, forms: Forms, language: string): string {
  const isOne = new Intl.PluralRules(language).select(n) === 'one';
  return fill(isOne ? forms.one : forms.other, { n: new Intl.NumberFormat(language).format(n) });
}

/** A share of 1 in per cent; what is not nothing is not shown as nothing. */
export function percent(share: number, language: string): string {
  const format = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  return share > 0 && share < 0.0005 ? `< ${format.format(0.001)}` : format.format(share);
}

/** `part` of `whole` as a share of 1, for drawing and for words; 0 of nothing. */
export function shareOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 1_000_000n) / whole) / 1_000_000;
}
