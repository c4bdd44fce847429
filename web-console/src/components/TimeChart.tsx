// A chart over time that repaints cheaply as points arrive.
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import i18n from '../locales';
import classes from './TimeChart.module.css';

export interface ChartSeries {
  label: string;
  /** A colour of the theme, such as `indigo`. */
  color: string;
  unit: string;
}

interface TimeChartProps {
  label: string;
  series: readonly ChartSeries[];
  columns: [number[], ...(number | null)[][]];
  /** The range of the vertical axis; follows the data when left out. */
  range?: [number, number];
  /** The range of time shown, in seconds. */
  span: [number, number];
}

const HEIGHT = 168;

export function TimeChart({ label, series, columns, range, span }: TimeChartProps) {
  const { ref: sizeRef, width } = useElementSize<HTMLDivElement>();
  const chart = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme('light');
  const shape = JSON.stringify([series, range ?? null]);
  const host = useRef<HTMLDivElement>(null);
  const latest = useRef({ columns, span });

  useEffect(() => {
    latest.current = { columns, span };
    const plot = chart.current;
    if (plot === null) return;
    plot.batch(() => {
      plot.setData(columns, false);
      plot.setScale('x', { min: span[0], max: span[1] });
    });
    showLatest(plot);
  }, [columns, span]);

  useEffect(() => {
    if (host.current === null || width === 0) return;
    const [lines, limits] = JSON.parse(shape) as [ChartSeries[], [number, number] | null];
    const style = getComputedStyle(document.documentElement);
    const ink = style.getPropertyValue('--mantine-color-dimmed').trim();
    const grid = style.getPropertyValue('--hairline').trim();
    const colors = lines.map(({ color }) => style.getPropertyValue(`--mantine-color-${color}-5`).trim());
    const axis: uPlot.Axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { show: false }, font: `11px ${style.getPropertyValue('--mantine-font-family')}` };
    const plot = new uPlot(
      {
        width,
        height: HEIGHT,
        cursor: { points: { size: 6 }, y: false },
        legend: { live: true, markers: { width: 0, fill: (_, index) => colors[index - 1] ?? 'transparent' } },
        hooks: { setCursor: [showLatest] },
        scales: { x: { time: true, auto: false }, y: limits === null ? { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } : { range: limits } },
        axes: [{ ...axis, space: 70, size: 30, values: (_, splits) => splits.map((second) => timeLabel(second, latest.current.span)) }, { ...axis, size: 46 }],
        series: [
          { label: '', value: (_, second: number | null) => (second === null ? '' : timeLabel(second, latest.current.span)) },
          ...lines.map(({ label: name, unit }, index) => ({
            label: name,
            stroke: colors[index] ?? '',
            fill: lines.length === 1 ? `${colors[index] ?? ''}22` : '',
            width: 1.5,
            points: { show: false },
            value: (_: uPlot, value: number | null) => (value == null ? '' : `${value.toFixed(1)} ${unit}`),
          })),
        ],
      },
      latest.current.columns,
      host.current,
    );
    plot.setScale('x', { min: latest.current.span[0], max: latest.current.span[1] });
    showLatest(plot);
    chart.current = plot;
    return () => {
      plot.destroy();
      chart.current = null;
    };
  }, [shape, width, scheme]);

  return (
    <div ref={sizeRef} className={classes.chart} role="img" aria-label={label} data-points={columns[0].length}>
      <div ref={host} style={{ minHeight: HEIGHT }} />
    </div>
  );
}

/** While nobody points at the chart, its legend tells the newest values. */
function showLatest(plot: uPlot): void {
  if (plot.cursor.idx == null) plot.setLegend({ idx: plot.data[0].length - 1 }, false);
}

const DAY = 86_400;

function timeLabel(second: number, [from, to]: [number, number]): string {
  const options: Intl.DateTimeFormatOptions =
    to - from > 2 * DAY
      ? { month: 'short', day: 'numeric', hour: '2-digit' }
      : to - from > 1_200
        ? { hour: '2-digit', minute: '2-digit' }
        : { hour: '2-digit', minute: '2-digit', second: '2-digit' };
  return new Intl.DateTimeFormat(i18n.language, { ...options, hour12: false }).format(second * 1000);
}
