// The commands of a device: those its state allows, and those that only a running phone can take.
import { Button, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconPlayerPauseFilled, IconPlayerPlayFilled, IconPlayerStopFilled, type Icon } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { notifyFailure } from '../../components/notify';
import { ACTION_PERMISSIONS, SUPPORTED, type SupportedAction } from '../../device-actions/operations';
import { useDeviceAction } from '../../device-actions/useDeviceAction';
import { allows, useViewer } from '../../session/context';
import { DropNetworkDialog } from './DropNetworkDialog';
import { EditDeviceDialog } from './EditDeviceDialog';
import type { PageDevice } from './operations';
import { SetLocationDialog } from './SetLocationDialog';

const PRIMARY: readonly SupportedAction[] = ['START', 'RESUME', 'PAUSE', 'STOP'];
const ICONS: Partial<Record<SupportedAction, Icon>> = { START: IconPlayerPlayFilled, RESUME: IconPlayerPlayFilled, PAUSE: IconPlayerPauseFilled, STOP: IconPlayerStopFilled };
const COLORS: Partial<Record<SupportedAction, string>> = { START: 'teal', RESUME: 'teal' };

export function DeviceActions({ device }: { device: PageDevice }) {
  const { t } = useTranslation();
  const { permissions } = useViewer();
  const run = useDeviceAction();
  const navigate = useNavigate();
  const [busy, setBusy] = useState<SupportedAction | null>(null);
  const [deleting, deletion] = useDisclosure();
  const [dropping, drop] = useDisclosure();
  const [locating, locate] = useDisclosure();
  const [editing, edit] = useDisclosure();

  const may = SUPPORTED.filter((action) => device.allowedActions.includes(action) && allows(permissions, ACTION_PERMISSIONS[action]));
  const mayCommand = allows(permissions, 'device:command') && device.state === 'RUNNING';
  const mayEdit = allows(permissions, 'device:update');

  const press = async (action: SupportedAction) => {
    setBusy(action);
    const failure = await run(device, action);
    setBusy(null);
    if (failure !== null) notifyFailure(t(`actions.failed.${action}`, { name: device.name }), failure);
    else if (action === 'DELETE') void navigate('/devices');
  };

  return (
    <>
      {PRIMARY.filter((action) => may.includes(action) || busy === action).map((action) => {
        const ActionIcon = ICONS[action];
        return (
          <Button
            key={action}
            variant={action === 'START' || action === 'RESUME' ? 'light' : 'default'}
            color={COLORS[action] ?? 'gray'}
            leftSection={ActionIcon && <ActionIcon size={14} aria-hidden />}
            loading={busy === action}
            disabled={busy !== null}
            onClick={() => void press(action)}
          >
            {t(`actions.${action}`)}
          </Button>
        );
      })}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} aria-hidden />}>
            {t('device.more')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {may.includes('REBOOT') && <Menu.Item onClick={() => void press('REBOOT')}>{t('actions.REBOOT')}</Menu.Item>}
          <Menu.Item disabled={!mayCommand} onClick={locate.open}>
            {t('device.setLocation')}
          </Menu.Item>
          <Menu.Item disabled={!mayCommand} onClick={drop.open}>
            {t('device.dropNetwork')}
          </Menu.Item>
          <Menu.Item disabled={!mayEdit} onClick={edit.open}>
            {t('device.edit')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item color="red" disabled={!may.includes('DELETE')} onClick={deletion.open}>
            {t('actions.DELETE')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <ConfirmDialog
        opened={deleting}
        title={t('device.deleteTitle', { name: device.name })}
        action={t('actions.DELETE')}
        busy={busy === 'DELETE'}
        onConfirm={() => void press('DELETE')}
        onClose={deletion.close}
      >
        {t('device.deleteHint')}
      </ConfirmDialog>
      <DropNetworkDialog id={device.id} opened={dropping} onClose={drop.close} />
      <SetLocationDialog device={device} opened={locating} onClose={locate.close} />
      <EditDeviceDialog device={device} opened={editing} onClose={edit.close} />
    </>
  );
}
