// One device on the wall; repaints when its own entry changes and at no other time.
import { Avatar, Group, Text } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { StateBadge } from '../../components/StateBadge';
import { useInView } from '../../components/useInView';
import { DevicePowerButton } from '../../device-actions/DevicePowerButton';
import type { FleetDevice } from '../../fleet/subscription';
import { useFleetDevice } from '../../fleet/useFleet';
import { initials } from '../../format/size';
import { LiveMetrics } from './LiveMetrics';
import classes from './Wall.module.css';

export const DeviceCard = memo(function DeviceCard({ id }: { id: string }) {
  const device = useFleetDevice(id);
  const [ref, inView] = useInView<HTMLLIElement>();
  if (device === undefined) return null;
  return (
    <li ref={ref} className={classes.card} aria-label={device.name} data-device={device.id}>
      <Head device={device} />
      <LiveMetrics id={id} inView={inView} />
    </li>
  );
});

const Head = memo(function Head({ device }: { device: FleetDevice }) {
  const { t } = useTranslation();
  const ownerName = device.owner?.displayName;
  return (
    <>
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
    </>
  );
});
