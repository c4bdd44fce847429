// The signed-in person's own things: name, password, sessions.
import { Badge, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { PageHeader } from '../../components/PageHeader';
import { useViewer } from '../../session/context';
import { NameForm } from './NameForm';
import { PasswordForm } from './PasswordForm';
import { SessionList } from './SessionList';

export function ProfilePage() {
  const { t } = useTranslation();
  const { user, tenant } = useViewer();
  return (
    <>
      <PageHeader
        title={t('profile.title')}
        summary={
          <Group gap="xs">
            <Text size="sm">
              {user.email} · {tenant.name}
            </Text>
            {user.roles?.map((role) => (
              <Badge key={role.id} variant="light" tt="none">
                {role.name}
              </Badge>
            ))}
          </Group>
        }
      />
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" style={{ alignItems: 'start' }}>
          <NameForm name={user.displayName} />
          <PasswordForm />
        </SimpleGrid>
        <section aria-labelledby="sessions">
          <Title order={2} size="h4" id="sessions" mb="xs">
            {t('profile.sessions')}
          </Title>
          <SessionList />
        </section>
      </Stack>
    </>
  );
}
