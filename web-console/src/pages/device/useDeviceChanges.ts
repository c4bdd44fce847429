// Keeps the cached device true while its page is open, and tells when it moved from state to state.
import { useApolloClient } from '@apollo/client/react';
import { useEffect, useEffectEvent } from 'react';
import { live } from '../../client/live';
import { useSession } from '../../session/context';
import { DEVICE_CHANGED } from './operations';

export function useDeviceChanges(id: string, onChange: () => void): void {
  const client = useApolloClient();
  const session = useSession();
  const changed = useEffectEvent(onChange);
  useEffect(
    () =>
      live(client, session, {
        document: DEVICE_CHANGED,
        variables: () => ({ id }),
        // What changed while the connection was lost is asked for again.
        starting: (again) => {
          if (again) changed();
        },
        next: () => changed(),
      }),
    [client, session, id],
  );
}
