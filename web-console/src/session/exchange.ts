// Trades the refresh token over plain HTTP, outside the GraphQL client that depends on its answer.
import { print } from 'graphql';
import { graphql } from '../graphql/generated';
import type { RefreshSessionMutation } from '../graphql/generated/graphql';
import type { Tokens } from './session';

const REFRESH = graphql(`
  mutation RefreshSession($input: RefreshSessionInput!) {
    refreshSession(input: $input) {
      session {
        accessToken
        refreshToken
        expiresAt
      }
      userErrors {
        code
      }
    }
  }
`);

const TIMEOUT_MS = 10_000;

interface Answer {
  data?: RefreshSessionMutation | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

export async function exchangeRefreshToken(refreshToken: string): Promise<Tokens | null> {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: print(REFRESH), operationName: 'RefreshSession', variables: { input: { refreshToken } } }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status >= 500) throw new Error(`The platform answered ${response.status} to a session renewal.`);
  const answer = (await response.json()) as Answer;
  const payload = answer.data?.refreshSession;
  if (payload) return payload.session ?? null;
  if (answer.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) return null;
  throw new Error(answer.errors?.[0]?.message ?? 'The platform gave no answer to a session renewal.');
}
