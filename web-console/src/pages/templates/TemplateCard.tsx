// One template: what it makes, and what can be done with it.
import { useMutation } from '@apollo/client/react';
import { Badge, Button, Group, Paper, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { summarise } from '../../client/userErrors';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { notifyFailure } from '../../components/notify';
import { decimal } from '../../format/size';
import { useMay } from '../../session/context';
import { CreateDeviceDialog } from '../devices/create/CreateDeviceDialog';
import { DELETE_TEMPLATE, type Template } from './operations';

export function TemplateCard({ template, onEdit }: { template: Template; onEdit: () => void }) {
  const { t } = useTranslation();
  const mayWrite = useMay('template:write');
  const mayCreate = useMay('device:create');
  const [creating, create] = useDisclosure();
  const [deleting, deletion] = useDisclosure();
  const [deleteTemplate, { loading }] = useMutation(DELETE_TEMPLATE, { refetchQueries: ['Templates', 'TemplateChoices'] });
  const made = template.specification;

  const remove = async () => {
    const title = t('templates.deleteFailed', { name: template.name });
    try {
      const { data } = await deleteTemplate({ variables: { id: template.id } });
      const errors = data.deleteDeviceTemplate.userErrors;
      if (errors.length > 0) notifyFailure(title, summarise(errors));
    } catch (error) {
      notifyFailure(title, error);
    }
    deletion.close();
  };

  return (
    <Paper component="li" p="sm" aria-label={template.name}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} truncate>
          {template.name}
        </Text>
        <Badge variant="light" tt="none">
          {t(`templates.category.${template.category}`)}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed" lineClamp={2} mih={20}>
        {template.description}
      </Text>
      <Text size="sm" mt="xs">
        Android {made.androidVersion} · {made.cpuCores} × CPU · {decimal(made.memoryMb / 1024, 1)} GB RAM · {made.storageGb} GB
      </Text>
      <Text size="sm">
        {made.widthPx} × {made.heightPx} · {made.density} dpi{made.gpu && ' · GPU'}
      </Text>
      <Group justify="space-between" mt="xs">
        <Text size="xs" c="dimmed">
          {t('wall.count', { count: template.deviceCount })}
        </Text>
        <Group gap={4}>
          {mayWrite && (
            <>
              <Button size="compact-sm" variant="subtle" color="red" onClick={deletion.open}>
                {t('common.delete')}
              </Button>
              <Button size="compact-sm" variant="subtle" onClick={onEdit}>
                {t('templates.edit')}
              </Button>
            </>
          )}
          {mayCreate && (
            <Button size="compact-sm" variant="light" onClick={create.open}>
              {t('templates.use')}
            </Button>
          )}
        </Group>
      </Group>
      <CreateDeviceDialog opened={creating} onClose={create.close} templateId={template.id} />
      <ConfirmDialog opened={deleting} title={t('templates.deleteTitle', { name: template.name })} action={t('common.delete')} busy={loading} onConfirm={() => void remove()} onClose={deletion.close}>
        {t('templates.deleteHint')}
      </ConfirmDialog>
    </Paper>
  );
}
