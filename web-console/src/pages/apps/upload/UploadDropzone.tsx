// Where packages are dropped or chosen.
import { useApolloClient, useQuery } from '@apollo/client/react';
import { Group, List, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { IconPackageImport, IconUpload, IconX } from '@tabler/icons-react';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { notifyFailure } from '../../../components/notify';
import { bytes } from '../../../format/size';
import { useSession } from '../../../session/context';
import { UNFINISHED_UPLOADS } from './operations';
import { uploads } from './uploads';

const APK = { 'application/vnd.android.package-archive': ['.apk'] };

export function UploadDropzone() {
  const { t } = useTranslation();
  const client = useApolloClient();
  const session = useSession();

  return (
    <>
      <Dropzone
        accept={APK}
        // Browsers name the type of an APK in many ways; the platform looks into the file itself.
        validator={(file) => (/\.apk$/i.test(file.name) ? null : { code: 'not-apk', message: t('upload.notApk') })}
        useFsAccessApi={false}
        onDrop={(files) => uploads.add(files, client, session)}
        onReject={(rejected) => rejected.forEach(({ file }) => notifyFailure(file.name, t('upload.notApk')))}
        inputProps={{ 'aria-label': t('upload.choose') }}
        mb="md"
        p="md"
      >
        <Group justify="center" gap="md" style={{ pointerEvents: 'none' }}>
          <Dropzone.Accept>
            <IconUpload size={32} aria-hidden />
          </Dropzone.Accept>
          <Dropzone.Reject>
            <IconX size={32} aria-hidden />
          </Dropzone.Reject>
          <Dropzone.Idle>
            <IconPackageImport size={32} stroke={1.4} aria-hidden />
          </Dropzone.Idle>
          <div>
            <Text fw={600}>{t('upload.drop')}</Text>
            <Text size="sm" c="dimmed">
              {t('upload.dropHint')}
            </Text>
          </div>
        </Group>
      </Dropzone>
      <Unfinished />
    </>
  );
}

/** Uploads that a closed tab left behind; the same file takes them up where they stopped. */
function Unfinished() {
  const { t } = useTranslation();
  const { data } = useQuery(UNFINISHED_UPLOADS);
  const own = useSyncExternalStore(uploads.subscribe, uploads.all);
  const left = (data?.applicationUploads?.edges ?? []).map((edge) => edge.node).filter((upload) => !own.some((one) => one.remote?.id === upload.id));
  if (left.length === 0) return null;
  return (
    <List size="sm" mb="md" c="dimmed" aria-label={t('upload.unfinished')}>
      {left.map((upload) => (
        <List.Item key={upload.id}>
          {t('upload.resume', {
            name: upload.fileName,
            done: bytes(upload.parts.filter((part) => part.uploaded).reduce((sum, part) => sum + part.sizeBytes, 0)),
            of: bytes(upload.sizeBytes),
          })}
        </List.Item>
      ))}
    </List>
  );
}
