// The reference client of graphql-transport-ws while the router is killed and started again; tells all that happens line by line.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { socketUrl } from './support.mjs';

const say = (what) => process.stdout.write(`${what}\n`);

const client = createClient({
  url: socketUrl,
  webSocketImpl: WebSocket,
  retryAttempts: Infinity,
  // Without this the client takes a refused connection for its own fault.
  shouldRetry: () => true,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 50)),
  on: {
    connected: () => say('connected'),
    closed: (event) => say(`closed ${event.code}`),
  },
});

for await (const event of client.iterate({ query: 'subscription { ticked { number stars } }' })) {
  say(event.errors ? `failed ${JSON.stringify(event.errors)}` : `event ${JSON.stringify(event.data.ticked)}`);
}
say('completed');
