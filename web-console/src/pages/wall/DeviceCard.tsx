// One device on the wall; repaints when its own entry changes and at no other time.
import { Avatar, Group, Text } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { StateBadge } from '../../components/StateBadge';
import { DevicePowerButton } from '../../device-actions/DevicePowerButton';
import { useFleetEntry } from '../../fleet/useFleet';
import { initials } from '../../format/size';
import { AppRow } from './AppRow';
import { MetricCell } from './MetricCell';
import classes from './Wall.module.css';

export const DeviceCard = memo(function DeviceCard({ id }: { id: string }) {
  const { t } = useTranslation();
  const entry = useFleetEntry(id);
  if (entry === undefined) return null;
  const { device, history } = entry;
  const quiet = device.state !== 'RUNNING' || !device.online;
  const sample = device.latestTelemetry;
  const ownerName = device.owner?.displayName;

  return (
    <li className={classes.card} aria-label={device.name} data-device={device.id}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Link to={`/devices/${device.id}`} className={classes.name}>
          {device.name}
        </Link>
        <Group gap={6} wrap="nowrap">
          <StateBadge state={device.state} reason={device.stateReason ?? null} online={device.online} />
          <DevicePowerButton device={device} />
        </Group>
      </Group>
      <Group gap={6} wrap="nowrap" c="dimmed" miw={0}>
        {ownerName !== undefined && (
          <>
            <Avatar size={18} radius="xl" color="ink" aria-hidden>
              <span className={classes.initials}>{initials(ownerName)}</span>
            </Avatar>
            <Text size="xs" truncate aria-label={t('wall.owner', { name: ownerName })} data-part="owner">
              {ownerName}
            </Text>
          </>
        )}
        <Text size="xs" ml="auto" style={{ whiteSpace: 'nowrap' }}>
          Android {device.specification.androidVersion}
        </Text>
      </Group>
      <div className={classes.metrics} data-quiet={quiet || undefined}>
        <MetricCell name="cpu" value={sample?.cpuPercent} series={history.cpuPercent} max={100} color="var(--mantine-color-indigo-5)" />
        <MetricCell name="memory" value={sample?.memoryPercent} series={history.memoryPercent} max={100} color="var(--mantine-color-grape-5)" />
        <MetricCell name="fps" value={sample?.framesPerSecond} series={history.framesPerSecond} max={60} color="var(--mantine-color-teal-6)" />
        <MetricCell name="battery" value={sample?.batteryPercent} series={history.batteryPercent} max={100} color="var(--mantine-color-orange-5)" charging={sample?.batteryCharging ?? false} />
      </div>
      <AppRow apps={device.installedApps} foreground={quiet ? null : (sample?.foregroundApp ?? null)} />
    </li>
  );
});
