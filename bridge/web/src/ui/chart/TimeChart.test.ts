import { createElement as h } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { TimeChart } from './TimeChart.tsx';

const SERIES = [
  { key: 'a', label: 'First', unit: 's' },
  { key: 'b', label: 'Second', unit: 's' },
];

function chart(points: Parameters<typeof TimeChart>[0]['points'], kind: 'bar' | 'line' = 'bar'): string {
  const title = 'Things & more';
  return renderToStaticMarkup(
    h(TimeChart, { title, description: 'What it shows', interval: 60, points, series: SERIES, kind }),
  );
}

describe('TimeChart', () => {
  const points = [
    { at: 0, values: { a: 1, b: 2 } },
    { at: 60, values: { a: 3, b: 0 } },
  ];

  it('has a title, a description, a way to read each point and a way to the table', () => {
    const html = chart(points);
    expect(html).toContain('<title');
    expect(html).toMatch(/<desc[^>]*>What it shows<\/desc>/);
    expect(html).toContain('type="range"');
    expect(html).toContain('aria-label="Table: Things &amp; more"');
    expect(html).toMatch(/aria-valuetext="[^"]*First: 3 s, Second: 0 s"/);
  });

  it('tells bars of several series apart by more than colour', () => {
    expect(chart(points)).toMatch(/fill="url\(#[^)]*pattern-1\)"/);
  });

  it('says that there is nothing, instead of drawing nothing', () => {
    const html = chart([]);
    expect(html).not.toContain('<svg');
    expect(html).toContain('Nothing to draw yet');
  });

  it.each(['bar', 'line'] as const)('draws only numbers, whatever values come (%s)', (kind) => {
    const odd = [
      { at: 0, values: { a: Number.NaN, b: Number.POSITIVE_INFINITY } },
      { at: 60, values: { a: -5 } },
    ];
    expect(chart(odd, kind)).not.toMatch(/NaN|Infinity/);
  });
});
