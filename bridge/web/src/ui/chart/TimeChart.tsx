import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import '../../styles/chart.css';
import { useLanguage, useTexts } from '../../texts/index.tsx';
import { Button } from '../Button.tsx';
import { type Column, Table } from '../Table.tsx';
import { pointTime, valueText } from './format.ts';
import { Patterns, Plot } from './Plot.tsx';
import { withoutGaps } from './scale.ts';
import type { ChartKind, Series, TimePoint } from './types.ts';

interface TimeChartProps {
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
  /** Seconds between points. */
  readonly interval: number;
  /** Oldest first or not; intervals without a point are drawn as 0. */
  readonly points: readonly TimePoint[];
  /** At most five; bars are stacked, so they have one unit. */
  readonly series: readonly Series[];
  readonly kind: ChartKind;
}

const HEIGHT = 200;
/** Before it is measured. */
const WIDTH = 640;

/** Values over time: drawn, read out point by point (pointer, arrow keys), or as a table. */
export function TimeChart({ title, description, interval, points, series, kind }: TimeChartProps): ReactNode {
  const { chart } = useTexts();
  const { language } = useLanguage();
  const id = useId();
  const [isTable, setTable] = useState(false);
  const filled = withoutGaps(points, interval);
  return (
    <figure className="chart" aria-labelledby={`${id}-name`}>
      <figcaption className="chart-head">
        <span className="chart-title" id={`${id}-name`}>
          {title}
        </span>
        {filled.length > 0 && (
          <Button
            variant="quiet"
            className="chart-toggle"
            aria-pressed={isTable}
            aria-label={`${chart.table}: ${title}`}
            onClick={() => setTable(!isTable)}
          >
            {chart.table}
          </Button>
        )}
      </figcaption>
      {filled.length === 0 ? (
        <p className="empty">{chart.empty}</p>
      ) : isTable ? (
        <ChartTable {...{ title, interval, series, language }} points={filled} />
      ) : (
        <Drawn {...{ id, title, description, interval, series, kind, language }} points={filled} />
      )}
    </figure>
  );
}

interface DrawnProps extends TimeChartProps {
  readonly id: string;
  readonly language: string;
}

function Drawn({ id, title, description, interval, points, series, kind, language }: DrawnProps): ReactNode {
  const [box, width] = useWidth();
  const [chosen, setChosen] = useState<number>();
  const last = points.length - 1;
  const active = chosen === undefined ? undefined : Math.min(chosen, last);
  const shown = points[active ?? last];
  const said = series.map(({ key, label, unit }) => `${label}: ${valueText(shown?.values[key], unit, language)}`);
  const when = pointTime(shown?.at ?? 0, interval, language);
  return (
    <>
      <div
        className="chart-box"
        ref={box}
        onPointerMove={(event) => {
          const { left, width: wide } = event.currentTarget.getBoundingClientRect();
          setChosen(Math.max(0, Math.min(last, Math.floor(((event.clientX - left) / wide) * points.length))));
        }}
        onPointerLeave={() => setChosen(undefined)}
      >
        <Plot
          {...{ id, title, description, interval, points, series, kind, width, language, active }}
          height={HEIGHT}
        />
        <input
          className="chart-reader"
          type="range"
          min={0}
          max={last}
          step={1}
          value={active ?? last}
          aria-label={title}
          aria-valuetext={`${when}. ${said.join(', ')}`}
          onChange={(event) => setChosen(Number(event.target.value))}
          onBlur={() => setChosen(undefined)}
        />
      </div>
      <p className="chart-said" aria-hidden="true">
        <span className="chart-when">{when}</span>
        {series.map(({ key, label, unit }, number) => (
          <span key={key} className="chart-value">
            <Swatch id={id} number={number} kind={kind} /> {label}{' '}
            <strong>{valueText(shown?.values[key], unit, language)}</strong>
          </span>
        ))}
      </p>
    </>
  );
}

function Swatch({
  id,
  number,
  kind,
}: {
  readonly id: string;
  readonly number: number;
  readonly kind: ChartKind;
}): ReactNode {
  return (
    <svg className="chart-swatch" viewBox="0 0 18 10" width="18" height="10" aria-hidden="true">
      <Patterns id={`${id}-swatch-${number}`} />
      {kind === 'bar' ? (
        <>
          <rect className={`chart-fill-${number % 5}`} width="18" height="10" rx="2" />
          {number > 0 && <rect fill={`url(#${id}-swatch-${number}-pattern-${number % 5})`} width="18" height="10" />}
        </>
      ) : (
        <path className={`chart-line chart-line-${number % 5}`} d="M0 5H18" />
      )}
    </svg>
  );
}

interface ChartTableProps extends Pick<TimeChartProps, 'title' | 'interval' | 'points' | 'series'> {
  readonly language: string;
}

function ChartTable({ title, interval, points, series, language }: ChartTableProps): ReactNode {
  const { chart } = useTexts();
  const columns: Column<TimePoint>[] = [
    { name: chart.time, cell: ({ at }) => pointTime(at, interval, language) },
    ...series.map(({ key, label, unit }) => ({
      name: label,
      cell: ({ values }: TimePoint) => valueText(values[key], unit, language),
      isNumber: true,
    })),
  ];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className="chart-table" tabIndex={0} aria-label={title}>
      <Table
        caption={title}
        columns={columns}
        rows={[...points].reverse()}
        rowKey={({ at }) => at}
        empty={chart.empty}
      />
    </section>
  );
}

/** The element's width in CSS pixels, as it changes. */
function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDTH);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.max(200, Math.round(entry.contentRect.width)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, width] as const;
}
