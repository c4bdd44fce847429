// Mounts the whole console on an imaginary platform: answers by operation name over HTTP, events by operation name over the socket.
import { render } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Client as SocketClient, Sink, SubscribePayload } from 'graphql-ws';
import { createMemoryRouter, RouterProvider } from 'react-router';
import { vi } from 'vitest';
import { createApiClient } from '../client/client';
import { Providers } from '../Providers';
import { routes } from '../routes';
import { exchangeRefreshToken } from '../session/exchange';
import { Session } from '../session/session';

type Variables = Record<string, unknown>;
export interface Answer {
  data?: unknown;
  errors?: { message: string; path?: string[]; extensions?: Record<string, unknown> }[];
}
export type Answers = Record<string, (variables: Variables, authorization: string | null) => Answer | Promise<Answer>>;

export const VIEWER = {
  me: {
    __typename: 'Viewer',
    user: { __typename: 'User', id: 'user-1', email: 'ada@example.org', displayName: 'Ada Lovelace', roles: [] },
    tenant: { __typename: 'Tenant', id: 'tenant-1', name: 'Analytical Engines' },
    permissions: ['*:*'],
  },
};

interface Subscription {
  variables: Variables;
  sink: Sink;
}

export class FakeSocket {
  readonly subscriptions = new Map<string, Subscription[]>();

  readonly client = {
    on: () => () => undefined,
    subscribe: (payload: SubscribePayload, sink: Sink) => {
      const name = payload.operationName ?? '';
      const one = { variables: payload.variables ?? {}, sink };
      this.subscriptions.set(name, [...(this.subscriptions.get(name) ?? []), one]);
      return () => this.subscriptions.set(name, (this.subscriptions.get(name) ?? []).filter((other) => other !== one));
    },
    iterate: () => {
      throw new Error('The console subscribes with sinks.');
    },
    dispose: () => undefined,
    terminate: () => undefined,
  } as unknown as SocketClient;

  /** Sends an event to everybody who listens to an operation. */
  push(operation: string, data: Variables): void {
    for (const { sink } of this.subscriptions.get(operation) ?? []) sink.next({ data });
  }
}

interface Opened {
  socket: FakeSocket;
  session: Session;
  requests: { operation: string; variables: Variables }[];
  user: ReturnType<typeof userEvent.setup>;
}

export function openConsole(path: string, answers: Answers, { signedIn = true } = {}): Opened {
  const requests: Opened['requests'] = [];
  const known: Answers = { Viewer: () => ({ data: VIEWER }), ...answers };
  vi.stubGlobal('fetch', async (_: string, init: RequestInit & { body: string }) => {
    const { operationName, variables } = JSON.parse(init.body) as { operationName: string; variables?: Variables };
    requests.push({ operation: operationName, variables: variables ?? {} });
    const answer = known[operationName];
    if (answer === undefined) throw new Error(`The test has no answer to ${operationName}.`);
    const authorization = new Headers(init.headers).get('authorization');
    return new Response(JSON.stringify(await answer(variables ?? {}, authorization)), { headers: { 'content-type': 'application/json' } });
  });

  const session = new Session(exchangeRefreshToken);
  if (signedIn) session.begin({ accessToken: 'access', refreshToken: 'refresh', expiresAt: new Date(Date.now() + 900_000).toISOString() }, true);
  const socket = new FakeSocket();
  const client = createApiClient(session, socket.client);
  const router = createMemoryRouter(routes, { initialEntries: [path] });
  render(
    <Providers client={client} session={session}>
      <RouterProvider router={router} />
    </Providers>,
  );
  return { socket, session, requests, user: userEvent.setup() };
}
