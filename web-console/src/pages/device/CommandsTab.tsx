// What the device was told to do, and how that went.
import { useQuery } from '@apollo/client/react';
import { Badge, Progress, Table, Text } from '@mantine/core';
import { IconTerminal2 } from '@tabler/icons-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { Moment } from '../../components/Moment';
import { PageLoader } from '../../components/PageLoader';
import { TableFrame } from '../../components/TableFrame';
import { graphql } from '../../graphql/generated';
import type { CommandStatus } from '../../graphql/generated/graphql';

const COMMANDS = graphql(`
  query DeviceCommands($id: ID!, $after: String) {
    device(id: $id) {
      id
      commands(first: 20, after: $after) {
        edges {
          node {
            ...CommandFields
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

const COLORS: Record<CommandStatus, string> = {
  QUEUED: 'gray',
  SENT: 'blue',
  ACCEPTED: 'blue',
  SUCCEEDED: 'teal',
  FAILED: 'red',
  EXPIRED: 'orange',
};

const POLL_MS = 3_000;

export function CommandsTab({ id, changes }: { id: string; changes: number }) {
  const { t } = useTranslation();
  const { data, error, loading, refetch, fetchMore, startPolling, stopPolling } = useQuery(COMMANDS, { variables: { id } });
  useEffect(() => {
    if (changes > 0) void refetch();
  }, [changes, refetch]);

  const page = data?.device?.commands;
  const waiting = page?.edges.some(({ node }) => node.completedAt == null) ?? false;
  useEffect(() => {
    if (!waiting) return;
    startPolling(POLL_MS);
    return stopPolling;
  }, [waiting, startPolling, stopPolling]);

  if (error && !page) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!page) return <PageLoader />;
  if (page.edges.length === 0) return <EmptyState icon={IconTerminal2} title={t('commands.empty')} />;
  return (
    <>
      <TableFrame minWidth={520}>
        <Table aria-label={t('device.commands')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('commands.kind')}</Table.Th>
              <Table.Th>{t('commands.statusHead')}</Table.Th>
              <Table.Th>{t('commands.given')}</Table.Th>
              <Table.Th>{t('commands.outcome')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {page.edges.map(({ node }) => (
              <Table.Tr key={node.id}>
                <Table.Td>{t(`commands.kinds.${node.kind}`)}</Table.Td>
                <Table.Td>
                  <Badge variant="light" tt="none" color={COLORS[node.status]}>
                    {t(`commands.status.${node.status}`)}
                  </Badge>
                  {node.completedAt == null && <Progress size="xs" mt={4} value={node.progress} aria-label={t('commands.progress')} />}
                </Table.Td>
                <Table.Td>
                  <Moment at={node.createdAt} />
                </Table.Td>
                <Table.Td>
                  <Text size="sm" {...(node.error && { c: 'red' })}>
                    {node.error?.message ?? (node.completedAt == null ? t('common.none') : t('commands.ended'))}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </TableFrame>
      <LoadMore shown={page.edges.length} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
    </>
  );
}
