// What the device is made of.
import { Badge, Group, Paper, Table } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Moment } from '../../components/Moment';
import { decimal } from '../../format/size';
import type { PageDevice } from './operations';

export function SpecificationTab({ device }: { device: PageDevice }) {
  const { t } = useTranslation();
  const { specification: made } = device;
  const rows: [string, ReactNode][] = [
    [t('specification.androidVersion'), made.androidVersion],
    [t('specification.provider'), t(`specification.providers.${device.provider}`)],
    [t('specification.cpuCores'), made.cpuCores],
    [t('specification.memoryMb'), `${decimal(made.memoryMb)} MB`],
    [t('specification.storageGb'), `${decimal(made.storageGb)} GB`],
    [t('specification.screen'), `${made.widthPx} × ${made.heightPx} px, ${made.density} dpi`],
    [t('specification.gpu'), made.gpu ? t('specification.yes') : t('specification.no')],
    [t('specification.locale'), made.locale],
    [t('specification.timezone'), made.timezone],
    [t('specification.networkProxy'), made.networkProxy ?? t('common.none')],
    [t('create.group'), device.group ?? t('common.none')],
    [
      t('create.tags'),
      device.tags.length === 0 ? (
        t('common.none')
      ) : (
        <Group key="tags" gap={4}>
          {device.tags.map((tag) => (
            <Badge key={tag} variant="default" tt="none">
              {tag}
            </Badge>
          ))}
        </Group>
      ),
    ],
    [t('devices.created'), <Moment key="created" at={device.createdAt} />],
    [t('specification.expires'), device.expiresAt == null ? t('common.never') : <Moment key="expires" at={device.expiresAt} />],
    [t('specification.id'), device.id],
  ];
  return (
    <Paper maw={720} style={{ overflow: 'hidden' }}>
      <Table variant="vertical" layout="fixed">
        <Table.Tbody>
          {rows.map(([label, value]) => (
            <Table.Tr key={label}>
              <Table.Th w={180}>{label}</Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}
