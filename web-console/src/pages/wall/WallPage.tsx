// The wall: every device with its charts moving, owner and apps, fed by one subscription.
import { Button, SimpleGrid, Skeleton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDeviceMobileOff, IconFilterOff, IconPlus } from '@tabler/icons-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { PageHeader } from '../../components/PageHeader';
import { SearchField } from '../../components/SearchField';
import { useFleet } from '../../fleet/useFleet';
import { useMay } from '../../session/context';
import { CreateDeviceDialog } from '../devices/create/CreateDeviceDialog';
import { DeviceCard } from './DeviceCard';
import { matches, NO_FILTER, type WallFilter } from './filter';
import { StateSummary } from './StateSummary';
import { TagFilter } from './TagFilter';

export function WallPage() {
  const { t } = useTranslation();
  const { devices, ready, error } = useFleet();
  const [filter, setFilter] = useState<WallFilter>(NO_FILTER);
  const [creating, create] = useDisclosure();
  const mayCreate = useMay('device:create');

  const settled = useDeferredValue(filter);
  const shown = useMemo(
    () => devices.filter((device) => matches(settled, device)).sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true })),
    [devices, settled],
  );

  const newDevice = mayCreate && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create.open}>
      {t('devices.create')}
    </Button>
  );

  return (
    <>
      <PageHeader title={t('wall.title')} summary={<StateSummary devices={devices} filter={filter} onChange={setFilter} />}>
        <TagFilter devices={devices} filter={filter} onChange={setFilter} />
        <SearchField label={t('wall.search')} value={filter.search} onChange={(search) => setFilter((before) => ({ ...before, search }))} />
        {newDevice}
      </PageHeader>

      {error && <ErrorState error={error} onRetry={() => location.reload()} />}
      {!ready && !error && <WallSkeleton />}
      {ready && devices.length === 0 && (
        <EmptyState icon={IconDeviceMobileOff} title={t('wall.empty')} hint={t('wall.emptyHint')}>
          {newDevice}
        </EmptyState>
      )}
      {ready && devices.length > 0 && shown.length === 0 && (
        <EmptyState icon={IconFilterOff} title={t('wall.noMatch')}>
          <Button variant="default" onClick={() => setFilter(NO_FILTER)}>
            {t('wall.clearFilter')}
          </Button>
        </EmptyState>
      )}
      <SimpleGrid component="ul" aria-label={t('wall.title')} type="container" cols={{ base: 1, '560px': 2, '860px': 3, '1180px': 4, '1560px': 5 }} spacing="sm" p={0} m={0} style={{ listStyle: 'none' }}>
        {shown.map((device) => (
          <DeviceCard key={device.id} id={device.id} />
        ))}
      </SimpleGrid>
      <CreateDeviceDialog opened={creating} onClose={create.close} />
    </>
  );
}

function WallSkeleton() {
  const { t } = useTranslation();
  return (
    <SimpleGrid role="status" aria-label={t('common.loading')} type="container" cols={{ base: 1, '560px': 2, '860px': 3, '1180px': 4 }} spacing="sm">
      {Array.from({ length: 12 }, (_, index) => (
        <Skeleton key={index} height={216} radius="md" />
      ))}
    </SimpleGrid>
  );
}
