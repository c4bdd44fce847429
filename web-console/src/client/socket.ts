// The one WebSocket of the console (graphql-transport-ws), watched for silence and always opened with a fresh token.
import { createClient, type Client } from 'graphql-ws';
import type { Session } from '../session/session';
import type { Connection } from './connection';

const PING_MS = 12_000;
const PONG_TIMEOUT_MS = 6_000;
/** Close codes by which the platform refuses or revokes the connection's identity. */
const IDENTITY_REFUSED = new Set([4401, 4403]);

export function openSocket(session: Session, connection: Connection): Client {
  let pongTimer: ReturnType<typeof setTimeout> | undefined;
  const client = createClient({
    url: () => `${location.origin.replace(/^http/, 'ws')}/graphql/ws`,
    lazy: true,
    lazyCloseTimeout: 3_000,
    // Reconnecting belongs to `live`, which also decides where each subscription resumes.
    retryAttempts: 0,
    keepAlive: PING_MS,
    connectionParams: async () => {
      const token = await session.accessToken();
      return token === null ? {} : { authorization: `Bearer ${token}` };
    },
    on: {
      connecting: () => connection.connecting(),
      connected: () => connection.opened(),
      ping: (received) => {
        // Without this a dead network path would look alive until the operating system gives up, minutes later.
        if (!received) pongTimer = setTimeout(() => client.terminate(), PONG_TIMEOUT_MS);
      },
      pong: (received) => {
        if (received) clearTimeout(pongTimer);
      },
      closed: (event) => {
        clearTimeout(pongTimer);
        const code = (event as Partial<CloseEvent>).code;
        if (code !== undefined && IDENTITY_REFUSED.has(code)) session.distrust();
        connection.closed(code === 1000);
      },
    },
  });
  session.onRenewed(() => client.terminate());
  return client;
}
