// The last minutes of one device, growing live; a lost connection resumes where it was.
import { useApolloClient } from '@apollo/client/react';
import { useEffect, useState } from 'react';
import { live } from '../../client/live';
import { useSession } from '../../session/context';
import { DEVICE_TELEMETRY, TELEMETRY_HISTORY, type Telemetry } from './operations';
import { join, type Point } from './points';

export const LIVE_WINDOW_MS = 5 * 60_000;

interface LiveTelemetry {
  latest: Telemetry | null;
  points: readonly Point[];
}

const NOTHING: LiveTelemetry = { latest: null, points: [] };

export function useLiveTelemetry(id: string): LiveTelemetry {
  const client = useApolloClient();
  const session = useSession();
  const [telemetry, setTelemetry] = useState<LiveTelemetry>(NOTHING);

  useEffect(() => {
    let current = true;
    let last: string | null = null;
    const remember = (points: readonly Point[], latest: Telemetry | null) => {
      if (current) setTelemetry((before) => ({ latest: latest ?? before.latest, points: join(before.points, points, LIVE_WINDOW_MS) }));
    };

    const now = Date.now();
    client
      .query({
        query: TELEMETRY_HISTORY,
        variables: { id, from: new Date(now - LIVE_WINDOW_MS).toISOString(), to: new Date(now).toISOString(), resolution: 'RAW', maxPoints: 300 },
        fetchPolicy: 'no-cache',
      })
      .then(({ data }) => remember(data.device?.telemetry ?? [], null))
      // The past is a comfort here: without it the chart fills as samples come.
      .catch(() => undefined);

    const stop = live(client, session, {
      document: DEVICE_TELEMETRY,
      variables: () => ({ id, resumeFrom: last }),
      next: ({ deviceTelemetry: { sample } }) => {
        if (last === null || sample.at > last) last = sample.at;
        remember([sample], sample);
      },
      cached: false,
    });
    return () => {
      current = false;
      stop();
      setTelemetry(NOTHING);
    };
  }, [client, session, id]);

  return telemetry;
}
