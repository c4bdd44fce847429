// The apps on a device, and those on their way to it.
import { useMutation, useQuery } from '@apollo/client/react';
import { Button, Group, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconApps, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { summarise } from '../../client/userErrors';
import { AppIcon } from '../../components/AppIcon';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Moment } from '../../components/Moment';
import { notifyFailure } from '../../components/notify';
import { PageLoader } from '../../components/PageLoader';
import { graphql } from '../../graphql/generated';
import { useMay } from '../../session/context';
import { AppPickerDialog } from '../apps/install/AppPickerDialog';
import { InstallationList } from '../apps/install/InstallationList';
import { UNINSTALL } from '../apps/install/operations';

const INSTALLED_APPS = graphql(`
  query InstalledApps($id: ID!) {
    device(id: $id) {
      id
      installedApps {
        packageName
        label
        versionName
        versionCode
        installedAt
        application {
          id
          iconUrl
        }
      }
    }
  }
`);

export function DeviceAppsTab({ device }: { device: { id: string; name: string } }) {
  const { t } = useTranslation();
  const mayInstall = useMay('app:install');
  const [picking, pick] = useDisclosure();
  const { data, error, refetch } = useQuery(INSTALLED_APPS, { variables: { id: device.id } });
  const [uninstall, { loading }] = useMutation(UNINSTALL, { refetchQueries: ['Installations'] });
  const apps = data?.device?.installedApps;

  const remove = async (packageName: string) => {
    try {
      const answer = await uninstall({ variables: { deviceId: device.id, packageName } });
      const errors = answer.data.uninstallApplication.userErrors;
      if (errors.length > 0) notifyFailure(t('install.removeFailed'), summarise(errors));
    } catch (cause) {
      notifyFailure(t('install.removeFailed'), cause);
    }
  };

  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl">
      <Stack gap="xs">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {t('device.installed')}
          </Title>
          {mayInstall && (
            <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={pick.open}>
              {t('device.install')}
            </Button>
          )}
        </Group>
        {error && !apps && <ErrorState error={error} onRetry={() => void refetch()} />}
        {!apps && !error && <PageLoader />}
        {apps?.length === 0 && <EmptyState icon={IconApps} title={t('device.noApps')} />}
        {apps && apps.length > 0 && (
          <Table aria-label={t('device.installed')}>
            <Table.Tbody>
              {apps.map((app) => (
                <Table.Tr key={app.packageName} data-package={app.packageName}>
                  <Table.Td>
                    <Group gap="sm" wrap="nowrap">
                      <AppIcon label={app.label} iconUrl={app.application?.iconUrl ?? null} size={32} />
                      <div>
                        <Text size="sm" fw={600}>
                          {app.label} {app.versionName}
                        </Text>
                        <Text size="xs" c="dimmed">
                          {app.packageName} · <Moment at={app.installedAt} />
                        </Text>
                      </div>
                    </Group>
                  </Table.Td>
                  <Table.Td ta="right">
                    {mayInstall && (
                      <Button size="compact-xs" variant="subtle" color="red" disabled={loading} onClick={() => void remove(app.packageName)}>
                        {t('device.uninstall')}
                      </Button>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </Stack>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {t('device.installations')}
        </Title>
        <InstallationList deviceId={device.id} onSettled={() => void refetch()} />
      </Stack>
      <AppPickerDialog device={device} opened={picking} onClose={pick.close} />
    </SimpleGrid>
  );
}
