// Makes a template, or changes one.
import { useMutation } from '@apollo/client/react';
import { Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormActions } from '../../components/FormActions';
import { FormErrors } from '../../components/FormErrors';
import { notifyDone } from '../../components/notify';
import { DEFAULT_SPECIFICATION, toSpecificationInput } from '../devices/create/specification';
import { SpecificationFields } from '../devices/create/SpecificationFields';
import { CREATE_TEMPLATE, UPDATE_TEMPLATE, type Template } from './operations';

const CATEGORIES = ['GENERAL', 'GAMING', 'TESTING', 'CUSTOM'] as const;

interface TemplateDialogProps {
  template: Template | null;
  opened: boolean;
  onClose: () => void;
}

export function TemplateDialog({ template, opened, onClose }: TemplateDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={template === null ? t('templates.create') : t('templates.editTitle', { name: template.name })} size="lg">
      <TemplateForm template={template} onClose={onClose} />
    </Modal>
  );
}

function initialSpecification(template: Template | null) {
  if (template === null) return DEFAULT_SPECIFICATION;
  const { androidVersion, cpuCores, memoryMb, storageGb, widthPx, heightPx, density, gpu, locale, timezone, networkProxy } = template.specification;
  return { androidVersion, cpuCores, memoryMb, storageGb, widthPx, heightPx, density, gpu, locale, timezone, networkProxy: networkProxy ?? '' };
}

function TemplateForm({ template, onClose }: Omit<TemplateDialogProps, 'opened'>) {
  const { t } = useTranslation();
  const [createTemplate] = useMutation(CREATE_TEMPLATE, { refetchQueries: ['Templates', 'TemplateChoices'] });
  const [updateTemplate] = useMutation(UPDATE_TEMPLATE);
  const form = useForm({
    initialValues: {
      name: template?.name ?? '',
      description: template?.description ?? '',
      category: template?.category ?? 'GENERAL',
      specification: initialSpecification(template),
    },
  });
  const { busy, general, submit } = useSubmission(form);

  const save = form.onSubmit(async ({ name, description, category, specification }) => {
    // A place is no part of the form; a template that has one keeps it.
    const place = template?.specification.location;
    const location = place == null ? null : { latitude: place.latitude, longitude: place.longitude };
    const input = { name, description, category, specification: { ...toSpecificationInput(specification), location } };
    const accepted = await submit(async () => {
      if (template === null) {
        const { data } = await createTemplate({ variables: { input } });
        return data.createDeviceTemplate.userErrors;
      }
      const { data } = await updateTemplate({ variables: { input: { ...input, id: template.id } } });
      return data.updateDeviceTemplate.userErrors;
    });
    if (!accepted) return;
    notifyDone(t('common.saved'));
    onClose();
  });

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="sm">
        <FormErrors messages={general} />
        <Group grow align="flex-start">
          <TextInput label={t('templates.name')} required data-autofocus {...form.getInputProps('name')} />
          <Select label={t('templates.categoryLabel')} allowDeselect={false} data={CATEGORIES.map((category) => ({ value: category, label: t(`templates.category.${category}`) }))} {...form.getInputProps('category')} />
        </Group>
        <Textarea label={t('templates.description')} autosize minRows={2} {...form.getInputProps('description')} />
        <SpecificationFields form={form} />
        <FormActions submit={t('common.save')} busy={busy} onCancel={onClose} />
      </Stack>
    </form>
  );
}
