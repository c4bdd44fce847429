// The people of the organisation.
import { useQuery } from '@apollo/client/react';
import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus, IconUsers } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { SearchField } from '../../components/SearchField';
import { TableFrame } from '../../components/TableFrame';
import { useMay } from '../../session/context';
import { USERS, type UserRow } from './operations';
import { UserDialog } from './UserDialog';
import { UserLine } from './UserLine';

export function UsersPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [editing, setEditing] = useState<UserRow | null>(null);
  const [opened, dialog] = useDisclosure();
  const mayCreate = useMay('user:create');
  const { data, error, loading, refetch, fetchMore } = useQuery(USERS, { variables: { search: search === '' ? null : search }, notifyOnNetworkStatusChange: true });
  const page = data?.users;

  const open = (user: UserRow | null) => {
    setEditing(user);
    dialog.open();
  };

  return (
    <>
      <PageHeader title={t('users.title')} summary={t('users.summary')}>
        <SearchField label={t('users.search')} value={search} onChange={setSearch} />
        {mayCreate && (
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => open(null)}>
            {t('users.create')}
          </Button>
        )}
      </PageHeader>
      {error && !page && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!page && loading && <PageLoader />}
      {page?.edges.length === 0 && <EmptyState icon={IconUsers} title={t('users.empty')} />}
      {page && page.edges.length > 0 && (
        <>
          <TableFrame minWidth={640}>
            <Table aria-label={t('users.title')} verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('users.name')}</Table.Th>
                  <Table.Th>{t('users.roles')}</Table.Th>
                  <Table.Th>{t('users.statusHead')}</Table.Th>
                  <Table.Th>{t('users.lastLogin')}</Table.Th>
                  <Table.Th aria-label={t('common.actions')} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {page.edges.map(({ node }) => (
                  <UserLine key={node.id} user={node} onEdit={() => open(node)} />
                ))}
              </Table.Tbody>
            </Table>
          </TableFrame>
          <LoadMore shown={page.edges.length} total={page.totalCount ?? null} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
        </>
      )}
      <UserDialog key={editing?.id ?? 'new'} user={editing} opened={opened} onClose={dialog.close} />
    </>
  );
}
