import { describe, expect, it } from 'vitest';
import { safeText, safeUrl } from './safeText.ts';

describe('safeText', () => {
  it('leaves what people write', () => expect(safeText('Modèle n° 1 · 模型')).toBe('Modèle n° 1 · 模型'));
  it.each([
    ['marks of direction', 'a\u202Egnp.exe', 'a gnp.exe'],
    ['invisible characters', 'US\u200BDC', 'US DC'],
    ['controls and lines', 'a\u0000\nb\u2028c', 'a b c'],
    ['a tower of marks', `e${'\u0301'.repeat(50)}`, 'é\u0301\u0301'],
  ])('%s are taken away', (_, text, shown) => expect(safeText(text)).toBe(shown));
  it('is bounded in characters, however long the text', () => {
    expect([...safeText('𝕏'.repeat(1_000_000), 20)]).toHaveLength(20);
  });
});

describe('safeUrl', () => {
  it.each(['javascript:alert(1)', 'data:text/html,x', 'ftp://x', '//x', '', 'https://u:p@bank.example'])(
    '%s is no link',
    (text) => expect(safeUrl(text)).toBeUndefined(),
  );
  it('an http address is', () => expect(safeUrl('https://a.example/b')).toBe('https://a.example/b'));
});
