// The organisation's API keys.
import { useQuery } from '@apollo/client/react';
import { Button, Table } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { TableFrame } from '../../components/TableFrame';
import { useMay } from '../../session/context';
import { ApiKeyDialog } from './ApiKeyDialog';
import { ApiKeyLine } from './ApiKeyLine';
import { API_KEYS } from './operations';

export function ApiKeysPage() {
  const { t } = useTranslation();
  const [opened, dialog] = useDisclosure();
  const mayWrite = useMay('apikey:write');
  const { data, error, loading, refetch, fetchMore } = useQuery(API_KEYS, { notifyOnNetworkStatusChange: true });
  const page = data?.apiKeys;

  return (
    <>
      <PageHeader title={t('apiKeys.title')} summary={t('apiKeys.summary')}>
        {mayWrite && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
            {t('apiKeys.create')}
          </Button>
        )}
      </PageHeader>
      {error && !page && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!page && loading && <PageLoader />}
      {page?.edges.length === 0 && <EmptyState icon={IconKey} title={t('apiKeys.empty')} hint={t('apiKeys.emptyHint')} />}
      {page && page.edges.length > 0 && (
        <>
          <TableFrame minWidth={680}>
            <Table aria-label={t('apiKeys.title')} verticalSpacing="xs">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>{t('apiKeys.name')}</Table.Th>
                  <Table.Th>{t('apiKeys.permissions')}</Table.Th>
                  <Table.Th>{t('apiKeys.lastUsed')}</Table.Th>
                  <Table.Th>{t('apiKeys.expires')}</Table.Th>
                  <Table.Th aria-label={t('common.actions')} />
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {page.edges.map(({ node }) => (
                  <ApiKeyLine key={node.id} apiKey={node} />
                ))}
              </Table.Tbody>
            </Table>
          </TableFrame>
          <LoadMore shown={page.edges.length} total={page.totalCount ?? null} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
        </>
      )}
      <ApiKeyDialog opened={opened} onClose={dialog.close} />
    </>
  );
}
