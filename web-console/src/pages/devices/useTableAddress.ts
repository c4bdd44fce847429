// Keeps the table's filters and order in the address, so that a view can be sent to a colleague.
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { STATE_COLORS } from '../../components/StateBadge';
import type { DeviceOrderField, DeviceState } from '../../graphql/generated/graphql';

export interface TableAddress {
  search: string;
  states: DeviceState[];
  tag: string;
  field: DeviceOrderField;
  direction: 'ASC' | 'DESC';
}

const FIELDS: readonly DeviceOrderField[] = ['NAME', 'CREATED_AT', 'STATE'];

function isState(text: string): text is DeviceState {
  return text in STATE_COLORS;
}

export function readAddress(params: URLSearchParams): TableAddress {
  return {
    search: params.get('search') ?? '',
    states: (params.get('states') ?? '').split(',').filter(isState),
    tag: params.get('tag') ?? '',
    field: FIELDS.find((field) => field === params.get('sort')) ?? 'NAME',
    direction: params.get('direction') === 'DESC' ? 'DESC' : 'ASC',
  };
}

export function writeAddress(address: TableAddress): URLSearchParams {
  const params = new URLSearchParams();
  if (address.search !== '') params.set('search', address.search);
  if (address.states.length > 0) params.set('states', address.states.join(','));
  if (address.tag !== '') params.set('tag', address.tag);
  if (address.field !== 'NAME') params.set('sort', address.field);
  if (address.direction !== 'ASC') params.set('direction', address.direction);
  return params;
}

export type ChangeAddress = (change: Partial<TableAddress>) => void;

export function useTableAddress(): { address: TableAddress; change: ChangeAddress } {
  const [params, setParams] = useSearchParams();
  const address = useMemo(() => readAddress(params), [params]);
  const change: ChangeAddress = (part) => setParams((before) => writeAddress({ ...readAddress(before), ...part }), { replace: true });
  return { address, change };
}
