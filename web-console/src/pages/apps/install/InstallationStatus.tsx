// How far one installation is, and why it failed.
import { Badge, Group, Progress, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { InstallationStatus as Status } from '../../../graphql/generated/graphql';
import type { InstallationRow } from './operations';

const COLORS: Record<Status, string> = {
  PENDING: 'gray',
  INSTALLING: 'ink',
  INSTALLED: 'teal',
  FAILED: 'red',
  UNINSTALLING: 'gray',
  UNINSTALLED: 'gray',
};

export function InstallationStatus({ installation }: { installation: InstallationRow }) {
  const { t } = useTranslation();
  const { status, progress, failure } = installation;
  return (
    <div data-status={status}>
      <Group gap="xs" wrap="nowrap">
        <Badge variant="light" tt="none" color={COLORS[status]}>
          {t(`install.status.${status}`)}
        </Badge>
        {status === 'INSTALLING' && <Progress value={progress} w={120} animated aria-label={t('install.progress')} />}
      </Group>
      {failure && status === 'FAILED' && (
        <Text size="xs" c="red">
          {failure.message}
        </Text>
      )}
    </div>
  );
}
