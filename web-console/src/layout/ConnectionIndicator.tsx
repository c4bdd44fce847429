// Tells whether what is on the screen is live.
import { Alert, Badge, Tooltip } from '@mantine/core';
import { IconCloudOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useConnection, type ConnectionState } from '../client/connection';

const COLORS: Record<ConnectionState, string> = {
  idle: 'gray',
  connecting: 'gray',
  live: 'teal',
  reconnecting: 'orange',
  offline: 'red',
};

export function ConnectionIndicator() {
  const { t } = useTranslation();
  const state = useConnection();
  // A page without live parts has nothing to be connected to.
  if (state === 'idle') return null;
  return (
    <Tooltip label={t(`connection.hint.${state}`)}>
      <Badge role="status" variant="dot" color={COLORS[state]} tt="none" fw={500} aria-label={`${t('connection.label')}: ${t(`connection.${state}`)}`}>
        {t(`connection.${state}`)}
      </Badge>
    </Tooltip>
  );
}

export function ConnectionBanner() {
  const { t } = useTranslation();
  const state = useConnection();
  if (state !== 'offline' && state !== 'reconnecting') return null;
  return (
    <Alert role="alert" color={COLORS[state]} variant="light" icon={<IconCloudOff aria-hidden />} mb="md" py="xs">
      {t(`connection.hint.${state}`)}
    </Alert>
  );
}
