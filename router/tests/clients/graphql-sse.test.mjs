// The reference client of the graphql-sse protocol, in its distinct-connection mode.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { COUNTDOWN, PRIVATE, PUBLIC, bearer, signOut, url, within, writingUntil } from './support.mjs';

function connect(t, options = {}) {
  const client = createClient({ url, retryAttempts: 0, ...options });
  t.after(() => client.dispose());
  return client;
}

async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

test('a query is a stream of one result', async (t) => {
  const answers = await all(connect(t).iterate({ query: '{ account(id: 2) { name } }' }));
  assert.deepEqual(answers, [{ data: { account: { name: 'bob' } } }]);
});

test('a subscription delivers events joined over subgraphs', async (t) => {
  const events = connect(t).iterate({ query: PUBLIC });
  const event = await writingUntil(events.next(), 'for-graphql-sse');
  assert.deepEqual(event.value.data.noteAdded.author, { id: '2', name: 'bob' });
  await events.return();
});

test('a source that ends completes the stream', async (t) => {
  const counting = all(connect(t).iterate({ query: COUNTDOWN, variables: { from: 100 } }));
  const results = await within(counting, 'the countdown');
  assert.deepEqual(results.map((result) => result.data.countdown), Array.from({ length: 101 }, (_, n) => 100 - n));
});

test('a document that does not fit the schema is told as a result', async (t) => {
  const [refusal] = await all(connect(t).iterate({ query: 'subscription { noSuchField }' }));
  assert.match(refusal.errors[0].message, /noSuchField/);
});

test('a forged token is refused with 401', async (t) => {
  const client = connect(t, { headers: bearer('forged') });
  await assert.rejects(all(client.iterate({ query: PRIVATE })), (error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});

test('a revoked session ends the stream and says why', async (t) => {
  const events = connect(t, { headers: bearer('leaver-sse') }).iterate({ query: PRIVATE });
  await writingUntil(events.next(), 'before-sse');
  await signOut('leaver-sse');
  const rest = await within(all(events), 'the end of the stream');
  assert.equal(rest.at(-1).errors[0].extensions.code, 'SESSION_REVOKED');
});
