// Creates one or many devices, from a template or from a specification of their own.
import { useMutation, useQuery } from '@apollo/client/react';
import { Group, Modal, NumberInput, SegmentedControl, Select, Stack, Switch, TagsInput, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../../client/userErrors';
import { FormActions } from '../../../components/FormActions';
import { FormErrors } from '../../../components/FormErrors';
import { notifyDone } from '../../../components/notify';
import { graphql } from '../../../graphql/generated';
import { DEFAULT_SPECIFICATION, toSpecificationInput } from './specification';
import { SpecificationFields } from './SpecificationFields';

const TEMPLATE_CHOICES = graphql(`
  query TemplateChoices {
    deviceTemplates(first: 100) {
      edges {
        node {
          id
          name
          category
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const CREATE_DEVICE = graphql(`
  mutation CreateDevice($input: CreateDeviceInput!) {
    createDevice(input: $input) {
      devices {
        id
        name
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

interface CreateDeviceDialogProps {
  opened: boolean;
  /** The template to begin with, as when created from the templates page. */
  templateId?: string;
  onClose: () => void;
}

export function CreateDeviceDialog({ opened, onClose, templateId }: CreateDeviceDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t('create.title')} size="lg">
      <CreateDeviceForm onClose={onClose} templateId={templateId ?? null} />
    </Modal>
  );
}

function CreateDeviceForm({ onClose, templateId }: { onClose: () => void; templateId: string | null }) {
  const { t } = useTranslation();
  const [source, setSource] = useState<'template' | 'specification'>('template');
  const templates = useQuery(TEMPLATE_CHOICES);
  const [createDevice] = useMutation(CREATE_DEVICE);
  const form = useForm({
    initialValues: {
      name: '',
      templateId,
      specification: DEFAULT_SPECIFICATION,
      tags: [] as string[],
      group: '',
      count: 1,
      start: true,
    },
  });
  const { busy, general, submit } = useSubmission(form);

  const create = form.onSubmit(async ({ name, templateId: chosen, specification, tags, group, count, start }) => {
    if (source === 'template' && chosen === null) {
      form.setFieldError('templateId', t('create.chooseTemplate'));
      return;
    }
    const accepted = await submit(async () => {
      const made = source === 'template' ? { templateId: chosen } : { specification: toSpecificationInput(specification) };
      const { data } = await createDevice({ variables: { input: { name, tags, group: group === '' ? null : group, count, start, ...made } }, refetchQueries: ['Devices'] });
      return data.createDevice.userErrors;
    });
    if (!accepted) return;
    notifyDone(t('create.done', { count, name }));
    onClose();
  });

  const choices = (templates.data?.deviceTemplates?.edges ?? []).map(({ node }) => ({ value: node.id, label: `${node.name} · ${t(`templates.category.${node.category}`)}` }));
  return (
    <form onSubmit={create} noValidate>
      <Stack gap="sm">
        <FormErrors messages={general} />
        <TextInput label={t('create.name')} required data-autofocus {...form.getInputProps('name')} />
        <SegmentedControl
          aria-label={t('create.source')}
          value={source}
          onChange={(value) => setSource(value === 'template' ? 'template' : 'specification')}
          data={[
            { value: 'template', label: t('create.fromTemplate') },
            { value: 'specification', label: t('create.fromSpecification') },
          ]}
        />
        {source === 'template' ? (
          <Select
            label={t('create.template')}
            placeholder={templates.loading ? t('common.loading') : t('create.chooseTemplate')}
            data={choices}
            searchable
            required
            nothingFoundMessage={t('create.noTemplates')}
            {...form.getInputProps('templateId')}
          />
        ) : (
          <SpecificationFields form={form} />
        )}
        <Group grow align="flex-start">
          <NumberInput label={t('create.count')} min={1} max={100} allowDecimal={false} {...form.getInputProps('count')} />
          <TextInput label={t('create.group')} {...form.getInputProps('group')} />
        </Group>
        <TagsInput label={t('create.tags')} placeholder={t('create.tagsHint')} {...form.getInputProps('tags')} />
        <Switch label={t('create.start')} {...form.getInputProps('start', { type: 'checkbox' })} />
        <FormActions submit={t('create.submit')} busy={busy} onCancel={onClose} />
      </Stack>
    </form>
  );
}
