// The reference client of the graphql-sse protocol, in its single-connection mode.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { COUNTDOWN, PRIVATE, PUBLIC, bearer, signOut, url, within, writingUntil } from './support.mjs';

function connect(t, options = {}) {
  const client = createClient({ url, singleConnection: true, retryAttempts: 0, ...options });
  t.after(() => client.dispose());
  return client;
}

async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

test('queries, mutations and subscriptions share one stream', async (t) => {
  let streams = 0;
  const counting = (input, init) => {
    if (init?.headers?.accept === 'text/event-stream') streams += 1;
    return fetch(input, init);
  };
  const client = connect(t, { fetchFn: counting });
  const live = client.iterate({ query: PUBLIC });
  const heard = live.next();
  const counts = [1, 5, 50].map(async (from) => {
    const results = await all(client.iterate({ query: COUNTDOWN, variables: { from } }));
    assert.deepEqual(results.map((result) => result.data.countdown), Array.from({ length: from + 1 }, (_, n) => from - n));
  });
  const answers = await all(client.iterate({ query: '{ account(id: 2) { name } }' }));
  assert.deepEqual(answers, [{ data: { account: { name: 'bob' } } }]);
  await within(Promise.all(counts), 'all countdowns');
  const event = await writingUntil(heard, 'for-graphql-sse-single');
  assert.deepEqual(event.value.data.noteAdded.author, { id: '2', name: 'bob' });
  await live.return();
  assert.equal(streams, 1);
});

test('a document that does not fit the schema is refused with 400', async (t) => {
  await assert.rejects(all(connect(t).iterate({ query: '{ noSuchField }' })), (error) => {
    assert.equal(error.response.status, 400);
    return true;
  });
});

test('a forged token is refused with 401', async (t) => {
  const client = connect(t, { headers: bearer('forged') });
  await assert.rejects(all(client.iterate({ query: PRIVATE })), (error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});

test('a revoked session ends every operation and says why', async (t) => {
  const events = connect(t, { headers: bearer('leaver-single') }).iterate({ query: PRIVATE });
  await writingUntil(events.next(), 'before-single');
  await signOut('leaver-single');
  const rest = await within(all(events), 'the end of the stream');
  assert.equal(rest.at(-1).errors[0].extensions.code, 'SESSION_REVOKED');
});
