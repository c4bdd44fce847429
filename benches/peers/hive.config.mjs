// Hive Gateway as the benchmark runs it: no reports, subscriptions to subgraphs over WebSocket, requests deduplicated where they may be shared.
import { defineConfig } from '@graphql-hive/gateway';

const isShared = Boolean(process.env.SHARED);

export const gatewayConfig = defineConfig({
  port: Number(process.env.PORT),
  host: '127.0.0.1',
  fork: 1,
  graphiql: false,
  landingPage: false,
  maskedErrors: false,
  inboundInflightRequestDeduplication: isShared,
  transportEntries: {
    '*.http': {
      options: {
        deduplicateInflightRequests: isShared,
        subscriptions: { kind: 'ws' },
      },
    },
  },
});
