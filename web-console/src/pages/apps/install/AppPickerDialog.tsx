// Installs an app, chosen by name, on one device.
import { useMutation, useQuery } from '@apollo/client/react';
import { Button, Group, Modal, ScrollArea, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { describeError } from '../../../client/errors';
import { AppIcon } from '../../../components/AppIcon';
import { ErrorState } from '../../../components/ErrorState';
import { FormErrors } from '../../../components/FormErrors';
import { PageLoader } from '../../../components/PageLoader';
import { SearchField } from '../../../components/SearchField';
import { graphql } from '../../../graphql/generated';
import { INSTALL } from './operations';

const APP_CHOICES = graphql(`
  query AppChoices($search: String) {
    applications(first: 50, search: $search) {
      edges {
        node {
          id
          label
          packageName
          versionName
          iconUrl
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

interface AppPickerDialogProps {
  device: { id: string; name: string };
  opened: boolean;
  onClose: () => void;
}

export function AppPickerDialog({ device, opened, onClose }: AppPickerDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t('install.on', { name: device.name })}>
      <AppPicker device={device} onClose={onClose} />
    </Modal>
  );
}

function AppPicker({ device, onClose }: Omit<AppPickerDialogProps, 'opened'>) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [errors, setErrors] = useState<string[]>([]);
  const { data, previousData, error, refetch } = useQuery(APP_CHOICES, { variables: { search: search === '' ? null : search } });
  const [install, { loading }] = useMutation(INSTALL, { refetchQueries: ['Installations'] });
  const apps = (data ?? previousData)?.applications?.edges.map((edge) => edge.node);

  const choose = async (applicationId: string) => {
    setErrors([]);
    try {
      const answer = await install({ variables: { applicationId, deviceIds: [device.id] } });
      const problems = answer.data.installApplication.userErrors;
      if (problems.length === 0) onClose();
      else setErrors(problems.map((problem) => problem.message));
    } catch (cause) {
      setErrors([describeError(cause)]);
    }
  };

  return (
    <Stack>
      <FormErrors messages={errors} />
      <SearchField label={t('apps.search')} value={search} onChange={setSearch} />
      {error && !apps && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!apps && !error && <PageLoader />}
      {apps?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t('apps.empty')}
        </Text>
      )}
      <ScrollArea.Autosize mah={360}>
        <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('apps.title')}>
          {apps?.map((app) => (
            <Group component="li" key={app.id} wrap="nowrap" justify="space-between" aria-label={app.label}>
              <Group gap="sm" wrap="nowrap" miw={0}>
                <AppIcon label={app.label} iconUrl={app.iconUrl ?? null} size={36} />
                <div style={{ minWidth: 0 }}>
                  <Text size="sm" fw={600} truncate>
                    {app.label} {app.versionName}
                  </Text>
                  <Text size="xs" c="dimmed" truncate>
                    {app.packageName}
                  </Text>
                </div>
              </Group>
              <Button size="xs" variant="light" disabled={loading} onClick={() => void choose(app.id)}>
                {t('app.install')}
              </Button>
            </Group>
          ))}
        </Stack>
      </ScrollArea.Autosize>
    </Stack>
  );
}
