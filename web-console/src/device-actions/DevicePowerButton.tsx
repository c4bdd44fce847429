// Start or stop with one press, whichever the device's state allows.
import { ActionIcon, Tooltip } from '@mantine/core';
import { IconPlayerPlayFilled, IconPlayerStopFilled } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../components/notify';
import { useMay } from '../session/context';
import { useDeviceAction, type ActionTarget } from './useDeviceAction';

export function DevicePowerButton({ device }: { device: ActionTarget }) {
  const { t } = useTranslation();
  const run = useDeviceAction();
  const may = useMay('device:operate');
  const [busy, setBusy] = useState(false);
  const action = device.allowedActions.includes('START') ? 'START' : device.allowedActions.includes('STOP') ? 'STOP' : null;
  if (!may || action === null) return null;

  const press = async () => {
    setBusy(true);
    const failure = await run(device, action);
    setBusy(false);
    if (failure !== null) notifyFailure(t(`actions.failed.${action}`, { name: device.name }), failure);
  };

  const label = t(`actions.named.${action}`, { name: device.name });
  return (
    <Tooltip label={label}>
      <ActionIcon variant="light" color={action === 'START' ? 'teal' : 'gray'} loading={busy} aria-label={label} onClick={() => void press()}>
        {action === 'START' ? <IconPlayerPlayFilled size={15} aria-hidden /> : <IconPlayerStopFilled size={15} aria-hidden />}
      </ActionIcon>
    </Tooltip>
  );
}
