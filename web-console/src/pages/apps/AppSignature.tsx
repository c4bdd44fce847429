// Who signed the package, and whether the signature holds.
import { Badge, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { dateOnly } from '../../format/time';
import type { PageApplication } from './AppPage';

export function AppSignature({ signature }: { signature: PageApplication['signature'] | null }) {
  const { t } = useTranslation();
  const verified = signature?.verified === true;
  const Shield = verified ? IconShieldCheck : IconShieldX;
  return (
    <Paper p="sm">
      <Title order={2} size="h4" mb="xs">
        {t('app.signature')}
      </Title>
      <Group gap="xs" mb="sm">
        <Badge color={verified ? 'teal' : 'orange'} variant="light" tt="none" leftSection={<Shield size={14} aria-hidden />}>
          {t(verified ? 'app.verified' : 'app.notVerified')}
        </Badge>
        {signature?.schemes.map((scheme) => (
          <Badge key={scheme} variant="default" tt="none">
            {scheme.toLowerCase()}
          </Badge>
        ))}
      </Group>
      <Stack gap="sm">
        {signature?.certificates.map((certificate) => (
          <div key={certificate.sha256}>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {certificate.subject}
            </Text>
            <Text size="xs" c="dimmed">
              {t('app.validity', { from: dateOnly(certificate.notBefore), to: dateOnly(certificate.notAfter) })}
            </Text>
            <Code style={{ overflowWrap: 'anywhere' }}>{certificate.sha256}</Code>
          </div>
        ))}
      </Stack>
    </Paper>
  );
}
