// What the package says about itself.
import { Badge, Code, Group, Paper, Table, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Moment } from '../../components/Moment';
import { bytes } from '../../format/size';
import type { PageApplication } from './AppPage';

export function AppSummary({ application }: { application: PageApplication }) {
  const { t } = useTranslation();
  const rows: [string, ReactNode][] = [
    [t('app.version'), `${application.versionName ?? t('common.none')} (${application.versionCode})`],
    [t('app.sdk'), t('app.sdkRange', { min: application.minSdk, target: application.targetSdk })],
    [
      t('app.abis'),
      application.abis.length === 0 ? (
        t('app.anyAbi')
      ) : (
        <Group key="abis" gap={4}>
          {application.abis.map((abi) => (
            <Badge key={abi} variant="default" tt="none">
              {abi}
            </Badge>
          ))}
        </Group>
      ),
    ],
    [t('app.size'), bytes(application.sizeBytes)],
    ['SHA-256', <Code key="sha" style={{ overflowWrap: 'anywhere' }}>{application.sha256}</Code>],
    [t('app.uploaded'), <span key="by">{application.uploadedBy && `${application.uploadedBy.displayName} · `}<Moment at={application.createdAt} /></span>],
  ];
  return (
    <Paper p="sm">
      <Title order={2} size="h4" mb="xs">
        {t('app.package')}
      </Title>
      <Table variant="vertical" withRowBorders={false} verticalSpacing={4}>
        <Table.Tbody>
          {rows.map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th w={120} bg="transparent">
                {label}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
