// The apps on a device: icons with their names, the one in front marked.
import { Group, Text, Tooltip } from '@mantine/core';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import { AppIcon } from '../../components/AppIcon';
import type { InstalledApp } from '../../fleet/subscription';
import classes from './Wall.module.css';

const SHOWN = 3;

interface AppRowProps {
  apps: readonly InstalledApp[];
  foreground: string | null;
}

export const AppRow = memo(function AppRow({ apps, foreground }: AppRowProps) {
  const { t } = useTranslation();
  if (apps.length === 0) {
    return (
      <Text size="xs" c="dimmed" className={classes.apps}>
        {t('wall.noApps')}
      </Text>
    );
  }
  const rest = apps.slice(SHOWN);
  return (
    <Group gap={4} wrap="nowrap" className={classes.apps} role="list" aria-label={t('wall.apps')}>
      {apps.slice(0, SHOWN).map((app) => (
        <Tooltip key={app.packageName} label={`${app.label} ${app.versionName ?? ''} · ${app.packageName}`}>
          <span role="listitem" className={classes.app} data-foreground={app.packageName === foreground || undefined}>
            <AppIcon label={app.label} iconUrl={app.application?.iconUrl ?? null} size={18} />
            <span className={classes.appLabel}>{app.label}</span>
          </span>
        </Tooltip>
      ))}
      {rest.length > 0 && (
        <Tooltip label={rest.map((app) => app.label).join(', ')}>
          <Text size="xs" c="dimmed" role="listitem">
            +{rest.length}
          </Text>
        </Tooltip>
      )}
    </Group>
  );
});
