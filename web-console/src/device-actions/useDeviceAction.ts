// Gives a device a command and shows the answer at once, before the stream confirms it.
import { useApolloClient } from '@apollo/client/react';
import { useCallback } from 'react';
import { describeError } from '../client/errors';
import { summarise } from '../client/userErrors';
import { fleetStore } from '../fleet/useFleet';
import type { DeviceState, DeviceAction } from '../graphql/generated/graphql';
import { ACTION_DOCUMENTS, STATE_AFTER, type SupportedAction } from './operations';

export interface ActionTarget {
  id: string;
  name: string;
  state: DeviceState;
  stateReason?: string | null;
  allowedActions: DeviceAction[];
}

/** Answers `null` on success, else a sentence that says what was wrong. */
export type RunDeviceAction = (device: ActionTarget, action: SupportedAction) => Promise<string | null>;

export function useDeviceAction(): RunDeviceAction {
  const client = useApolloClient();
  return useCallback(
    async (device, action) => {
      const before = { state: device.state, stateReason: device.stateReason ?? null, allowedActions: device.allowedActions };
      fleetStore.patch(device.id, { state: STATE_AFTER[action], stateReason: null, allowedActions: [] });
      try {
        const { data } = await client.mutate({
          mutation: ACTION_DOCUMENTS[action],
          variables: { id: device.id },
          optimisticResponse: {
            outcome: {
              device: { ...before, __typename: 'Device', id: device.id, name: device.name, state: STATE_AFTER[action], allowedActions: [] },
              userErrors: [],
            },
          } as never,
        });
        const outcome = data.outcome;
        if (outcome.userErrors.length > 0) {
          fleetStore.patch(device.id, before);
          return summarise(outcome.userErrors);
        }
        if (outcome.device) {
          const { state, stateReason, allowedActions } = outcome.device;
          fleetStore.patch(device.id, { state, stateReason: stateReason ?? null, allowedActions });
        }
        return null;
      } catch (error) {
        fleetStore.patch(device.id, before);
        return describeError(error);
      }
    },
    [client],
  );
}
