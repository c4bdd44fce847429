// The templates that devices are made from.
import { useQuery } from '@apollo/client/react';
import { Button, SimpleGrid } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconTemplate } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadMore } from '../../components/LoadMore';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { SearchField } from '../../components/SearchField';
import { useMay } from '../../session/context';
import { TEMPLATES, type Template } from './operations';
import { TemplateCard } from './TemplateCard';
import { TemplateDialog } from './TemplateDialog';

export function TemplatesPage() {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [editing, setEditing] = useState<Template | null>(null);
  const [opened, dialog] = useDisclosure();
  const mayWrite = useMay('template:write');
  const { data, error, loading, refetch, fetchMore } = useQuery(TEMPLATES, { variables: { search: search === '' ? null : search }, notifyOnNetworkStatusChange: true });
  const page = data?.deviceTemplates;

  const open = (template: Template | null) => {
    setEditing(template);
    dialog.open();
  };

  return (
    <>
      <PageHeader title={t('templates.title')} summary={t('templates.summary')}>
        <SearchField label={t('templates.search')} value={search} onChange={setSearch} />
        {mayWrite && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => open(null)}>
            {t('templates.create')}
          </Button>
        )}
      </PageHeader>
      {error && !page && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!page && loading && <PageLoader />}
      {page?.edges.length === 0 && <EmptyState icon={IconTemplate} title={t('templates.empty')} hint={t('templates.emptyHint')} />}
      {page && page.edges.length > 0 && (
        <>
          <SimpleGrid component="ul" aria-label={t('templates.title')} cols={{ base: 1, sm: 2, lg: 3 }} spacing="sm" p={0} m={0} style={{ listStyle: 'none' }}>
            {page.edges.map(({ node }) => (
              <TemplateCard key={node.id} template={node} onEdit={() => open(node)} />
            ))}
          </SimpleGrid>
          <LoadMore shown={page.edges.length} total={page.totalCount ?? null} hasMore={page.pageInfo.hasNextPage} loading={loading} onMore={() => void fetchMore({ variables: { after: page.pageInfo.endCursor ?? null } })} />
        </>
      )}
      <TemplateDialog key={editing?.id ?? 'new'} template={editing} opened={opened} onClose={dialog.close} />
    </>
  );
}
