// Apollo Client's link for automatic persisted queries, as it is published.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { url } from './support.mjs';

const sha256 = (document) => createHash('sha256').update(document).digest('hex');

function connect(sent, options = {}) {
  const recording = async (target, request) => {
    const response = await fetch(target, request);
    sent.push({ method: request.method ?? 'GET', text: `${target} ${request.body ?? ''}`, status: response.status });
    return response;
  };
  const http = new HttpLink({ uri: url, fetch: recording });
  const link = new PersistedQueryLink({ sha256, ...options }).concat(http);
  return new ApolloClient({ cache: new InMemoryCache(), link, defaultOptions: { query: { fetchPolicy: 'no-cache' } } });
}

// Its own name in each run, as the router remembers documents.
const unique = () => `Names${Math.random().toString(36).slice(2)}`;

for (const useGETForHashedQueries of [false, true]) {
  test(`a document travels once, and then only its hash${useGETForHashedQueries ? ' by GET' : ''}`, async () => {
    const sent = [];
    const client = connect(sent, { useGETForHashedQueries });
    const name = unique();
    const query = gql(`query ${name} { accounts { name } }`);
    const first = await client.query({ query });
    assert.equal(first.data.accounts[0].name, 'ada');
    assert.equal(sent.length, 2, 'asked by hash, then with the document');
    assert.ok(!sent[0].text.includes('accounts') && sent[1].text.includes('accounts'));
    const second = await client.query({ query });
    assert.deepEqual(second.data, first.data);
    assert.equal(sent.length, 3);
    assert.ok(!sent[2].text.includes('accounts'), 'by hash alone');
    assert.equal(sent[2].method, useGETForHashedQueries ? 'GET' : 'POST');
    client.stop();
  });
}

test('errors of a document reach the client in the end', async () => {
  const sent = [];
  const client = connect(sent);
  await assert.rejects(client.query({ query: gql`{ noSuchField }` }), /noSuchField/);
  client.stop();
});
