// The parts that live as long as the tab: the session, the socket and the GraphQL client.
import { createApiClient } from './client/client';
import { connection } from './client/connection';
import { openSocket } from './client/socket';
import { exchangeRefreshToken } from './session/exchange';
import { Session } from './session/session';

export const session = new Session(exchangeRefreshToken);
const socket = openSocket(session, connection);
export const apiClient = createApiClient(session, socket);
