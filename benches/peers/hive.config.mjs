// Hive Gateway as the benchmark runs it: nothing deduplicated, no reports, subscriptions to subgraphs over WebSocket.
import { defineConfig } from '@graphql-hive/gateway';

export const gatewayConfig = defineConfig({
  port: Number(process.env.PORT),
  host: '127.0.0.1',
  fork: 1,
  graphiql: false,
  landingPage: false,
  maskedErrors: false,
  deduplicateRequest: false,
  transportEntries: {
    '*.http': {
      options: {
        deduplicateInflightRequests: false,
        subscriptions: { kind: 'ws' },
      },
    },
  },
});
