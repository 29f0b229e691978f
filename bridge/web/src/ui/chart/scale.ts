/** Where things stand in a chart. Pure. */
import type { ChartKind, Series, TimePoint } from './types.ts';

/** Round steps that people count in. */
const STEPS = [1, 2, 5, 10] as const;

/**
 * From 0 to the first round number that is not below `max`, about `wanted` steps.
 * @param isWhole no ticks between whole numbers, as for things that are counted
 */
export function valueTicks(max: number, { wanted = 3, isWhole = false } = {}): number[] {
  if (!(max > 0) || !Number.isFinite(max)) return [0, 1];
  const rough = max / wanted;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const round = (STEPS.find((factor) => factor * unit >= rough * (1 - 1e-9)) ?? 10) * unit;
  const step = isWhole ? Math.max(1, Math.round(round)) : round;
  const count = Math.max(1, Math.ceil(max / step - 1e-9));
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

/** Which of `count` points have their time written: the last one, and those before it at equal distances with room for a label. */
export function labelled(count: number, bandWidth: number, labelWidth: number): number[] {
  if (count <= 0 || !(bandWidth > 0)) return [];
  const every = Math.max(1, Math.ceil(labelWidth / bandWidth));
  const chosen: number[] = [];
  for (let i = count - 1; i >= 0; i -= every) chosen.unshift(i);
  return chosen;
}

/** The highest that is drawn: stacked bars add up, lines do not. What is not a number, or negative, counts as nothing. */
export function highest(points: readonly TimePoint[], series: readonly Series[], kind: ChartKind): number {
  return points.reduce((max, point) => {
    const values = series.map(({ key }) => drawn(point.values[key]) ?? 0);
    return Math.max(max, kind === 'bar' ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values));
  }, 0);
}

/** A value as it is drawn; undefined: there is none. */
export function drawn(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? Math.max(0, value) : undefined;
}

/** Points at every interval from the first to the last, at most `most` of them: intervals in which nothing was are 0. */
export function withoutGaps(points: readonly TimePoint[], interval: number, most = 400): TimePoint[] {
  const sorted = [...points].sort((x, y) => x.at - y.at);
  const last = sorted.at(-1);
  if (last === undefined || !(interval > 0)) return sorted;
  const byTime = new Map(sorted.map((point) => [point.at, point]));
  const keys = new Set(sorted.flatMap((point) => Object.keys(point.values)));
  const nothing = Object.fromEntries([...keys].map((key) => [key, 0]));
  const first = Math.max(sorted[0]?.at ?? last.at, last.at - interval * (most - 1));
  const filled: TimePoint[] = [];
  for (let at = last.at; at >= first; at -= interval) filled.unshift(byTime.get(at) ?? { at, values: nothing });
  return filled;
}

/** Pieces of a line between gaps: `M x y L x y …`. */
export function linePath(
  values: readonly (number | undefined)[],
  x: (i: number) => number,
  y: (value: number) => number,
) {
  let isDown = false;
  return values
    .map((value, i) => {
      const shown = drawn(value);
      if (shown === undefined) {
        isDown = false;
        return '';
      }
      const step = `${isDown ? 'L' : 'M'}${x(i).toFixed(1)} ${y(shown).toFixed(1)}`;
      isDown = true;
      return step;
    })
    .join('');
}
