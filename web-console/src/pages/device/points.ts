// Measurements over time, as charts take them: one list of moments and one list per measurement.
export const MEASURES = [
  'cpuPercent',
  'memoryPercent',
  'batteryPercent',
  'temperatureCelsius',
  'networkRxKbps',
  'networkTxKbps',
  'framesPerSecond',
] as const;
export type Measure = (typeof MEASURES)[number];

export type Point = { at: string } & Partial<Record<Measure, number | null>>;

/** Joins older and newer points in order of time, without doubles, keeping only what is younger than the window. */
export function join(older: readonly Point[], newer: readonly Point[], windowMs: number): Point[] {
  const byMoment = new Map<number, Point>();
  for (const point of older) byMoment.set(Date.parse(point.at), point);
  for (const point of newer) byMoment.set(Date.parse(point.at), point);
  const sorted = [...byMoment].sort(([a], [b]) => a - b);
  const last = sorted.at(-1);
  if (last === undefined) return [];
  return sorted.filter(([moment]) => moment >= last[0] - windowMs).map(([, point]) => point);
}

/** The columns of a chart: seconds, then one series per measure. Silences longer than `gapMs` break the line. */
export function columns(points: readonly Point[], measures: readonly Measure[], gapMs: number): [number[], ...(number | null)[][]] {
  const moments: number[] = [];
  const series: (number | null)[][] = measures.map(() => []);
  let previous: number | null = null;
  for (const point of points) {
    const moment = Date.parse(point.at);
    if (previous !== null && moment - previous > gapMs) {
      moments.push((previous + 1) / 1000);
      for (const one of series) one.push(null);
    }
    moments.push(moment / 1000);
    measures.forEach((measure, index) => series[index]?.push(point[measure] ?? null));
    previous = moment;
  }
  return [moments, ...series];
}
