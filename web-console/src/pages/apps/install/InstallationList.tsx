// Installations of one app or on one device, moving live.
import { useMutation, useQuery } from '@apollo/client/react';
import { Anchor, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { summarise } from '../../../client/userErrors';
import { ErrorState } from '../../../components/ErrorState';
import { LoadMore } from '../../../components/LoadMore';
import { Moment } from '../../../components/Moment';
import { notifyFailure } from '../../../components/notify';
import { PageLoader } from '../../../components/PageLoader';
import { useMay } from '../../../session/context';
import { InstallationStatus } from './InstallationStatus';
import { INSTALLATIONS, RETRY, type InstallationRow } from './operations';
import { useInstallationProgress } from './useInstallationProgress';

interface InstallationListProps {
  applicationId?: string;
  deviceId?: string;
  /** Shows only these, as right after they were asked for. */
  only?: readonly string[];
  onSettled?: () => void;
}

export function InstallationList({ applicationId, deviceId, only, onSettled }: InstallationListProps) {
  const { t } = useTranslation();
  const first = only === undefined ? 25 : 100;
  const variables = useMemo(() => ({ first, filter: { applicationId: applicationId ?? null, deviceId: deviceId ?? null } }), [first, applicationId, deviceId]);
  const { data, error, loading, refetch, fetchMore } = useQuery(INSTALLATIONS, { variables, notifyOnNetworkStatusChange: true });
  const page = data?.installations;

  useInstallationProgress({ ...(applicationId !== undefined && { applicationId }), ...(deviceId !== undefined && { deviceId }) }, (installation) => {
    const known = installation !== null && page?.edges.some(({ node }) => node.id === installation.id);
    if (!known) void refetch();
    if (installation === null || ['INSTALLED', 'UNINSTALLED', 'FAILED'].includes(installation.status)) onSettled?.();
  });

  if (error && !page) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!page) return <PageLoader />;
  const rows = page.edges.map((edge) => edge.node).filter((row) => only === undefined || only.includes(row.id));
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t('install.none')}
      </Text>
    );
  }
  return (
    <>
      <Stack component="ul" gap="xs" p={0} m={0} aria-label={t('install.list')} style={{ listStyle: 'none' }}>
        {rows.map((row) => (
          <Row key={row.id} row={row} by={deviceId === undefined ? 'device' : 'application'} />
        ))}
      </Stack>
      {only === undefined && (
        <LoadMore shown={rows.length} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
      )}
    </>
  );
}

function Row({ row, by }: { row: InstallationRow; by: 'device' | 'application' }) {
  const { t } = useTranslation();
  const may = useMay('app:install');
  const [retry, { loading }] = useMutation(RETRY);
  const name = by === 'device' ? (row.device?.name ?? t('install.goneDevice')) : `${row.application.label} ${row.application.versionName ?? ''}`;

  const again = async () => {
    try {
      const { data } = await retry({ variables: { input: { id: row.id } } });
      const errors = data.retryInstallation.userErrors;
      if (errors.length > 0) notifyFailure(t('install.retryFailed'), summarise(errors));
    } catch (error) {
      notifyFailure(t('install.retryFailed'), error);
    }
  };

  return (
    <Paper component="li" p="xs" aria-label={name}>
      <Group justify="space-between" wrap="nowrap">
        <div style={{ minWidth: 0 }}>
          {by === 'device' && row.device ? (
            <Anchor component={Link} to={`/devices/${row.device.id}`} size="sm">
              {name}
            </Anchor>
          ) : (
            <Text size="sm">{name}</Text>
          )}
          <Text size="xs" c="dimmed">
            <Moment at={row.updatedAt} />
          </Text>
        </div>
        <Group gap="xs" wrap="nowrap">
          <InstallationStatus installation={row} />
          {row.status === 'FAILED' && may && (
            <Button size="compact-xs" variant="light" loading={loading} onClick={() => void again()}>
              {t('common.retry')}
            </Button>
          )}
        </Group>
      </Group>
    </Paper>
  );
}
