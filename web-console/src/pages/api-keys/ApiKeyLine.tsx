// One key in the list.
import { useMutation } from '@apollo/client/react';
import { Badge, Button, Code, Group, Table, Text, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { summarise } from '../../client/userErrors';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { Moment } from '../../components/Moment';
import { notifyFailure } from '../../components/notify';
import { useMay } from '../../session/context';
import { REVOKE_API_KEY, type ApiKeyRow } from './operations';

const SHOWN = 4;

export function ApiKeyLine({ apiKey }: { apiKey: ApiKeyRow }) {
  const { t } = useTranslation();
  const mayWrite = useMay('apikey:write');
  const [asking, question] = useDisclosure();
  const [revokeApiKey, { loading }] = useMutation(REVOKE_API_KEY);

  const revoke = async () => {
    try {
      const { data } = await revokeApiKey({ variables: { id: apiKey.id } });
      const errors = data.revokeApiKey.userErrors;
      if (errors.length > 0) notifyFailure(apiKey.name, summarise(errors));
    } catch (error) {
      notifyFailure(apiKey.name, error);
    }
    question.close();
  };

  return (
    <Table.Tr aria-label={apiKey.name}>
      <Table.Td>
        <Text size="sm" fw={600}>
          {apiKey.name}
        </Text>
        <Code>cp_{apiKey.prefix}_…</Code>
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {apiKey.permissions.slice(0, SHOWN).map((permission) => (
            <Badge key={permission} variant="default" tt="none">
              {permission}
            </Badge>
          ))}
          {apiKey.permissions.length > SHOWN && (
            <Tooltip label={apiKey.permissions.slice(SHOWN).join(', ')} multiline maw={320}>
              <Badge variant="light" tt="none">
                +{apiKey.permissions.length - SHOWN}
              </Badge>
            </Tooltip>
          )}
        </Group>
      </Table.Td>
      <Table.Td>{apiKey.lastUsedAt == null ? t('common.never') : <Moment at={apiKey.lastUsedAt} />}</Table.Td>
      <Table.Td>{apiKey.expiresAt == null ? t('common.never') : <Moment at={apiKey.expiresAt} />}</Table.Td>
      <Table.Td ta="right">
        {apiKey.revokedAt != null ? (
          <Badge color="gray" variant="light" tt="none">
            {t('apiKeys.revoked')}
          </Badge>
        ) : (
          mayWrite && (
            <Button size="compact-sm" variant="subtle" color="red" onClick={question.open}>
              {t('apiKeys.revoke')}
            </Button>
          )
        )}
        <ConfirmDialog opened={asking} title={t('apiKeys.revokeTitle', { name: apiKey.name })} action={t('apiKeys.revoke')} busy={loading} onConfirm={() => void revoke()} onClose={question.close}>
          {t('apiKeys.revokeHint')}
        </ConfirmDialog>
      </Table.Td>
    </Table.Tr>
  );
}
