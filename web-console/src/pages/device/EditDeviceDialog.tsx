// Changes a device's name, group and tags.
import { useMutation } from '@apollo/client/react';
import { Button, Group, Modal, Stack, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import { notifyDone } from '../../components/notify';
import { graphql } from '../../graphql/generated';
import type { PageDevice } from './operations';

const UPDATE_DEVICE = graphql(`
  mutation UpdateDevice($input: UpdateDeviceInput!) {
    updateDevice(input: $input) {
      device {
        ...DevicePageDevice
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function EditDeviceDialog({ device, opened, onClose }: { device: PageDevice; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [updateDevice] = useMutation(UPDATE_DEVICE);
  const form = useForm({ initialValues: { name: device.name, group: device.group ?? '', tags: [...device.tags] } });
  const { busy, general, submit } = useSubmission(form);
  return (
    <Modal opened={opened} onClose={onClose} title={t('device.edit')}>
      <form
        onSubmit={form.onSubmit(async ({ name, group, tags }) => {
          const accepted = await submit(async () => {
            const { data } = await updateDevice({ variables: { input: { id: device.id, name, group: group === '' ? null : group, tags } } });
            return data.updateDevice.userErrors;
          });
          if (!accepted) return;
          notifyDone(t('common.saved'));
          onClose();
        })}
      >
        <Stack>
          <FormErrors messages={general} />
          <TextInput label={t('create.name')} required data-autofocus {...form.getInputProps('name')} />
          <TextInput label={t('create.group')} {...form.getInputProps('group')} />
          <TagsInput label={t('create.tags')} {...form.getInputProps('tags')} />
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
