// Search, state and tag of the table.
import { MultiSelect, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { SearchField } from '../../components/SearchField';
import type { DeviceState } from '../../graphql/generated/graphql';
import type { ChangeAddress, TableAddress } from './useTableAddress';

const STATES = ['RUNNING', 'STARTING', 'STOPPED', 'STOPPING', 'PAUSED', 'REBOOTING', 'PROVISIONING', 'CREATING', 'ERROR'] as const satisfies readonly DeviceState[];

export function DeviceFilters({ address, onChange }: { address: TableAddress; onChange: ChangeAddress }) {
  const { t } = useTranslation();
  return (
    <>
      <SearchField label={t('devices.search')} value={address.search} onChange={(search) => onChange({ search })} />
      <MultiSelect
        aria-label={t('devices.filterState')}
        placeholder={address.states.length === 0 ? t('devices.filterState') : ''}
        data={STATES.map((state) => ({ value: state, label: t(`devices.state.${state}`) }))}
        value={address.states}
        onChange={(states) => onChange({ states: STATES.filter((state) => states.includes(state)) })}
        clearable
        w={{ base: '100%', xs: 240 }}
      />
      <TextInput
        key={address.tag}
        aria-label={t('devices.filterTag')}
        placeholder={t('devices.filterTag')}
        defaultValue={address.tag}
        onBlur={(event) => onChange({ tag: event.currentTarget.value.trim() })}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange({ tag: event.currentTarget.value.trim() });
        }}
        w={{ base: '100%', xs: 140 }}
      />
    </>
  );
}
