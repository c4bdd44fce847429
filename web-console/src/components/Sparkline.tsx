// A tiny line that moves: drawn on a canvas, because hundreds of them change each second.
import { useEffect, useRef } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import { HISTORY_LENGTH, type Series } from '../fleet/history';

interface SparklineProps {
  label: string;
  series: Series;
  /** The value at the top edge; grows with the data when left out. */
  max?: number;
  color: string;
  height?: number;
}

export function Sparkline({ label, series, max, color, height = 28 }: SparklineProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const ratio = Math.min(devicePixelRatio, 2);
    const width = canvas.clientWidth;
    if (width === 0) return;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    draw(context, series, { width, height, max: max ?? Math.max(1, ...series.map((value) => value ?? 0)), color: getComputedStyle(canvas).color });
  }, [series, max, height, color, scheme]);

  return (
    <canvas
      ref={ref}
      role="img"
      aria-label={label}
      data-samples={series.length}
      style={{ display: 'block', width: '100%', height, color }}
    />
  );
}

interface Area {
  width: number;
  height: number;
  max: number;
  color: string;
}

function draw(context: CanvasRenderingContext2D, series: Series, { width, height, max, color }: Area): void {
  const step = width / (HISTORY_LENGTH - 1);
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
  context.globalAlpha = 0.12;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = 1;
}
