// One entry of the audit log; its details open below it.
import { Button, Code, SimpleGrid, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTranslation } from 'react-i18next';
import { Moment } from '../../components/Moment';
import type { AuditRow } from './AuditLogPage';

export function AuditLine({ entry }: { entry: AuditRow }) {
  const { t } = useTranslation();
  const [opened, { toggle }] = useDisclosure();
  return (
    <>
      <Table.Tr>
        <Table.Td>
          <Moment at={entry.at} />
        </Table.Td>
        <Table.Td>
          {entry.actor?.displayName ?? t(`audit.kind.${entry.actorKind}`)}
          {entry.actor && entry.actorKind === 'API_KEY' && (
            <Text span size="xs" c="dimmed">
              {' '}
              {t('audit.byKey')}
            </Text>
          )}
        </Table.Td>
        <Table.Td>
          <Code>{entry.action}</Code>
        </Table.Td>
        <Table.Td>
          {entry.targetType}{' '}
          <Text span size="xs" c="dimmed" ff="monospace">
            {entry.targetId}
          </Text>
        </Table.Td>
        <Table.Td>{entry.address ?? t('common.none')}</Table.Td>
        <Table.Td ta="right">
          <Button size="compact-sm" variant="subtle" aria-expanded={opened} onClick={toggle}>
            {t('audit.details')}
          </Button>
        </Table.Td>
      </Table.Tr>
      {opened && (
        <Table.Tr>
          <Table.Td colSpan={6} style={{ whiteSpace: 'normal' }}>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Change label={t('audit.before')} value={entry.before} />
              <Change label={t('audit.after')} value={entry.after} />
            </SimpleGrid>
            <Text size="xs" c="dimmed" mt="xs">
              {t('audit.correlation')} {entry.correlationId}
            </Text>
          </Table.Td>
        </Table.Tr>
      )}
    </>
  );
}

function Change({ label, value }: { label: string; value: unknown }) {
  const { t } = useTranslation();
  return (
    <div>
      <Text size="xs" fw={600} mb={4}>
        {label}
      </Text>
      {value == null ? <Text size="sm">{t('common.none')}</Text> : <Code block>{JSON.stringify(value, null, 2)}</Code>}
    </div>
  );
}
