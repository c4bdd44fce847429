// What the app asks a phone for.
import { Badge, Group, Paper, Text, Title, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';

export function AppPermissions({ permissions }: { permissions: readonly string[] }) {
  const { t } = useTranslation();
  return (
    <Paper p="sm">
      <Title order={2} size="h4" mb="xs">
        {t('app.permissions')}
      </Title>
      {permissions.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('app.noPermissions')}
        </Text>
      )}
      <Group gap={6} role="list" aria-label={t('app.permissions')}>
        {permissions.map((permission) => (
          <Tooltip key={permission} label={permission}>
            <Badge role="listitem" variant="default" tt="none" fw={500}>
              {permission.replace(/^android\.permission\./, '')}
            </Badge>
          </Tooltip>
        ))}
      </Group>
    </Paper>
  );
}
