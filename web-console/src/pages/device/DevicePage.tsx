// One device: how it does now, what it did, what is on it, and what can be told to it.
import { useQuery } from '@apollo/client/react';
import { Anchor, Group, SimpleGrid, Stack, Tabs } from '@mantine/core';
import { IconArrowLeft, IconDeviceMobileOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useParams } from 'react-router';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { StateBadge } from '../../components/StateBadge';
import { useMay } from '../../session/context';
import { CommandsTab } from './CommandsTab';
import { DeviceActions } from './DeviceActions';
import { DeviceAppsTab } from './DeviceAppsTab';
import { DEVICE_PAGE, type PageDevice } from './operations';
import { Readings } from './Readings';
import { SpecificationTab } from './SpecificationTab';
import { TelemetryPanel } from './TelemetryPanel';
import { TransitionsTab } from './TransitionsTab';
import { useDeviceChanges } from './useDeviceChanges';
import { useLiveTelemetry } from './useLiveTelemetry';

export function DevicePage() {
  const { t } = useTranslation();
  const { deviceId = '' } = useParams();
  const { data, error, refetch } = useQuery(DEVICE_PAGE, { variables: { id: deviceId } });
  const device = data?.device;

  if (device) return <Device key={device.id} device={device} reload={() => void refetch()} />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (data) {
    return (
      <EmptyState icon={IconDeviceMobileOff} title={t('device.gone')} hint={t('device.goneHint')}>
        <Anchor component={Link} to="/devices">
          {t('device.all')}
        </Anchor>
      </EmptyState>
    );
  }
  return <PageLoader />;
}

function Device({ device, reload }: { device: PageDevice; reload: () => void }) {
  const { t } = useTranslation();
  const { points, latest } = useLiveTelemetry(device.id);
  const [changes, setChanges] = useState(0);
  const mayReadApps = useMay('app:read');
  useDeviceChanges(device.id, () => {
    setChanges((count) => count + 1);
    reload();
  });

  return (
    <Stack gap="md">
      <div>
        <Anchor component={Link} to="/devices" size="sm" c="dimmed">
          <IconArrowLeft size={14} aria-hidden /> {t('device.all')}
        </Anchor>
        <PageHeader
          title={device.name}
          summary={
            <Group gap="xs" mt={4}>
              <StateBadge state={device.state} reason={device.stateReason ?? null} online={device.online} />
              {device.owner && <span>{t('wall.owner', { name: device.owner.displayName })}</span>}
              {device.template && <span>· {device.template.name}</span>}
            </Group>
          }
        >
          <DeviceActions device={device} />
        </PageHeader>
        <Readings sample={latest ?? device.latestTelemetry ?? null} specification={device.specification} />
      </div>
      <section aria-label={t('telemetry.title')}>
        <TelemetryPanel id={device.id} live={points} />
      </section>
      <Tabs defaultValue={mayReadApps ? 'apps' : 'history'} keepMounted={false}>
        <Tabs.List>
          {mayReadApps && <Tabs.Tab value="apps">{t('device.apps')}</Tabs.Tab>}
          <Tabs.Tab value="history">{t('device.history')}</Tabs.Tab>
          <Tabs.Tab value="commands">{t('device.commands')}</Tabs.Tab>
          <Tabs.Tab value="specification">{t('device.specification')}</Tabs.Tab>
        </Tabs.List>
        <SimpleGrid cols={1} pt="md">
          <Tabs.Panel value="apps">
            <DeviceAppsTab device={device} />
          </Tabs.Panel>
          <Tabs.Panel value="history">
            <TransitionsTab id={device.id} changes={changes} />
          </Tabs.Panel>
          <Tabs.Panel value="commands">
            <CommandsTab id={device.id} changes={changes} />
          </Tabs.Panel>
          <Tabs.Panel value="specification">
            <SpecificationTab device={device} />
          </Tabs.Panel>
        </SimpleGrid>
      </Tabs>
    </Stack>
  );
}
