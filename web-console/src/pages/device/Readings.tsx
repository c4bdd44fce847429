// The latest measurements in figures.
import { Paper, SimpleGrid, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { decimal } from '../../format/size';
import type { PageDevice, Telemetry } from './operations';

/** The last word of a package's name, which mostly is the app's. */
const shortName = (packageName: string) => packageName.split('.').at(-1) ?? packageName;

interface ReadingsProps {
  sample: Telemetry | null;
  specification: PageDevice['specification'];
}

export function Readings({ sample, specification }: ReadingsProps) {
  const { t } = useTranslation();
  const value = (number: number | null | undefined, unit: string, digits = 0) => (number == null ? t('common.none') : `${decimal(number, digits)}${unit}`);
  const app = sample?.foregroundApp ?? null;
  const place = sample?.latitude == null || sample.longitude == null ? null : { latitude: sample.latitude, longitude: sample.longitude };
  const readings: [label: string, value: string, detail?: string][] = [
    [t('metrics.cpu'), value(sample?.cpuPercent, '%')],
    [t('metrics.memory'), value(sample?.memoryPercent, '%'), sample?.memoryUsedMb == null ? undefined : t('metrics.usedOf', { used: decimal(sample.memoryUsedMb / 1024, 1), total: `${decimal(specification.memoryMb / 1024, 1)} GB` })],
    [t('metrics.storage'), value(sample?.storageUsedMb == null ? null : sample.storageUsedMb / 1024, ' GB', 1), t('metrics.of', { total: `${decimal(specification.storageGb)} GB` })],
    [t('metrics.battery'), value(sample?.batteryPercent, '%'), sample?.batteryCharging === true ? t('metrics.charging') : undefined],
    [t('metrics.temperature'), value(sample?.temperatureCelsius, ' °C', 1)],
    [t('metrics.fps'), value(sample?.framesPerSecond, '')],
    [t('metrics.foreground'), app === null ? t('common.none') : shortName(app), app ?? undefined],
    [t('metrics.location'), place === null ? t('common.none') : `${place.latitude.toFixed(1)}, ${place.longitude.toFixed(1)}`, place === null ? undefined : `${place.latitude.toFixed(4)}, ${place.longitude.toFixed(4)}`],
  ];
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 4, lg: 8 }} spacing="xs" m={0}>
      {readings.map(([label, text, detail]) => (
        <Paper key={label} p="xs" miw={0}>
          <Text component="dt" size="xs" c="dimmed">
            {label}
          </Text>
          <Text component="dd" m={0} fw={600} truncate style={{ fontVariantNumeric: 'tabular-nums' }} title={text}>
            {text}
          </Text>
          {detail !== undefined && (
            <Text component="dd" m={0} size="xs" c="dimmed" truncate title={detail}>
              {detail}
            </Text>
          )}
        </Paper>
      ))}
    </SimpleGrid>
  );
}
