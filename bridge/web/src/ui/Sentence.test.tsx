import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { Sentence } from './Sentence.tsx';

describe('Sentence', () => {
  it('puts parts where their names stand, also twice, and leaves unknown names', () => {
    const values = { who: <b>7</b>, what: '1 ETH' };
    expect(renderToStaticMarkup(<Sentence text="{who} pays {who} {what} {toString}" values={values} />)).toBe(
      '<b>7</b> pays <b>7</b> 1 ETH {toString}',
    );
  });
  it('shows markup in a text as text', () => {
    expect(renderToStaticMarkup(<Sentence text="<img>{x}" values={{ x: '<script>' }} />)).toBe(
      '&lt;img&gt;&lt;script&gt;',
    );
  });
});
