// How many devices are in which state; pressing a count shows only those.
import { Group, Text, UnstyledButton } from '@mantine/core';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { STATE_COLORS } from '../../components/StateBadge';
import type { FleetDevice } from '../../fleet/subscription';
import type { DeviceState } from '../../graphql/generated/graphql';
import type { WallFilter } from './filter';
import classes from './Wall.module.css';

interface StateSummaryProps {
  devices: readonly FleetDevice[];
  filter: WallFilter;
  onChange: (filter: WallFilter) => void;
}

export function StateSummary({ devices, filter, onChange }: StateSummaryProps) {
  const { t } = useTranslation();
  const counts = useMemo(() => {
    const byState = new Map<DeviceState, number>();
    for (const { state } of devices) byState.set(state, (byState.get(state) ?? 0) + 1);
    return [...byState].sort(([, a], [, b]) => b - a);
  }, [devices]);

  return (
    <Group gap={6} role="group" aria-label={t('wall.states')}>
      <Text size="sm" component="span">
        {t('wall.count', { count: devices.length })}
      </Text>
      {counts.map(([state, count]) => (
        <UnstyledButton
          key={state}
          className={classes.count}
          aria-pressed={filter.state === state}
          onClick={() => onChange({ ...filter, state: filter.state === state ? null : state })}
        >
          <span className={classes.dot} style={{ background: `var(--mantine-color-${STATE_COLORS[state]}-filled)` }} aria-hidden />
          {count} {t(`devices.state.${state}`)}
        </UnstyledButton>
      ))}
    </Group>
  );
}
