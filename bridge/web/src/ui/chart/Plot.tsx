import type { ReactNode } from 'react';
import { axisTime, tickText } from './format.ts';
import { drawn, highest, labelled, linePath, valueTicks } from './scale.ts';
import type { ChartKind, Series, TimePoint } from './types.ts';

export interface PlotProps {
  /** Also the ids of what it refers to begin with it. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly interval: number;
  readonly points: readonly TimePoint[];
  readonly series: readonly Series[];
  readonly kind: ChartKind;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly language: string;
  /** The point whose values are shown. */
  readonly active: number | undefined;
}

const TOP = 10;
const BOTTOM = 24;
const RIGHT = 10;
const LABEL_WIDTH = 64;
const DIGIT_WIDTH = 7;

/** Axes and values as SVG; one unit is one pixel, so that texts keep their size. */
export function Plot(props: PlotProps): ReactNode {
  const { id, title, description, interval, points, series, kind, width, height, language, active } = props;
  const isWhole = points.every(({ values }) => series.every(({ key }) => Number.isInteger(values[key] ?? 0)));
  const ticks = valueTicks(highest(points, series, kind), { isWhole });
  const tickLabels = ticks.map((tick) => tickText(tick, language));
  const left = Math.max(...tickLabels.map(({ length }) => length)) * DIGIT_WIDTH + 12;
  const band = (width - left - RIGHT) / Math.max(1, points.length);
  const top = ticks.at(-1) ?? 1;
  const x = (i: number) => left + band * (i + 0.5);
  const y = (value: number) => TOP + (height - TOP - BOTTOM) * (1 - value / top);
  return (
    <svg
      className="chart-plot"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-labelledby={`${id}-title ${id}-desc`}
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-desc`}>{description}</desc>
      <Patterns id={id} />
      {ticks.map((tick, i) => (
        <g key={tick}>
          <line className="chart-grid" x1={left} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
          <text className="chart-text" x={left - 6} y={y(tick) + 4} textAnchor="end">
            {tickLabels[i]}
          </text>
        </g>
      ))}
      {labelled(points.length, band, LABEL_WIDTH).map((i) => (
        <text
          key={points[i]?.at}
          className="chart-text"
          x={Math.min(Math.max(x(i), left + LABEL_WIDTH / 2.3), width - LABEL_WIDTH / 2.3)}
          y={height - 6}
          textAnchor="middle"
        >
          {axisTime(points[i]?.at ?? 0, interval, language)}
        </text>
      ))}
      {active !== undefined && (
        <rect className="chart-active" x={left + band * active} width={band} y={TOP} height={height - TOP - BOTTOM} />
      )}
      {kind === 'bar' ? (
        <Bars id={id} points={points} series={series} x={x} y={y} band={band} />
      ) : (
        <Lines points={points} series={series} x={x} y={y} />
      )}
    </svg>
  );
}

interface MarksProps {
  readonly points: readonly TimePoint[];
  readonly series: readonly Series[];
  readonly x: (i: number) => number;
  readonly y: (value: number) => number;
}

function Bars({
  id,
  points,
  series,
  x,
  y,
  band,
}: MarksProps & { readonly id: string; readonly band: number }): ReactNode {
  const wide = Math.max(1, Math.min(band * 0.72, 36));
  return points.map((point, i) => {
    let below = 0;
    return series.map(({ key }, number) => {
      const value = drawn(point.values[key]) ?? 0;
      const from = below;
      below += value;
      if (value === 0) return null;
      const box = { x: x(i) - wide / 2, y: y(below), width: wide, height: Math.max(1, y(from) - y(below)) };
      return (
        <g key={`${point.at} ${key}`}>
          <rect className={`chart-fill-${number % 5}`} {...box} />
          {number > 0 && <rect fill={`url(#${id}-pattern-${number % 5})`} {...box} />}
        </g>
      );
    });
  });
}

function Lines({ points, series, x, y }: MarksProps): ReactNode {
  return series.map(({ key }, number) => {
    const values = points.map((point) => point.values[key]);
    return (
      <g key={key}>
        <path className={`chart-line chart-line-${number % 5}`} d={linePath(values, x, y)} />
        {values.map((value, i) => {
          const shown = drawn(value);
          // a point with gaps on both sides would not be seen as a line
          const isAlone = values[i - 1] === undefined && values[i + 1] === undefined;
          return shown !== undefined && (isAlone || points.length <= 24) ? (
            <circle
              key={points[i]?.at}
              className={`chart-fill-${number % 5}`}
              cx={x(i)}
              cy={y(shown)}
              r={isAlone ? 3 : 2}
            />
          ) : null;
        })}
      </g>
    );
  });
}

/** What tells series apart without colours. */
export function Patterns({ id }: { readonly id: string }): ReactNode {
  return (
    <defs>
      <pattern id={`${id}-pattern-1`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect className="chart-hatch" width="2" height="6" />
      </pattern>
      <pattern id={`${id}-pattern-2`} width="5" height="5" patternUnits="userSpaceOnUse">
        <circle className="chart-hatch" cx="2.5" cy="2.5" r="1.2" />
      </pattern>
      <pattern id={`${id}-pattern-3`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <rect className="chart-hatch" width="2" height="6" />
      </pattern>
      <pattern id={`${id}-pattern-4`} width="6" height="6" patternUnits="userSpaceOnUse">
        <rect className="chart-hatch" width="6" height="2" />
      </pattern>
    </defs>
  );
}
