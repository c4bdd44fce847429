// Subscriptions over multipart responses: Apollo Client's HttpLink alone, and urql where it is told to.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloClient, CombinedProtocolErrors, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { Client, fetchExchange } from '@urql/core';
import { COUNTDOWN, PRIVATE, PUBLIC, bearer, deferred, signOut, url, within, writingUntil } from './support.mjs';

function connect(t, token) {
  const link = new HttpLink({ uri: url, headers: token ? bearer(token) : {} });
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  t.after(() => client.stop());
  return client;
}

test('Apollo Client hears events joined over subgraphs, between heartbeats', async (t) => {
  const heard = deferred();
  const running = connect(t).subscribe({ query: gql(PUBLIC) }).subscribe({
    next: ({ data, error }) => (error ? heard.reject(error) : heard.resolve(data)),
    error: heard.reject,
  });
  // Long enough for heartbeats to come first.
  await new Promise((resolve) => setTimeout(resolve, 700));
  const data = await writingUntil(heard.promise, 'for-multipart');
  assert.equal(data.noteAdded.author.name, 'bob');
  running.unsubscribe();
});

test('Apollo Client hears all events and the end', async (t) => {
  const [counted, ended] = [[], deferred()];
  connect(t).subscribe({ query: gql(COUNTDOWN), variables: { from: 100 } }).subscribe({
    next: ({ data, error }) => (error ? ended.reject(error) : counted.push(data.countdown)),
    error: ended.reject,
    complete: ended.resolve,
  });
  await within(ended.promise, 'the end of the countdown');
  assert.deepEqual(counted, Array.from({ length: 101 }, (_, n) => 100 - n));
});

test('Apollo Client is told why a stream ends', async (t) => {
  const [heard, ended] = [deferred(), deferred()];
  connect(t, 'leaver-multipart').subscribe({ query: gql(PRIVATE) }).subscribe({
    next: ({ error }) => (error ? ended.resolve(error) : heard.resolve()),
    error: ended.resolve,
    complete: () => ended.resolve(undefined),
  });
  await writingUntil(heard.promise, 'before-multipart');
  await signOut('leaver-multipart');
  const error = await within(ended.promise, 'the end of the subscription');
  assert.ok(CombinedProtocolErrors.is(error), String(error));
  assert.equal(error.errors[0].extensions.code, 'SESSION_REVOKED');
});

test('urql hears events where it asks for multipart', async () => {
  const headers = { accept: 'multipart/mixed;subscriptionSpec=1.0, application/json' };
  const client = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers }, fetchSubscriptions: true });
  const heard = deferred();
  const running = client.subscription(PUBLIC, {}).subscribe(({ data, error }) => {
    if (error) heard.reject(error);
    if (data) heard.resolve(data);
  });
  const data = await writingUntil(heard.promise, 'for-urql-multipart');
  assert.equal(data.noteAdded.author.name, 'bob');
  running.unsubscribe();
});
