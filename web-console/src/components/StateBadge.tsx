// A device's state, told by colour, word and, while it changes, motion.
import { Badge, Loader, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { DeviceState } from '../graphql/generated/graphql';

export const STATE_COLORS: Record<DeviceState, string> = {
  CREATING: 'blue',
  PROVISIONING: 'blue',
  STARTING: 'blue',
  RUNNING: 'teal',
  PAUSING: 'yellow',
  PAUSED: 'yellow',
  STOPPING: 'gray',
  STOPPED: 'gray',
  REBOOTING: 'blue',
  RESETTING: 'blue',
  SNAPSHOTTING: 'violet',
  RESTORING: 'violet',
  MIGRATING: 'violet',
  ERROR: 'red',
  DELETING: 'gray',
  DELETED: 'gray',
};

const SETTLED: ReadonlySet<DeviceState> = new Set<DeviceState>(['RUNNING', 'PAUSED', 'STOPPED', 'ERROR', 'DELETED']);

interface StateBadgeProps {
  state: DeviceState;
  reason?: string | null;
  online?: boolean;
  /** Whether the device was in this state before; what is past does not move. */
  past?: boolean;
}

export function StateBadge({ state, reason, online = true, past = false }: StateBadgeProps) {
  const { t } = useTranslation();
  // A running phone off the network is not well, whatever its last state says.
  const lost = state === 'RUNNING' && !online;
  const color = lost ? 'orange' : STATE_COLORS[state];
  const word = lost ? t('devices.unreachable') : t(`devices.state.${state}`);
  const hint = reason ?? (lost ? t('devices.unreachableHint') : null);
  const badge = (
    <Badge
      color={color}
      variant="light"
      tt="none"
      data-state={state}
      miw="max-content"
      leftSection={past || SETTLED.has(state) ? undefined : <Loader size={10} color={color} aria-hidden />}
    >
      {word}
    </Badge>
  );
  return hint === null ? badge : <Tooltip label={hint}>{badge}</Tooltip>;
}
