import { createElement as h } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Sentence } from './Sentence.tsx';

function markup(text: string, values: Parameters<typeof Sentence>[0]['values']): string {
  return renderToStaticMarkup(h(Sentence, { text, values }));
}

describe('Sentence', () => {
  it('puts parts where their names stand, also twice, and leaves unknown names', () => {
    const values = { who: h('b', null, '7'), what: '1 ETH' };
    expect(markup('{who} pays {who} {what} {toString}', values)).toBe('<b>7</b> pays <b>7</b> 1 ETH {toString}');
  });
  it('shows markup as text', () => {
    expect(markup('<img>{x}', { x: '<script>' })).toBe('&lt;img&gt;&lt;script&gt;');
  });
});
