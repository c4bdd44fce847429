// The last minute or so of one device's measurements, for its sparklines.
import type { Sample } from './subscription';

export const METRICS = ['cpuPercent', 'memoryPercent', 'framesPerSecond', 'batteryPercent'] as const;
export type Metric = (typeof METRICS)[number];

export const HISTORY_LENGTH = 60;

export type Series = readonly (number | null)[];
export type History = Readonly<Record<Metric, Series>>;

export const EMPTY_HISTORY: History = { cpuPercent: [], memoryPercent: [], framesPerSecond: [], batteryPercent: [] };

/** The history with one more sample; a new object, so that a chart can tell by identity. */
export function extend(history: History, sample: Sample): History {
  const next = {} as Record<Metric, Series>;
  for (const metric of METRICS) {
    next[metric] = [...history[metric].slice(-(HISTORY_LENGTH - 1)), sample[metric] ?? null];
  }
  return next;
}
