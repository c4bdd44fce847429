// The device's measurements: the last minutes live, or a longer past.
import { useQuery } from '@apollo/client/react';
import { Group, Paper, SegmentedControl, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorState } from '../../components/ErrorState';
import { TimeChart, type ChartSeries } from '../../components/TimeChart';
import { TELEMETRY_HISTORY } from './operations';
import { columns, type Measure, type Point } from './points';
import { LIVE_WINDOW_MS } from './useLiveTelemetry';

const HOUR_MS = 3_600_000;
const RANGES = { live: LIVE_WINDOW_MS, hour: HOUR_MS, quarter: 6 * HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;
type Range = keyof typeof RANGES;
const NAMES = Object.keys(RANGES) as Range[];

const MAX_POINTS = 400;
const REFRESH_MS = 30_000;
/** A silence this much longer than the distance of two points is a gap, not a line. */
const GAP_FACTOR = 4;

interface TelemetryPanelProps {
  id: string;
  live: readonly Point[];
}

export function TelemetryPanel({ id, live }: TelemetryPanelProps) {
  const { t } = useTranslation();
  const [range, setRange] = useState<Range>('live');
  return (
    <>
      <Group justify="space-between" mb="xs">
        <Text component="h2" fw={600}>
          {t('telemetry.title')}
        </Text>
        <SegmentedControl
          size="xs"
          aria-label={t('telemetry.range')}
          value={range}
          onChange={(value) => setRange(NAMES.find((name) => name === value) ?? 'live')}
          data={NAMES.map((name) => ({ value: name, label: t(`telemetry.ranges.${name}`) }))}
        />
      </Group>
      {range === 'live' ? <Charts points={live} windowMs={LIVE_WINDOW_MS} gapMs={15_000} /> : <PastCharts key={range} id={id} windowMs={RANGES[range]} />}
    </>
  );
}

function PastCharts({ id, windowMs }: { id: string; windowMs: number }) {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  const { data, previousData, error, refetch } = useQuery(TELEMETRY_HISTORY, {
    variables: { id, from: new Date(now - windowMs).toISOString(), to: new Date(now).toISOString(), resolution: 'AUTO', maxPoints: MAX_POINTS },
    fetchPolicy: 'no-cache',
  });
  const points = (data ?? previousData)?.device?.telemetry;
  if (error && !points) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!points) return <Skeleton height={360} radius="md" />;
  const gapMs = Math.max(windowMs / MAX_POINTS, 60_000) * GAP_FACTOR;
  return <Charts points={points} windowMs={windowMs} gapMs={gapMs} until={now} />;
}

interface ChartsProps {
  points: readonly Point[];
  windowMs: number;
  gapMs: number;
  until?: number;
}

function Charts({ points, windowMs, gapMs, until }: ChartsProps) {
  const { t } = useTranslation();
  const last = points.at(-1);
  const end = (until ?? (last === undefined ? null : Date.parse(last.at))) ?? 0;
  const span = useMemo<[number, number]>(() => [(end - windowMs) / 1000, end / 1000], [end, windowMs]);
  if (last === undefined) {
    return (
      <Paper p="lg" ta="center" c="dimmed">
        {t('telemetry.empty')}
      </Paper>
    );
  }
  const shared = { points, gapMs, span };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="sm">
      <Chart {...shared} title={t('telemetry.load')} range={[0, 100]} lines={[['cpuPercent', 'indigo', t('metrics.cpu'), '%'], ['memoryPercent', 'grape', t('metrics.memory'), '%']]} />
      <Chart {...shared} title={t('telemetry.frames')} lines={[['framesPerSecond', 'teal', t('metrics.fps'), '']]} />
      <Chart {...shared} title={t('telemetry.power')} range={[0, 100]} lines={[['batteryPercent', 'orange', t('metrics.battery'), '%'], ['temperatureCelsius', 'red', t('metrics.temperature'), '°C']]} />
      <Chart {...shared} title={t('telemetry.network')} lines={[['networkRxKbps', 'cyan', t('metrics.received'), 'kbit/s'], ['networkTxKbps', 'violet', t('metrics.sent'), 'kbit/s']]} />
    </SimpleGrid>
  );
}

type Line = [measure: Measure, color: string, label: string, unit: string];

interface ChartProps {
  title: string;
  lines: Line[];
  points: readonly Point[];
  gapMs: number;
  span: [number, number];
  range?: [number, number];
}

function Chart({ title, lines, points, gapMs, span, range }: ChartProps) {
  const measures = lines.map(([measure]) => measure).join();
  const data = useMemo(() => columns(points, measures.split(',') as Measure[], gapMs), [points, measures, gapMs]);
  const series = lines.map(([, color, label, unit]): ChartSeries => ({ color, label, unit }));
  return (
    <Paper p="sm">
      <Text size="sm" fw={600} mb={4}>
        {title}
      </Text>
      <TimeChart label={title} series={series} columns={data} span={span} {...(range && { range })} />
    </Paper>
  );
}
