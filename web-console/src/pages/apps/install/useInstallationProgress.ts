// Keeps installations in the cache true while they are on the screen.
import { useApolloClient } from '@apollo/client/react';
import { useEffect, useEffectEvent } from 'react';
import { live } from '../../../client/live';
import { useSession } from '../../../session/context';
import { INSTALLATION_PROGRESS, type InstallationRow } from './operations';

interface Scope {
  deviceId?: string;
  applicationId?: string;
}

/** `onChange` also runs when the stream began again, with nothing, because changes may have been missed. */
export function useInstallationProgress({ deviceId, applicationId }: Scope, onChange: (installation: InstallationRow | null) => void): void {
  const client = useApolloClient();
  const session = useSession();
  const changed = useEffectEvent(onChange);
  useEffect(
    () =>
      live(client, session, {
        document: INSTALLATION_PROGRESS,
        variables: () => ({ deviceId: deviceId ?? null, applicationId: applicationId ?? null }),
        starting: (again) => {
          if (again) changed(null);
        },
        next: ({ installationProgress }) => changed(installationProgress),
      }),
    [client, session, deviceId, applicationId],
  );
}
