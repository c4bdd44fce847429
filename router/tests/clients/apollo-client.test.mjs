// Apollo Client: queries and mutations over HTTP, subscriptions over graphql-ws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { BatchHttpLink } from '@apollo/client/link/batch-http';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { PRIVATE, PUBLIC, bearer, deferred, signOut, socketUrl, url, within, writingUntil } from './support.mjs';

function connect(t, { token, http = new HttpLink({ uri: url, headers: token ? bearer(token) : {} }) } = {}) {
  const socket = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    connectionParams: token ? bearer(token) : {},
  });
  const live = new GraphQLWsLink(socket);
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(({ operationType }) => operationType === 'subscription', live, http),
  });
  t.after(() => {
    client.stop();
    return socket.dispose();
  });
  return client;
}

test('a query over two subgraphs fills the cache, and a mutation changes it', async (t) => {
  const client = connect(t);
  await client.mutate({ mutation: gql`mutation { write(text: "apollo", author: "3") { id author { id name } } }` });
  const query = gql`query ($id: ID!) { account(id: $id) { id name notes { id text } } }`;
  const { data } = await client.query({ query, variables: { id: '3' } });
  assert.equal(data.account.__typename, 'Account');
  assert.ok(data.account.notes.some((note) => note.text === 'apollo'));
  const cached = await client.query({ query, variables: { id: '3' }, fetchPolicy: 'cache-only' });
  assert.deepEqual(cached.data, data);
});

test('partial data comes with its errors', async (t) => {
  const query = gql`{ refusal account(id: "1") { id name } }`;
  const { data, error } = await connect(t).query({ query, errorPolicy: 'all' });
  assert.equal(data.account.name, 'ada');
  assert.ok(CombinedGraphQLErrors.is(error));
  assert.equal(error.errors[0].extensions.code, 'CLOSED_TODAY');
  assert.deepEqual(error.errors[0].path, ['refusal']);
});

test('GET is used for queries where the client is told to', async (t) => {
  const client = connect(t, { http: new HttpLink({ uri: url, useGETForQueries: true }) });
  const { data } = await client.query({ query: gql`query ($id: ID!) { account(id: $id) { name } }`, variables: { id: '1' } });
  assert.equal(data.account.name, 'ada');
});

test('queries of one moment travel as a batch', async (t) => {
  let requests = 0;
  const counting = (...request) => {
    requests += 1;
    return fetch(...request);
  };
  const client = connect(t, { http: new BatchHttpLink({ uri: url, fetch: counting }) });
  const name = async (id) => {
    const query = gql`query ($id: ID!) { account(id: $id) { id name } }`;
    return (await client.query({ query, variables: { id } })).data.account.name;
  };
  assert.deepEqual(await Promise.all(['1', '2', '3'].map(name)), ['ada', 'bob', 'cleo']);
  assert.equal(requests, 1);
});

test('a forged token is told as an error with its code', async (t) => {
  const { error } = await connect(t, { token: 'forged' }).query({ query: gql`{ me { id } }`, errorPolicy: 'all' });
  assert.ok(CombinedGraphQLErrors.is(error), String(error));
  assert.equal(error.errors[0].extensions.code, 'UNAUTHENTICATED');
});

test('a subscription delivers events joined over subgraphs', async (t) => {
  const heard = deferred();
  const running = connect(t).subscribe({ query: gql(PUBLIC) }).subscribe({
    next: ({ data, error }) => (error ? heard.reject(error) : heard.resolve(data)),
    error: heard.reject,
  });
  const data = await writingUntil(heard.promise, 'for-apollo');
  assert.equal(data.noteAdded.author.name, 'bob');
  running.unsubscribe();
});

test('a revoked session ends the subscription', async (t) => {
  const [heard, ended] = [deferred(), deferred()];
  connect(t, { token: 'leaver-apollo' }).subscribe({ query: gql(PRIVATE) }).subscribe({
    next: ({ error }) => (error ? ended.resolve(error) : heard.resolve()),
    error: ended.resolve,
    complete: () => ended.resolve(undefined),
  });
  await writingUntil(heard.promise, 'before-apollo');
  await signOut('leaver-apollo');
  const error = await within(ended.promise, 'the end of the subscription');
  assert.match(String(error?.message), /4403|Forbidden|closed/i);
});
