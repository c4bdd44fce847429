// A live subscription comes back after every loss and stops when it must.
import type { ApolloClient } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { parse } from 'graphql';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session } from '../session/session';
import { backoff, live } from './live';

const DOCUMENT = parse('subscription Test { test }') as never;

function stage() {
  const streams: Subject<{ data?: unknown; error?: unknown }>[] = [];
  const asked: unknown[] = [];
  const client = {
    subscribe: ({ variables }: { variables: unknown }) => {
      asked.push(variables);
      const stream = new Subject<{ data?: unknown; error?: unknown }>();
      streams.push(stream);
      return stream;
    },
  } as unknown as ApolloClient;
  const session = new Session(() => Promise.resolve(null));
  session.begin({ accessToken: 'a', refreshToken: 'r', expiresAt: new Date(Date.now() + 900_000).toISOString() }, true);
  return { client, session, streams, asked };
}

function failure(code: string) {
  return new CombinedGraphQLErrors({ errors: [{ message: code, extensions: { code } }] });
}

describe('a live subscription', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('starts again after a lost connection, from where it was', async () => {
    const { client, session, streams, asked } = stage();
    let last = 0;
    const next = vi.fn(() => {
      last += 1;
    });
    const starting = vi.fn();
    live(client, session, { document: DOCUMENT, variables: () => ({ last }), next, starting });
    streams[0]?.next({ data: { test: 1 } });
    streams[0]?.error(new Error('Socket closed'));
    await vi.advanceTimersByTimeAsync(200);
    expect(asked).toEqual([{ last: 0 }, { last: 1 }]);
    expect(starting.mock.calls).toEqual([[false], [true]]);
    streams[1]?.next({ data: { test: 2 } });
    expect(next).toHaveBeenCalledTimes(2);
  });

  it('starts again when the platform ended it', async () => {
    const { client, session, streams } = stage();
    live(client, session, { document: DOCUMENT, variables: () => ({}), next: vi.fn() });
    streams[0]?.complete();
    await vi.advanceTimersByTimeAsync(200);
    expect(streams).toHaveLength(2);
  });

  it('ends with the platform when it has an end', async () => {
    const { client, session, streams } = stage();
    live(client, session, { document: DOCUMENT, variables: () => ({}), next: vi.fn(), finite: true });
    streams[0]?.complete();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(streams).toHaveLength(1);
  });

  it('gives up when it is forbidden, and says so', async () => {
    const { client, session, streams } = stage();
    const refused = vi.fn();
    live(client, session, { document: DOCUMENT, variables: () => ({}), next: vi.fn(), refused });
    streams[0]?.next({ data: null, error: failure('FORBIDDEN') });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refused).toHaveBeenCalledOnce();
    expect(streams).toHaveLength(1);
  });

  it('renews the token when the platform no longer accepts it', async () => {
    const { client, session, streams } = stage();
    const distrust = vi.spyOn(session, 'distrust');
    live(client, session, { document: DOCUMENT, variables: () => ({}), next: vi.fn() });
    streams[0]?.error(failure('UNAUTHENTICATED'));
    await vi.advanceTimersByTimeAsync(200);
    expect(distrust).toHaveBeenCalledOnce();
    expect(streams).toHaveLength(2);
  });

  it('shows partial answers instead of starting again', async () => {
    const { client, session, streams } = stage();
    const next = vi.fn();
    live(client, session, { document: DOCUMENT, variables: () => ({}), next });
    streams[0]?.next({ data: { test: 1 }, error: failure('SERVICE_UNAVAILABLE') });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(next).toHaveBeenCalledOnce();
    expect(streams).toHaveLength(1);
  });

  it('stays silent once stopped', async () => {
    const { client, session, streams } = stage();
    const next = vi.fn();
    const stop = live(client, session, { document: DOCUMENT, variables: () => ({}), next });
    stop();
    streams[0]?.next({ data: { test: 1 } });
    streams[0]?.error(new Error('Socket closed'));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(next).not.toHaveBeenCalled();
    expect(streams).toHaveLength(1);
  });

  it('waits longer after each failure, up to ten seconds', () => {
    expect(backoff(0)).toBe(100);
    expect(backoff(3, () => 1)).toBe(800);
    expect(backoff(3, () => 0)).toBe(400);
    expect(backoff(30, () => 1)).toBe(10_000);
  });
});
