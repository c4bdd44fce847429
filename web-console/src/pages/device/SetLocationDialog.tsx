// Tells the phone where it is.
import { Button, Group, Modal, NumberInput, Stack } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import type { PageDevice } from './operations';
import { useSendCommand } from './useSendCommand';

export function SetLocationDialog({ device, opened, onClose }: { device: PageDevice; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const send = useSendCommand();
  const form = useForm({
    initialValues: { latitude: device.location?.latitude ?? 52.52, longitude: device.location?.longitude ?? 13.405 },
  });
  const { busy, general, submit } = useSubmission(form);
  return (
    <Modal opened={opened} onClose={onClose} title={t('device.setLocation')}>
      <form
        onSubmit={form.onSubmit(async (place) => {
          if (await submit(() => send(device.id, 'SET_LOCATION', place))) onClose();
        })}
      >
        <Stack>
          <FormErrors messages={general} />
          <Group grow align="flex-start">
            <NumberInput label={t('device.latitude')} min={-90} max={90} decimalScale={6} data-autofocus {...form.getInputProps('latitude')} />
            <NumberInput label={t('device.longitude')} min={-180} max={180} decimalScale={6} {...form.getInputProps('longitude')} />
          </Group>
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t('device.setLocation')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
