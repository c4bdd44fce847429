// Who is signed in, and the way out.
import { useMutation } from '@apollo/client/react';
import { Avatar, Menu, Text, UnstyledButton } from '@mantine/core';
import { IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { initials } from '../format/size';
import { graphql } from '../graphql/generated';
import { useSession, useViewer } from '../session/context';

const LOGOUT = graphql(`
  mutation Logout {
    logout {
      userErrors {
        code
      }
    }
  }
`);

export function PersonMenu() {
  const { t } = useTranslation();
  const session = useSession();
  const { user, tenant } = useViewer();
  const [logout] = useMutation(LOGOUT);

  const leave = async () => {
    // The tab forgets the session even when the platform cannot be told; it ends there by itself later.
    await logout().catch(() => undefined);
    session.end('signed-out');
  };

  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton aria-label={t('person.menu', { name: user.displayName })}>
          <Avatar radius="xl" size={32} color="ink">
            {initials(user.displayName)}
          </Avatar>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <Text size="sm" fw={600} truncate>
            {user.displayName}
          </Text>
          <Text size="xs" truncate>
            {user.email} · {tenant.name}
          </Text>
        </Menu.Label>
        <Menu.Item component={Link} to="/profile" leftSection={<IconUserCircle size={16} aria-hidden />}>
          {t('person.profile')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void leave()}>
          {t('person.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
