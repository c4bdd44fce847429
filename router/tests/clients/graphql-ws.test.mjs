// The reference client of graphql-transport-ws.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { COUNTDOWN, PRIVATE, PUBLIC, deferred, signOut, socketUrl, within, writingUntil } from './support.mjs';

function connect(t, options = {}) {
  const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
  t.after(() => client.dispose());
  return client;
}

async function all(results) {
  const list = [];
  for await (const result of results) list.push(result);
  return list;
}

test('queries and mutations are answered over the socket', async (t) => {
  const client = connect(t);
  const query = 'query ($id: ID!) { account(id: $id) { name } }';
  const answers = await all(client.iterate({ query, variables: { id: '3' } }));
  assert.deepEqual(answers, [{ data: { account: { name: 'cleo' } } }]);
  const [written] = await all(client.iterate({ query: 'mutation { write(text: "w", author: "1") { author { name } } }' }));
  assert.deepEqual(written, { data: { write: { author: { name: 'ada' } } } });
});

test('a subscription delivers events joined over subgraphs', async (t) => {
  const events = connect(t).iterate({ query: PUBLIC });
  const event = await writingUntil(events.next(), 'for-graphql-ws');
  assert.deepEqual(event.value.data.noteAdded.author, { id: '2', name: 'bob' });
  await events.return();
});

test('many operations share one socket, each with its own end', async (t) => {
  let opened = 0;
  const client = connect(t, { on: { opened: () => { opened += 1; } } });
  const counts = [1, 5, 20, 50].map(async (from) => {
    const results = await all(client.iterate({ query: COUNTDOWN, variables: { from } }));
    assert.deepEqual(results.map((result) => result.data.countdown), Array.from({ length: from + 1 }, (_, n) => from - n));
  });
  await within(Promise.all(counts), 'all countdowns');
  assert.equal(opened, 1);
});

test('a document that does not fit the schema ends in its errors, and the socket stays', async (t) => {
  const client = connect(t, { lazy: false });
  await assert.rejects(all(client.iterate({ query: '{ noSuchField }' })), (errors) => {
    assert.match(errors[0].message, /noSuchField/);
    assert.ok(errors[0].extensions.correlationId);
    return true;
  });
  assert.equal((await all(client.iterate({ query: '{ account(id: 1) { id } }' }))).length, 1);
});

test('a forged token is refused with 4403', async (t) => {
  const client = connect(t, { connectionParams: { authorization: 'Bearer forged' } });
  await assert.rejects(all(client.iterate({ query: PRIVATE })), (close) => {
    assert.equal(close.code, 4403);
    assert.equal(close.reason, 'Forbidden: UNAUTHENTICATED');
    return true;
  });
});

test('keep-alive pings are answered', async (t) => {
  const answered = deferred();
  const client = connect(t, {
    lazy: false,
    keepAlive: 50,
    on: { pong: (received) => received && answered.resolve() },
  });
  await within(answered.promise, 'a pong');
  assert.ok(client);
});

test('after its session is revoked a client takes its subscription up again with fresh credentials', async (t) => {
  const tokens = ['leaver-ws', 'returner'];
  const closes = [];
  const client = connect(t, {
    retryAttempts: 3,
    retryWait: async () => {},
    connectionParams: () => ({ authorization: `Bearer ${tokens[Math.min(closes.length, 1)]}` }),
    on: { closed: (event) => closes.push(event) },
  });
  const events = client.iterate({ query: PRIVATE });
  await writingUntil(events.next(), 'before-ws');
  await signOut('leaver-ws');
  const again = async () => {
    // Events from before the session's end may still be on their way.
    for await (const event of events) {
      assert.equal(event.errors, undefined, 'the subscription itself never fails');
      if (event.data.privateNotes.text === 'after-ws') return;
    }
    assert.fail('the subscription ended');
  };
  await writingUntil(again(), 'after-ws');
  assert.deepEqual(closes.map(({ code, reason }) => [code, reason]), [[4403, 'Forbidden: SESSION_REVOKED']]);
  await events.return();
});
