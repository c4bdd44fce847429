// Who did what, and when.
import { useQuery } from '@apollo/client/react';
import { Group, Table, Text, TextInput } from '@mantine/core';
import { IconClipboardList } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { SearchField } from '../../components/SearchField';
import { TableFrame } from '../../components/TableFrame';
import { graphql } from '../../graphql/generated';
import type { AuditEntriesQuery } from '../../graphql/generated/graphql';
import { AuditLine } from './AuditLine';

const AUDIT_ENTRIES = graphql(`
  query AuditEntries($action: String, $from: DateTime, $to: DateTime, $after: String) {
    auditLog(first: 50, after: $after, filter: { action: $action, from: $from, to: $to }) {
      totalCount
      edges {
        node {
          id
          at
          action
          actorKind
          targetType
          targetId
          before
          after
          address
          correlationId
          actor {
            id
            displayName
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export type AuditRow = NonNullable<AuditEntriesQuery['auditLog']>['edges'][number]['node'];

/** A group's name alone, such as `device`, means all that is done to its kind. */
const pattern = (action: string) => (action === '' ? null : /[.*]/.test(action) ? action : `${action}.*`);

const moment = (local: string) => (local === '' ? null : new Date(local).toISOString());

export function AuditLogPage() {
  const { t } = useTranslation();
  const [action, setAction] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const variables = useMemo(() => ({ action: pattern(action), from: moment(from), to: moment(to) }), [action, from, to]);
  const { data, error, loading, refetch, fetchMore } = useQuery(AUDIT_ENTRIES, { variables, notifyOnNetworkStatusChange: true });
  const page = data?.auditLog;

  return (
    <>
      <PageHeader title={t('audit.title')} summary={t('audit.summary')} />
      <Group gap="xs" mb="sm" align="flex-end">
        <SearchField label={t('audit.action')} value={action} onChange={setAction} />
        <TextInput type="datetime-local" aria-label={t('audit.from')} leftSection={<Text size="xs">{t('audit.from')}</Text>} leftSectionWidth={50} w={{ base: '100%', xs: 260 }} value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
        <TextInput type="datetime-local" aria-label={t('audit.to')} leftSection={<Text size="xs">{t('audit.to')}</Text>} leftSectionWidth={36} w={{ base: '100%', xs: 246 }} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
      </Group>
      {error && !page && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!page && loading && <PageLoader />}
      {page?.edges.length === 0 && <EmptyState icon={IconClipboardList} title={t('audit.empty')} />}
      {page && page.edges.length > 0 && (
        <>
          <TableFrame minWidth={720}>
            <Table aria-label={t('audit.title')} verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('audit.at')}</Table.Th>
                  <Table.Th>{t('audit.actor')}</Table.Th>
                  <Table.Th>{t('audit.actionHead')}</Table.Th>
                  <Table.Th>{t('audit.target')}</Table.Th>
                  <Table.Th>{t('audit.address')}</Table.Th>
                  <Table.Th aria-label={t('common.actions')} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {page.edges.map(({ node }) => (
                  <AuditLine key={node.id} entry={node} />
                ))}
              </Table.Tbody>
            </Table>
          </TableFrame>
          <LoadMore shown={page.edges.length} total={page.totalCount ?? null} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
        </>
      )}
    </>
  );
}
