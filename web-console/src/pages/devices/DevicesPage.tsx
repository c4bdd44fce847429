// The table of devices: filters, order, pages and actions on many at once.
import { useQuery } from '@apollo/client/react';
import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDeviceMobileOff, IconPlus } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { fleetStore, useFleet } from '../../fleet/useFleet';
import { useMay } from '../../session/context';
import { BulkActions } from './BulkActions';
import { CreateDeviceDialog } from './create/CreateDeviceDialog';
import { DeviceFilters } from './DeviceFilters';
import { DeviceTable } from './DeviceTable';
import { DEVICES } from './query';
import { useTableAddress } from './useTableAddress';

const PAGE_SIZE = 50;

export function DevicesPage() {
  const { t } = useTranslation();
  const { address, change } = useTableAddress();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [creating, create] = useDisclosure();
  const mayCreate = useMay('device:create');
  const fleet = useFleet();

  const { search, states, tag, field, direction } = address;
  const variables = useMemo(
    () => ({
      first: PAGE_SIZE,
      filter: { search: search === '' ? null : search, states: states.length === 0 ? null : states, tags: tag === '' ? null : [tag] },
      orderBy: { field, direction },
    }),
    [search, states, tag, field, direction],
  );
  const { data, error, loading, refetch, fetchMore } = useQuery(DEVICES, { variables, notifyOnNetworkStatusChange: true });
  const devices = useMemo(() => data?.devices?.edges.map((edge) => edge.node) ?? [], [data]);

  // The stream tells of devices that came or went; the page of the table is asked for again then.
  const fleetSize = fleet.devices.length;
  useEffect(() => {
    if (fleet.ready) void refetch();
  }, [fleetSize, fleet.ready, refetch]);

  const chosen = useMemo(
    () => devices.filter((device) => selected.has(device.id)).map((device) => fleetStore.entry(device.id)?.device ?? device),
    [devices, selected],
  );
  const page = data?.devices;

  return (
    <>
      <PageHeader title={t('devices.title')} summary={page ? t('wall.count', { count: page.totalCount ?? devices.length }) : undefined}>
        {mayCreate && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={create.open}>
            {t('devices.create')}
          </Button>
        )}
      </PageHeader>
      <Group mb="sm" gap="xs">
        <DeviceFilters address={address} onChange={change} />
      </Group>
      {chosen.length > 0 && <BulkActions devices={chosen} onDone={() => setSelected(new Set())} />}
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!page && loading && <PageLoader />}
      {page && devices.length === 0 && <EmptyState icon={IconDeviceMobileOff} title={t('devices.empty')} hint={t('devices.emptyHint')} />}
      {page && devices.length > 0 && (
        <>
          <DeviceTable devices={devices} selected={selected} onSelect={setSelected} order={{ field, direction }} onOrder={change} />
          <LoadMore
            shown={devices.length}
            total={page.totalCount ?? null}
            hasMore={page.pageInfo.hasNextPage}
            loading={loading}
            onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })}
          />
        </>
      )}
      <CreateDeviceDialog opened={creating} onClose={create.close} />
    </>
  );
}
