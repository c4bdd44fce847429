// Installs an app on many devices and shows how each one fares.
import { useMutation } from '@apollo/client/react';
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { describeError } from '../../../client/errors';
import { FormErrors } from '../../../components/FormErrors';
import { DevicePicker } from './DevicePicker';
import { InstallationList } from './InstallationList';
import { INSTALL } from './operations';

interface InstallDialogProps {
  application: { id: string; label: string };
  opened: boolean;
  onClose: () => void;
}

export function InstallDialog({ application, opened, onClose }: InstallDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t('install.title', { name: application.label })} size="lg">
      <InstallForm application={application} onClose={onClose} />
    </Modal>
  );
}

function InstallForm({ application, onClose }: Omit<InstallDialogProps, 'opened'>) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [started, setStarted] = useState<string[] | null>(null);
  const [errors, setErrors] = useState<string[]>([]);
  const [install, { loading }] = useMutation(INSTALL, { refetchQueries: ['Installations', 'AppPage'] });

  const start = async () => {
    setErrors([]);
    try {
      const { data } = await install({ variables: { applicationId: application.id, deviceIds: [...chosen] } });
      setErrors(data.installApplication.userErrors.map((error) => error.message));
      const installations = data.installApplication.installations;
      if (installations.length > 0) setStarted(installations.map((installation) => installation.id));
    } catch (error) {
      setErrors([describeError(error)]);
    }
  };

  return (
    <Stack>
      <FormErrors messages={errors} />
      {started === null ? (
        <>
          <DevicePicker chosen={chosen} onChange={setChosen} />
          <Group justify="space-between">
            <Text size="sm" role="status">
              {t('install.chosen', { count: chosen.size })}
            </Text>
            <Button loading={loading} disabled={chosen.size === 0} onClick={() => void start()}>
              {t('install.start')}
            </Button>
          </Group>
        </>
      ) : (
        <>
          <InstallationList applicationId={application.id} only={started} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.close')}
            </Button>
          </Group>
        </>
      )}
    </Stack>
  );
}
