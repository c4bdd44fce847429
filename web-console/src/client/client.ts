// Wires the GraphQL client: HTTP for queries and mutations, the socket for subscriptions, a renewed token for both.
import { ApolloClient, ApolloLink, HttpLink } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import type { Client as SocketClient } from 'graphql-ws';
import { from, mergeMap, throwError } from 'rxjs';
import type { Session } from '../session/session';
import { createCache } from './cache';
import { isUnauthenticated } from './errors';

interface AuthContext {
  headers?: Record<string, string>;
  /** Set by operations that need nobody signed in. */
  anonymous?: boolean;
  renewed?: boolean;
}

/* eslint-disable @typescript-eslint/no-namespace -- the client's defaults are declared in its own namespaces */
declare module '@apollo/client' {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        // Part of an answer is worth showing when one subgraph is down.
        errorPolicy: 'all';
      }
    }
  }
}

/* eslint-enable @typescript-eslint/no-namespace */

export function createApiClient(session: Session, socket: SocketClient): ApolloClient {
  const authenticate = new SetContextLink(async (context) => {
    const { anonymous, headers } = context as AuthContext;
    const token = anonymous ? null : await session.accessToken();
    return token === null ? {} : { headers: { ...headers, authorization: `Bearer ${token}` } };
  });

  const renewOnce = new ErrorLink(({ error, operation, forward }) => {
    const context = operation.getContext() as AuthContext;
    if (!isUnauthenticated(error) || context.anonymous || context.renewed) return undefined;
    const refused = context.headers?.authorization?.replace('Bearer ', '') ?? null;
    return from(session.renew(refused)).pipe(
      mergeMap((token) => {
        if (token === null) return throwError(() => error);
        operation.setContext({ renewed: true, headers: { ...context.headers, authorization: `Bearer ${token}` } });
        return forward(operation);
      }),
    );
  });

  const http = new HttpLink({ uri: '/graphql', fetch: (...request) => fetch(...request) });
  const overHttp = ApolloLink.from([authenticate, renewOnce, http]);

  return new ApolloClient({
    cache: createCache(),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      overHttp,
    ),
    defaultOptions: {
      watchQuery: { fetchPolicy: 'cache-and-network', nextFetchPolicy: 'cache-first', errorPolicy: 'all' },
    },
  });
}
