// The uploads under way, at the edge of every page.
import { useApolloClient } from '@apollo/client/react';
import { ActionIcon, Affix, Anchor, Group, Paper, Progress, Stack, Text } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useEffect, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { notifyFailure } from '../../../components/notify';
import { bytes } from '../../../format/size';
import { uploads, type Stage, type Upload } from './uploads';

const COLORS: Record<Stage, string> = { waiting: 'gray', hashing: 'gray', sending: 'ink', processing: 'violet', ready: 'teal', failed: 'red', cancelled: 'gray' };
const OVER: ReadonlySet<Stage> = new Set<Stage>(['ready', 'failed', 'cancelled']);

export function UploadTray() {
  const { t } = useTranslation();
  const all = useSyncExternalStore(uploads.subscribe, uploads.all);
  const busy = all.some((upload) => !OVER.has(upload.stage));

  useEffect(() => {
    if (!busy) return;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('beforeunload', warn);
    return () => removeEventListener('beforeunload', warn);
  }, [busy]);

  if (all.length === 0) return null;
  return (
    <Affix position={{ bottom: 12, right: 12 }} zIndex={150}>
      <Paper component="section" aria-label={t('upload.tray')} shadow="md" p="sm" w="min(380px, calc(100vw - 24px))" mah="50vh" style={{ overflowY: 'auto' }}>
        <Stack gap="sm">
          {all.map((upload) => (
            <UploadLine key={upload.key} upload={upload} />
          ))}
        </Stack>
      </Paper>
    </Affix>
  );
}

function UploadLine({ upload }: { upload: Upload }) {
  const { t } = useTranslation();
  const client = useApolloClient();
  const over = OVER.has(upload.stage);
  const application = upload.remote?.application;
  const close = () => {
    if (over) uploads.dismiss(upload.key);
    else uploads.cancel(upload.key, client).catch((error: unknown) => notifyFailure(t('upload.cancelFailed'), error));
  };

  return (
    <div role="group" aria-label={upload.fileName} data-stage={upload.stage}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" fw={600} truncate>
          {upload.fileName}
        </Text>
        <ActionIcon size="sm" variant="subtle" color="gray" aria-label={t(over ? 'upload.dismiss' : 'upload.cancel', { name: upload.fileName })} onClick={close}>
          <IconX size={14} aria-hidden />
        </ActionIcon>
      </Group>
      <Progress
        size="sm"
        my={4}
        color={COLORS[upload.stage]}
        value={upload.stage === 'failed' ? 100 : upload.progress}
        animated={!over}
        aria-label={t('upload.progress', { name: upload.fileName })}
      />
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="xs" role="status" {...(upload.stage === 'failed' && { c: 'red' })}>
          {upload.failure ?? t(`upload.stage.${upload.stage}`)}
        </Text>
        {upload.stage === 'ready' && application ? (
          <Anchor component={Link} to={`/apps/${application.id}`} size="xs">
            {application.label}
          </Anchor>
        ) : (
          <Text size="xs" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
            {bytes(upload.sizeBytes)}
          </Text>
        )}
      </Group>
    </div>
  );
}
