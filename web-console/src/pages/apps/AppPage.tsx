// One app: what its package says, who signed it, where it is installed.
import { useMutation, useQuery } from '@apollo/client/react';
import { Anchor, Button, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconApps, IconArrowLeft, IconDownload } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { Link, useNavigate, useParams } from 'react-router';
import { summarise } from '../../client/userErrors';
import { AppIcon } from '../../components/AppIcon';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { notifyDone, notifyFailure } from '../../components/notify';
import { PageHeader } from '../../components/PageHeader';
import { PageLoader } from '../../components/PageLoader';
import { graphql } from '../../graphql/generated';
import type { AppPageQuery } from '../../graphql/generated/graphql';
import { useMay } from '../../session/context';
import { AppPermissions } from './AppPermissions';
import { AppSignature } from './AppSignature';
import { AppSummary } from './AppSummary';
import { InstallDialog } from './install/InstallDialog';
import { InstallationList } from './install/InstallationList';

const APP_PAGE = graphql(`
  query AppPage($id: ID!) {
    application(id: $id) {
      id
      label
      packageName
      versionName
      versionCode
      minSdk
      targetSdk
      permissions
      abis
      iconUrl
      sizeBytes
      sha256
      createdAt
      installCount
      downloadUrl
      uploadedBy {
        id
        displayName
      }
      signature {
        verified
        schemes
        certificates {
          subject
          sha256
          notBefore
          notAfter
        }
      }
    }
  }
`);

const DELETE_APPLICATION = graphql(`
  mutation DeleteApplication($id: ID!) {
    deleteApplication(input: { id: $id }) {
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export type PageApplication = NonNullable<AppPageQuery['application']>;

export function AppPage() {
  const { t } = useTranslation();
  const { applicationId = '' } = useParams();
  const { data, error, refetch } = useQuery(APP_PAGE, { variables: { id: applicationId } });
  if (data?.application) return <Application application={data.application} />;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <PageLoader />;
  return (
    <EmptyState icon={IconApps} title={t('app.gone')}>
      <Anchor component={Link} to="/apps">
        {t('app.all')}
      </Anchor>
    </EmptyState>
  );
}

function Application({ application }: { application: PageApplication }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [installing, install] = useDisclosure();
  const [deleting, deletion] = useDisclosure();
  const mayInstall = useMay('app:install');
  const mayDelete = useMay('app:delete');
  const [deleteApplication, { loading: busy }] = useMutation(DELETE_APPLICATION);

  const remove = async () => {
    const title = t('app.deleteFailed', { name: application.label });
    try {
      const { data } = await deleteApplication({
        variables: { id: application.id },
        update: (cache, { data: answer }) => {
          if (answer?.deleteApplication.userErrors.length === 0) cache.evict({ id: cache.identify(application) ?? '' });
        },
      });
      const errors = data.deleteApplication.userErrors;
      if (errors.length > 0) {
        notifyFailure(title, summarise(errors));
        deletion.close();
      } else {
        notifyDone(t('app.deleted', { name: application.label }));
        void navigate('/apps');
      }
    } catch (error) {
      notifyFailure(title, error);
    }
  };

  return (
    <Stack gap="md">
      <div>
        <Anchor component={Link} to="/apps" size="sm" c="dimmed">
          <IconArrowLeft size={14} aria-hidden /> {t('app.all')}
        </Anchor>
        <Group wrap="nowrap" align="center" gap="md" mt={4}>
          <AppIcon label={application.label} iconUrl={application.iconUrl ?? null} size={56} />
          <div style={{ flex: 1, minWidth: 0 }}>
            <PageHeader title={application.label} summary={`${application.packageName} · ${application.versionName ?? application.versionCode}`}>
              {mayInstall && <Button onClick={install.open}>{t('app.install')}</Button>}
              {application.downloadUrl != null && (
                <Button component="a" href={application.downloadUrl} variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
                  {t('app.download')}
                </Button>
              )}
              {mayDelete && (
                <Button variant="light" color="red" onClick={deletion.open}>
                  {t('common.delete')}
                </Button>
              )}
            </PageHeader>
          </div>
        </Group>
      </div>
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <AppSummary application={application} />
        <AppSignature signature={application.signature ?? null} />
      </SimpleGrid>
      <AppPermissions permissions={application.permissions} />
      <section aria-labelledby="installations">
        <Title order={2} size="h4" id="installations" mb="xs">
          {t('app.installations')}
        </Title>
        <Text size="sm" c="dimmed" mb="xs">
          {t('apps.installs', { count: application.installCount })}
        </Text>
        <InstallationList applicationId={application.id} />
      </section>
      <InstallDialog application={application} opened={installing} onClose={install.close} />
      <ConfirmDialog opened={deleting} title={t('app.deleteTitle', { name: application.label })} action={t('common.delete')} busy={busy} onConfirm={() => void remove()} onClose={deletion.close}>
        {t('app.deleteHint')}
      </ConfirmDialog>
    </Stack>
  );
}
