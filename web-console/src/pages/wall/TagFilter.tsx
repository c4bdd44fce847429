// Narrows the wall to devices that carry all the chosen tags.
import { MultiSelect } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FleetDevice } from '../../fleet/subscription';
import type { WallFilter } from './filter';

interface TagFilterProps {
  devices: readonly FleetDevice[];
  filter: WallFilter;
  onChange: (filter: WallFilter) => void;
}

export function TagFilter({ devices, filter, onChange }: TagFilterProps) {
  const { t } = useTranslation();
  const tags = useMemo(() => [...new Set(devices.flatMap((device) => device.tags))].sort(), [devices]);
  if (tags.length === 0) return null;
  return (
    <MultiSelect
      aria-label={t('wall.tags')}
      placeholder={filter.tags.length === 0 ? t('wall.tags') : ''}
      data={tags}
      value={[...filter.tags]}
      onChange={(chosen) => onChange({ ...filter, tags: chosen })}
      clearable
      searchable
      w={{ base: '100%', xs: 200 }}
    />
  );
}
