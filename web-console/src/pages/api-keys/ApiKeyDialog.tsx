// Makes a key and shows its secret, once.
import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Button, Code, CopyButton, Group, Modal, MultiSelect, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormActions } from '../../components/FormActions';
import { FormErrors } from '../../components/FormErrors';
import { allows, useViewer } from '../../session/context';
import { CREATE_API_KEY, PERMISSIONS } from './operations';

export function ApiKeyDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t('apiKeys.create')} closeOnClickOutside={false}>
      <ApiKeyForm onClose={onClose} />
    </Modal>
  );
}

function ApiKeyForm({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { permissions: own } = useViewer();
  const [secret, setSecret] = useState<string | null>(null);
  const { data } = useQuery(PERMISSIONS);
  const [createApiKey] = useMutation(CREATE_API_KEY, { refetchQueries: ['ApiKeys'], fetchPolicy: 'no-cache' });
  const form = useForm({ initialValues: { name: '', permissions: [] as string[], expiresAt: '' } });
  const { busy, general, submit } = useSubmission(form);

  const create = form.onSubmit(async ({ name, permissions, expiresAt }) => {
    await submit(async () => {
      const answer = await createApiKey({
        variables: { input: { name, permissions, expiresAt: expiresAt === '' ? null : new Date(expiresAt).toISOString() } },
      });
      setSecret(answer.data.createApiKey.secret ?? null);
      return answer.data.createApiKey.userErrors;
    });
  });

  if (secret !== null) {
    return (
      <Stack>
        <Alert color="yellow" variant="light">
          {t('apiKeys.secretOnce')}
        </Alert>
        <Code block style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }} aria-label={t('apiKeys.secret')}>
          {secret}
        </Code>
        <Group justify="flex-end" gap="xs">
          <CopyButton value={secret}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? t('common.copied') : t('common.copy')}
              </Button>
            )}
          </CopyButton>
          <Button onClick={onClose}>{t('common.close')}</Button>
        </Group>
      </Stack>
    );
  }

  // A key cannot do more than the person who makes it.
  const grantable = (data?.permissions ?? []).filter((permission) => allows(own, permission.name));
  return (
    <form onSubmit={create} noValidate>
      <Stack gap="sm">
        <FormErrors messages={general} />
        <TextInput label={t('apiKeys.name')} required data-autofocus {...form.getInputProps('name')} />
        <MultiSelect
          label={t('apiKeys.permissions')}
          data={grantable.map((permission) => permission.name)}
          renderOption={({ option }) => (
            <div>
              {option.value}
              <div style={{ fontSize: 12, opacity: 0.7 }}>{grantable.find((permission) => permission.name === option.value)?.description}</div>
            </div>
          )}
          searchable
          required
          {...form.getInputProps('permissions')}
        />
        <TextInput type="date" label={t('apiKeys.expires')} description={t('apiKeys.expiresHint')} {...form.getInputProps('expiresAt')} />
        <FormActions submit={t('common.create')} busy={busy} onCancel={onClose} />
      </Stack>
    </form>
  );
}
