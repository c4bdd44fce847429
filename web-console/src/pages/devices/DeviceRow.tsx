// One device in the table: what the stream last told, else what the page was loaded with.
import { Anchor, Badge, Checkbox, Group, Table, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Moment } from '../../components/Moment';
import { Sparkline } from '../../components/Sparkline';
import { StateBadge } from '../../components/StateBadge';
import { DevicePowerButton } from '../../device-actions/DevicePowerButton';
import { useFleetEntry } from '../../fleet/useFleet';
import { decimal } from '../../format/size';
import classes from './Devices.module.css';
import type { DeviceRowData } from './query';

interface DeviceRowProps {
  device: DeviceRowData;
  selected: boolean;
  onToggle: (id: string) => void;
}

export function DeviceRow({ device: loaded, selected, onToggle }: DeviceRowProps) {
  const { t } = useTranslation();
  const entry = useFleetEntry(loaded.id);
  const device = entry?.device ?? loaded;
  const sample = entry?.sample;
  const percent = (value: number | null | undefined) => (value == null ? t('common.none') : `${decimal(value)}%`);

  return (
    <Table.Tr bg={selected ? 'var(--mantine-primary-color-light)' : undefined} data-device={device.id}>
      <Table.Td>
        <Checkbox aria-label={t('devices.select', { name: device.name })} checked={selected} onChange={() => onToggle(device.id)} />
      </Table.Td>
      <Table.Td>
        <Anchor component={Link} to={`/devices/${device.id}`} fw={600} c="inherit">
          {device.name}
        </Anchor>
        <Text size="xs" c="dimmed">
          Android {device.specification.androidVersion} · {device.specification.cpuCores} × CPU · {decimal(device.specification.memoryMb / 1024, 1)} GB
        </Text>
      </Table.Td>
      <Table.Td>
        <StateBadge state={device.state} reason={device.stateReason ?? null} online={device.online} />
      </Table.Td>
      <Table.Td>{device.owner?.displayName ?? t('common.none')}</Table.Td>
      <Table.Td className={classes.measure}>
        <Group gap={8} wrap="nowrap">
          <span className={classes.number}>{percent(sample?.cpuPercent)}</span>
          <span className={classes.spark}>
            <Sparkline label={t('metrics.chart', { name: t('metrics.cpu') })} series={entry?.history.cpuPercent ?? []} max={100} color="indigo" width={90} height={22} />
          </span>
        </Group>
      </Table.Td>
      <Table.Td className={classes.number}>{percent(sample?.memoryPercent)}</Table.Td>
      <Table.Td className={classes.number}>{percent(sample?.batteryPercent)}</Table.Td>
      <Table.Td>
        <Group gap={4}>
          {device.tags.map((tag) => (
            <Badge key={tag} variant="default" tt="none" fw={500}>
              {tag}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          <Moment at={device.createdAt} />
        </Text>
      </Table.Td>
      <Table.Td>
        <DevicePowerButton device={device} />
      </Table.Td>
    </Table.Tr>
  );
}
