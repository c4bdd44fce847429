// The frame around every signed-in page: navigation, connection, person.
import { AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDeviceMobileVibration } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, Outlet } from 'react-router';
import { RequireSession } from '../session/RequireSession';
import { UploadTray } from '../pages/apps/upload/UploadTray';
import { ColorSchemeToggle } from './ColorSchemeToggle';
import { ConnectionBanner, ConnectionIndicator } from './ConnectionIndicator';
import classes from './Layout.module.css';
import { Navigation } from './Navigation';
import { PersonMenu } from './PersonMenu';

export function Layout() {
  return (
    <RequireSession>
      <Frame />
    </RequireSession>
  );
}

function Frame() {
  const { t } = useTranslation();
  const [opened, { toggle, close }] = useDisclosure();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={{ base: 'sm', sm: 'lg' }}
    >
      <a href="#content" className={classes.skip}>
        {t('common.skip')}
      </a>
      <AppShell.Header className={classes.bar}>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger opened={opened} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('common.menu')} aria-expanded={opened} />
          <Link to="/" className={classes.brand}>
            <IconDeviceMobileVibration aria-hidden />
            <Text fw={700} component="span">
              Cloudphone
            </Text>
          </Link>
          <Group ml="auto" gap="xs" wrap="nowrap">
            <ConnectionIndicator />
            <ColorSchemeToggle />
            <PersonMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.bar} p="xs">
        <Navigation onNavigate={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <ConnectionBanner />
        <Outlet />
      </AppShell.Main>
      <UploadTray />
    </AppShell>
  );
}
