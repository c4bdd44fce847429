// urql: queries by fetch, subscriptions over graphql-ws, and over fetch as Server-Sent Events.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { PRIVATE, PUBLIC, bearer, deferred, signOut, socketUrl, url, within, writingUntil } from './support.mjs';

function connect(t, { token, overFetch = false, preferGetMethod = false } = {}) {
  const exchanges = [cacheExchange, fetchExchange];
  if (!overFetch) {
    const socket = createClient({
      url: socketUrl,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: token ? bearer(token) : {},
    });
    t.after(() => socket.dispose());
    exchanges.push(subscriptionExchange({
      forwardSubscription: (request) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
      }),
    }));
  }
  const fetchOptions = { headers: token ? bearer(token) : {} };
  return new Client({ url, exchanges, preferGetMethod, fetchOptions, fetchSubscriptions: overFetch });
}

test('a query over two subgraphs and a mutation are answered', async (t) => {
  const client = connect(t);
  const written = await client.mutation('mutation { write(text: "urql", author: "1") { id author { name } } }', {}).toPromise();
  assert.equal(written.error, undefined);
  assert.equal(written.data.write.author.name, 'ada');
  const { data, error } = await client.query('query ($id: ID!) { account(id: $id) { name notes { text } } }', { id: '1' });
  assert.equal(error, undefined);
  assert.ok(data.account.notes.some((note) => note.text === 'urql'));
});

test('GET is used for queries where the client is told to', async (t) => {
  const client = connect(t, { preferGetMethod: 'force' });
  const { data } = await client.query('{ account(id: 3) { name } }', {});
  assert.equal(data.account.name, 'cleo');
});

test('partial data comes with its errors', async (t) => {
  const { data, error } = await connect(t).query('{ refusal account(id: 1) { name } }', {});
  assert.equal(data.account.name, 'ada');
  assert.deepEqual(error.graphQLErrors[0].path, ['refusal']);
  assert.equal(error.graphQLErrors[0].extensions.code, 'CLOSED_TODAY');
});

for (const overFetch of [false, true]) {
  test(`a subscription delivers events over ${overFetch ? 'fetch' : 'graphql-ws'}`, async (t) => {
    const heard = deferred();
    const running = connect(t, { overFetch }).subscription(PUBLIC, {}).subscribe(({ data, error }) => {
      if (error) heard.reject(error);
      if (data) heard.resolve(data);
    });
    const data = await writingUntil(heard.promise, 'for-urql');
    assert.equal(data.noteAdded.author.name, 'bob');
    running.unsubscribe();
  });
}

test('a revoked session ends the subscription', async (t) => {
  const [heard, ended] = [deferred(), deferred()];
  connect(t, { token: 'leaver-urql' }).subscription(PRIVATE, {}).subscribe(({ data, error }) => {
    if (error) ended.resolve(error);
    else if (data) heard.resolve();
  });
  await writingUntil(heard.promise, 'before-urql');
  await signOut('leaver-urql');
  const error = await within(ended.promise, 'the end of the subscription');
  assert.ok(error.networkError ?? error.graphQLErrors.length > 0);
});
