// The reference client of graphql-transport-ws while the router gets another supergraph; the test beside does that.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { PUBLIC, socketUrl, within } from './support.mjs';

const UNTOUCHED = 'subscription { noteAdded { text } }';

function connect(t, closes) {
  const options = { retryAttempts: 3, retryWait: async () => {}, on: { closed: (event) => closes.push(event.code) } };
  const client = createClient({ url: socketUrl, webSocketImpl: WebSocket, ...options });
  t.after(() => client.dispose());
  return client;
}

async function heard(events, text) {
  for await (const event of events) {
    assert.equal(event.errors, undefined, 'the subscription itself never fails');
    if (event.data.noteAdded.text === text) return;
  }
  assert.fail('the subscription ended');
}

describe('a change of the supergraph', { concurrency: true }, () => {
  test('what changed is subscribed to again by the client itself', async (t) => {
    const closes = [];
    const events = connect(t, closes).iterate({ query: PUBLIC });
    await within(heard(events, 'after'), 'an event after the change');
    assert.deepEqual(closes, [1012]);
  });

  test('what did not change goes on', async (t) => {
    const closes = [];
    const events = connect(t, closes).iterate({ query: UNTOUCHED });
    await within(heard(events, 'after'), 'an event after the change');
    assert.deepEqual(closes, []);
  });
});
