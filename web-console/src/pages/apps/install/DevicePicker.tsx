// Chooses devices by name.
import { useQuery } from '@apollo/client/react';
import { Checkbox, Group, ScrollArea, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorState } from '../../../components/ErrorState';
import { PageLoader } from '../../../components/PageLoader';
import { SearchField } from '../../../components/SearchField';
import { StateBadge } from '../../../components/StateBadge';
import { DEVICE_CHOICES } from './operations';

interface DevicePickerProps {
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
}

export function DevicePicker({ chosen, onChange }: DevicePickerProps) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const { data, previousData, error, refetch } = useQuery(DEVICE_CHOICES, { variables: { search: search === '' ? null : search } });
  const devices = (data ?? previousData)?.devices?.edges.map((edge) => edge.node);
  const all = devices !== undefined && devices.length > 0 && devices.every((device) => chosen.has(device.id));

  const set = (ids: string[], on: boolean) => {
    const next = new Set(chosen);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    onChange(next);
  };

  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SearchField label={t('devices.search')} value={search} onChange={setSearch} />
        {devices && devices.length > 0 && (
          <Checkbox label={t('install.all')} checked={all} onChange={(event) => set(devices.map((device) => device.id), event.currentTarget.checked)} />
        )}
      </Group>
      {error && !devices && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!devices && !error && <PageLoader />}
      {devices?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('devices.empty')}
        </Text>
      )}
      <ScrollArea.Autosize mah={320}>
        <Stack gap={6} role="group" aria-label={t('install.devices')}>
          {devices?.map((device) => (
            <Group key={device.id} justify="space-between" wrap="nowrap">
              <Checkbox label={device.name} checked={chosen.has(device.id)} onChange={(event) => set([device.id], event.currentTarget.checked)} />
              <StateBadge state={device.state} online={device.online} />
            </Group>
          ))}
        </Stack>
      </ScrollArea.Autosize>
    </Stack>
  );
}
