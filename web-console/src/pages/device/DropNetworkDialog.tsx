// Takes the phone off the network for a while, to see how an app bears it.
import { Button, Group, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import { useSendCommand } from './useSendCommand';

export function DropNetworkDialog({ id, opened, onClose }: { id: string; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const send = useSendCommand();
  const form = useForm({ initialValues: { seconds: 20 } });
  const { busy, general, submit } = useSubmission(form);
  return (
    <Modal opened={opened} onClose={onClose} title={t('device.dropNetwork')}>
      <form
        onSubmit={form.onSubmit(async ({ seconds }) => {
          if (await submit(() => send(id, 'DROP_NETWORK', { seconds }))) onClose();
        })}
      >
        <Stack>
          <FormErrors messages={general} />
          <Text size="sm">{t('device.dropNetworkHint')}</Text>
          <NumberInput label={t('device.seconds')} min={1} max={600} allowDecimal={false} data-autofocus {...form.getInputProps('seconds')} />
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t('device.dropNetwork')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
