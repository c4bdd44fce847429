// One person in the list, and what an administrator can do about them.
import { useApolloClient } from '@apollo/client/react';
import { ActionIcon, Avatar, Badge, Group, Menu, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconDots } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { summarise } from '../../client/userErrors';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { Moment } from '../../components/Moment';
import { notifyFailure } from '../../components/notify';
import { initials } from '../../format/size';
import type { UserStatus } from '../../graphql/generated/graphql';
import { useMay, useViewer } from '../../session/context';
import { USER_ACTIONS, type UserAction, type UserRow } from './operations';

const COLORS: Record<UserStatus, string> = { ACTIVE: 'teal', DEACTIVATED: 'gray', LOCKED: 'orange' };
const ACTION_FOR: Record<UserStatus, UserAction> = { ACTIVE: 'DEACTIVATE', DEACTIVATED: 'ACTIVATE', LOCKED: 'UNLOCK' };

export function UserLine({ user, onEdit }: { user: UserRow; onEdit: () => void }) {
  const { t } = useTranslation();
  const client = useApolloClient();
  const self = useViewer().user.id === user.id;
  const mayUpdate = useMay('user:update');
  const [asking, question] = useDisclosure();
  const [busy, setBusy] = useState(false);
  // The page is for those who may read accounts; the platform tells them each account's status.
  const status = user.status ?? 'ACTIVE';
  const action = ACTION_FOR[status];

  const run = async () => {
    setBusy(true);
    try {
      const { data } = await client.mutate({ mutation: USER_ACTIONS[action], variables: { id: user.id } });
      const errors = data.outcome.userErrors;
      if (errors.length > 0) notifyFailure(user.displayName, summarise(errors));
    } catch (error) {
      notifyFailure(user.displayName, error);
    }
    setBusy(false);
    question.close();
  };

  return (
    <Table.Tr aria-label={user.displayName}>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <Avatar size={32} radius="xl" color="ink" aria-hidden>
            {initials(user.displayName)}
          </Avatar>
          <div>
            <Text size="sm" fw={600}>
              {user.displayName} {self && <Text span size="xs" c="dimmed">{t('users.you')}</Text>}
            </Text>
            <Text size="xs" c="dimmed">
              {user.email}
            </Text>
          </div>
        </Group>
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {user.roles?.map((role) => (
            <Badge key={role.id} variant="default" tt="none">
              {role.name}
            </Badge>
          ))}
        </Group>
      </Table.Td>
      <Table.Td>
        <Badge variant="light" tt="none" color={COLORS[status]}>
          {t(`users.status.${status}`)}
        </Badge>
      </Table.Td>
      <Table.Td>{user.lastLoginAt == null ? t('common.never') : <Moment at={user.lastLoginAt} />}</Table.Td>
      <Table.Td ta="right">
        {mayUpdate && (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t('users.actions', { name: user.displayName })}>
                <IconDots size={16} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={onEdit}>{t('users.edit')}</Menu.Item>
              <Menu.Item disabled={self} {...(action === 'DEACTIVATE' && { color: 'red' })} onClick={() => (action === 'DEACTIVATE' ? question.open() : void run())}>
                {t(`users.action.${action}`)}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        <ConfirmDialog opened={asking} title={t('users.deactivateTitle', { name: user.displayName })} action={t('users.action.DEACTIVATE')} busy={busy} onConfirm={() => void run()} onClose={question.close}>
          {t('users.deactivateHint')}
        </ConfirmDialog>
      </Table.Td>
    </Table.Tr>
  );
}
