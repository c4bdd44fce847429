// What can be done with the chosen devices, how far it is, and what failed for which.
import { Button, Group, List, Modal, Paper, Progress, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { notifyDone } from '../../components/notify';
import type { SupportedAction } from '../../device-actions/operations';
import { useDeviceAction, type ActionTarget } from '../../device-actions/useDeviceAction';
import { useMay } from '../../session/context';
import { runOnAll, type BulkOutcome } from './bulk';

export function BulkActions({ devices, onDone }: { devices: readonly ActionTarget[]; onDone: () => void }) {
  const { t } = useTranslation();
  const run = useDeviceAction();
  const mayOperate = useMay('device:operate');
  const mayDelete = useMay('device:delete');
  const [progress, setProgress] = useState<{ done: number; of: number } | null>(null);
  const [asking, setAsking] = useState(false);
  const [failures, setFailures] = useState<{ action: SupportedAction; outcomes: BulkOutcome[] } | null>(null);

  const start = async (action: SupportedAction) => {
    setAsking(false);
    setProgress({ done: 0, of: devices.length });
    const outcomes = await runOnAll(devices, action, run, (done) => setProgress({ done, of: devices.length }));
    setProgress(null);
    const failed = outcomes.filter((outcome) => outcome.failure !== null);
    if (failed.length > 0) setFailures({ action, outcomes });
    else {
      notifyDone(t('bulk.done', { count: outcomes.length }));
      onDone();
    }
  };

  const failed = failures?.outcomes.filter((outcome) => outcome.failure !== null) ?? [];
  return (
    <Paper p="xs" mb="sm" role="toolbar" aria-label={t('bulk.label')}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {t('bulk.selected', { count: devices.length })}
        </Text>
        {mayOperate && (
          <>
            <Button size="xs" variant="light" color="teal" disabled={progress !== null} onClick={() => void start('START')}>
              {t('actions.START')}
            </Button>
            <Button size="xs" variant="light" color="gray" disabled={progress !== null} onClick={() => void start('STOP')}>
              {t('actions.STOP')}
            </Button>
            <Button size="xs" variant="light" color="gray" disabled={progress !== null} onClick={() => void start('REBOOT')}>
              {t('actions.REBOOT')}
            </Button>
          </>
        )}
        {mayDelete && (
          <Button size="xs" variant="light" color="red" disabled={progress !== null} onClick={() => setAsking(true)}>
            {t('actions.DELETE')}
          </Button>
        )}
        <Button size="xs" variant="subtle" color="gray" ml="auto" onClick={onDone}>
          {t('bulk.clear')}
        </Button>
      </Group>
      {progress && <Progress mt="xs" value={(progress.done / progress.of) * 100} aria-label={t('bulk.progress', progress)} animated />}
      <ConfirmDialog
        opened={asking}
        title={t('bulk.deleteTitle', { count: devices.length })}
        action={t('actions.DELETE')}
        onConfirm={() => void start('DELETE')}
        onClose={() => setAsking(false)}
      >
        {t('bulk.deleteHint', { names: devices.map((device) => device.name).join(', ') })}
      </ConfirmDialog>
      <Modal
        opened={failures !== null}
        onClose={() => {
          setFailures(null);
          onDone();
        }}
        title={t('bulk.partial', { failed: failed.length, of: failures?.outcomes.length ?? 0 })}
      >
        <List size="sm" spacing="xs">
          {failed.map(({ device, failure }) => (
            <List.Item key={device.id}>
              <strong>{device.name}</strong>: {failure}
            </List.Item>
          ))}
        </List>
      </Modal>
    </Paper>
  );
}
