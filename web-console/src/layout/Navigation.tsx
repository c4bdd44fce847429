// The places one may go, shaped by the person's permissions.
import { NavLink, ScrollArea, Text } from '@mantine/core';
import { IconApps, IconClipboardList, IconKey, IconLayoutGrid, IconList, IconTemplate, IconUsers, type Icon } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'react-router';
import { allows, useViewer } from '../session/context';

interface Place {
  to: string;
  label: 'nav.wall' | 'nav.devices' | 'nav.templates' | 'nav.apps' | 'nav.users' | 'nav.apiKeys' | 'nav.auditLog';
  icon: Icon;
  permission: string;
}

const FLEET: Place[] = [
  { to: '/', label: 'nav.wall', icon: IconLayoutGrid, permission: 'device:read' },
  { to: '/devices', label: 'nav.devices', icon: IconList, permission: 'device:read' },
  { to: '/templates', label: 'nav.templates', icon: IconTemplate, permission: 'template:read' },
  { to: '/apps', label: 'nav.apps', icon: IconApps, permission: 'app:read' },
];
const ORGANISATION: Place[] = [
  { to: '/users', label: 'nav.users', icon: IconUsers, permission: 'user:read' },
  { to: '/api-keys', label: 'nav.apiKeys', icon: IconKey, permission: 'apikey:read' },
  { to: '/audit-log', label: 'nav.auditLog', icon: IconClipboardList, permission: 'audit:read' },
];

export function Navigation({ onNavigate }: { onNavigate: () => void }) {
  const { t } = useTranslation();
  const { permissions, tenant } = useViewer();
  const { pathname } = useLocation();

  const links = (places: Place[]) =>
    places
      .filter((place) => allows(permissions, place.permission))
      .map(({ to, label, icon: PlaceIcon }) => {
        const active = to === '/' ? pathname === '/' : pathname.startsWith(to);
        return (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={t(label)}
            active={active}
            {...(active && { 'aria-current': 'page' as const })}
            leftSection={<PlaceIcon size={18} stroke={1.6} aria-hidden />}
            onClick={onNavigate}
            style={{ borderRadius: 8 }}
          />
        );
      });

  const organisation = links(ORGANISATION);
  return (
    <ScrollArea component="nav" aria-label={t('nav.label')}>
      {links(FLEET)}
      {organisation.length > 0 && (
        <Text size="xs" c="dimmed" fw={600} px="sm" pt="md" pb={4} truncate>
          {tenant.name}
        </Text>
      )}
      {organisation}
    </ScrollArea>
  );
}
