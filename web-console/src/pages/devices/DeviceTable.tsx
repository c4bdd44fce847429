// The rows and their heads: press a head to order by it, a box to choose.
import { Checkbox, Table, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { TableFrame } from '../../components/TableFrame';
import type { DeviceOrderField } from '../../graphql/generated/graphql';
import { DeviceRow } from './DeviceRow';
import classes from './Devices.module.css';
import type { DeviceRowData } from './query';
import type { ChangeAddress } from './useTableAddress';

interface DeviceTableProps {
  devices: readonly DeviceRowData[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  order: { field: DeviceOrderField; direction: 'ASC' | 'DESC' };
  onOrder: ChangeAddress;
}

export function DeviceTable({ devices, selected, onSelect, order, onOrder }: DeviceTableProps) {
  const { t } = useTranslation();
  const all = devices.every((device) => selected.has(device.id));

  const toggle = (id: string) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    onSelect(next);
  };

  const head = (field: DeviceOrderField, label: string) => {
    const active = order.field === field;
    const Arrow = order.direction === 'ASC' ? IconArrowUp : IconArrowDown;
    return (
      <Table.Th aria-sort={active ? (order.direction === 'ASC' ? 'ascending' : 'descending') : 'none'}>
        <UnstyledButton className={classes.head} onClick={() => onOrder({ field, direction: active && order.direction === 'ASC' ? 'DESC' : 'ASC' })}>
          {label}
          {active && <Arrow size={14} aria-hidden />}
        </UnstyledButton>
      </Table.Th>
    );
  };

  return (
    <TableFrame minWidth={860}>
      <Table highlightOnHover verticalSpacing="xs" stickyHeader aria-label={t('devices.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={40}>
              <Checkbox
                aria-label={t('devices.selectAll')}
                checked={all}
                indeterminate={!all && selected.size > 0}
                onChange={() => onSelect(new Set(all ? [] : devices.map((device) => device.id)))}
              />
            </Table.Th>
            {head('NAME', t('devices.name'))}
            {head('STATE', t('devices.stateHead'))}
            <Table.Th>{t('devices.owner')}</Table.Th>
            <Table.Th>{t('metrics.cpu')}</Table.Th>
            <Table.Th>{t('metrics.memory')}</Table.Th>
            <Table.Th>{t('metrics.battery')}</Table.Th>
            <Table.Th>{t('devices.tags')}</Table.Th>
            {head('CREATED_AT', t('devices.created'))}
            <Table.Th>
              <span className={classes.hidden}>{t('common.actions')}</span>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {devices.map((device) => (
            <DeviceRow key={device.id} device={device} selected={selected.has(device.id)} onToggle={toggle} />
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}
