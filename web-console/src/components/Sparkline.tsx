// A tiny line that moves: drawn on a canvas, because hundreds of them change each second.
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { HISTORY_LENGTH, type Series } from '../fleet/history';

interface SparklineProps {
  label: string;
  series: Series;
  /** The value at the top edge. */
  max: number;
  /** A colour of the theme, such as `indigo`. */
  color: string;
  width: number;
  height: number;
}

/** A young line is drawn as wide as this many samples, so that it soon fills its place. */
const SHORTEST = 20;

export function Sparkline({ label, series, max, color, width, height }: SparklineProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme('light');
  const ratio = Math.min(devicePixelRatio, 2);

  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, series, { width, height, max, color: themeColor(color, scheme) });
  }, [series, max, width, height, ratio, color, scheme]);

  return (
    <canvas
      ref={ref}
      role="img"
      aria-label={label}
      data-samples={series.length}
      width={Math.round(width * ratio)}
      height={Math.round(height * ratio)}
      // Drawn at the width of its place at most; wider places stretch it rather than make each card measure itself.
      style={{ display: 'block', width: '100%', height }}
    />
  );
}

const colors = new Map<string, string>();

/** Asking the document for a colour makes it compute styles, so each one is asked for once per scheme. */
function themeColor(color: string, scheme: string): string {
  const key = `${color} ${scheme}`;
  let value = colors.get(key);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--mantine-color-${color}-5`).trim();
    colors.set(key, value);
  }
  return value;
}

interface Area {
  width: number;
  height: number;
  max: number;
  color: string;
}

function draw(context: CanvasRenderingContext2D, series: Series, { width, height, max, color }: Area): void {
  const step = width / (Math.min(HISTORY_LENGTH, Math.max(series.length, SHORTEST)) - 1);
  const start = width - (series.length - 1) * step;
  const points: [number, number][] = [];
  series.forEach((value, index) => {
    if (value !== null) points.push([start + index * step, height - 1.5 - (Math.min(value, max) / max) * (height - 3)]);
  });
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return;

  context.beginPath();
  context.moveTo(...first);
  for (const point of points.slice(1)) context.lineTo(...point);
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.strokeStyle = color;
  context.stroke();

  context.lineTo(last[0], height);
  context.lineTo(first[0], height);
  context.closePath();
  context.globalAlpha = 0.09;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = 1;
}
