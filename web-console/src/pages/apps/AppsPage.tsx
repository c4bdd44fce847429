// The organisation's apps, and the way in for new ones.
import { useQuery } from '@apollo/client/react';
import { Anchor, Badge, Group, Paper, SimpleGrid, Text } from '@mantine/core';
import { IconApps } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { AppIcon } from '../../components/AppIcon';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { Moment } from '../../components/Moment';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { SearchField } from '../../components/SearchField';
import { bytes } from '../../format/size';
import { graphql } from '../../graphql/generated';
import { useMay } from '../../session/context';
import { UploadDropzone } from './upload/UploadDropzone';

const APPLICATIONS = graphql(`
  query Applications($search: String, $after: String) {
    applications(first: 48, search: $search, after: $after) {
      totalCount
      edges {
        node {
          id
          label
          packageName
          versionName
          versionCode
          iconUrl
          sizeBytes
          installCount
          createdAt
          signature {
            verified
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

export function AppsPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const mayUpload = useMay('app:upload');
  const variables = useMemo(() => ({ search: search === '' ? null : search }), [search]);
  const { data, error, loading, refetch, fetchMore } = useQuery(APPLICATIONS, { variables, notifyOnNetworkStatusChange: true });
  const page = data?.applications;

  return (
    <>
      <PageHeader title={t('apps.title')} summary={t('apps.summary')}>
        <SearchField label={t('apps.search')} value={search} onChange={setSearch} />
      </PageHeader>
      {mayUpload && <UploadDropzone />}
      {error && !page && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!page && loading && <PageLoader />}
      {page?.edges.length === 0 && <EmptyState icon={IconApps} title={search === '' ? t('apps.empty') : t('apps.noMatch')} hint={search === '' && mayUpload ? t('apps.emptyHint') : undefined} />}
      {page && page.edges.length > 0 && (
        <>
          <SimpleGrid component="ul" aria-label={t('apps.title')} cols={{ base: 1, sm: 2, lg: 3, xl: 4 }} spacing="sm" p={0} m={0} style={{ listStyle: 'none' }}>
            {page.edges.map(({ node }) => (
              <Paper component="li" key={node.id} p="sm" aria-label={node.label}>
                <Group wrap="nowrap" gap="sm">
                  <AppIcon label={node.label} iconUrl={node.iconUrl ?? null} size={48} />
                  <div style={{ minWidth: 0 }}>
                    <Anchor component={Link} to={`/apps/${node.id}`} fw={600} c="inherit" lineClamp={1}>
                      {node.label}
                    </Anchor>
                    <Text size="xs" c="dimmed" truncate>
                      {node.packageName}
                    </Text>
                    <Group gap={6} mt={4}>
                      <Badge variant="default" tt="none" fw={500}>
                        {node.versionName ?? node.versionCode}
                      </Badge>
                      {node.signature?.verified === false && (
                        <Badge color="orange" variant="light" tt="none">
                          {t('apps.unverified')}
                        </Badge>
                      )}
                    </Group>
                    <Text size="xs" c="dimmed" mt={4} truncate>
                      {bytes(node.sizeBytes)} · {t('apps.installs', { count: node.installCount })} · <Moment at={node.createdAt} />
                    </Text>
                  </div>
                </Group>
              </Paper>
            ))}
          </SimpleGrid>
          <LoadMore shown={page.edges.length} total={page.totalCount ?? null} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
        </>
      )}
    </>
  );
}
