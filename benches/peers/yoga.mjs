// graphql-yoga with graphql-ws: one schema whose events come over MQTT, one topic of the broker for each topic of the graph.
import { createServer } from 'node:http';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { useServer } from 'graphql-ws/use/ws';
import mqtt from 'mqtt';
import { WebSocketServer } from 'ws';

const events = createPubSub();
const followed = new Set();
const broker = mqtt.connect(process.env.MQTT_URL);
broker.on('message', (topic, payload) => events.publish(topic, JSON.parse(payload)));

const schema = createSchema({
  typeDefs: `
    type Query { warehouses: Int! }
    type Phone { id: ID! }
    type Change { sequence: String! sentAt: String! level: Int! place: String! shelf: String! note: String! phone: Phone! }
    type Subscription { stockChanged(topic: String!): Change! }
  `,
  resolvers: {
    Query: { warehouses: () => 3 },
    Subscription: {
      stockChanged: {
        subscribe: (_, { topic }) => {
          const name = `stock/${topic}`;
          if (!followed.has(name)) {
            followed.add(name);
            broker.subscribe(name);
          }
          return events.subscribe(name);
        },
        resolve: (event) => ({
          ...event,
          level: 7,
          place: 'hall four, gate two',
          shelf: 'shelf 12',
          note: 'counted by hand, and once more by the evening shift',
          phone: { id: 'phone-7' },
        }),
      },
    },
  },
});

const yoga = createYoga({ schema, graphiql: false, logging: false });
const server = createServer(yoga);
const sockets = new WebSocketServer({ server, path: '/graphql' });
// As its documentation on subscriptions over WebSocket has it.
useServer(
  {
    execute: (call) => call.rootValue.execute(call),
    subscribe: (call) => call.rootValue.subscribe(call),
    onSubscribe: async (context, _id, params) => {
      const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
        ...context,
        req: context.extra.request,
        socket: context.extra.socket,
        params,
      });
      const call = {
        schema,
        operationName: params.operationName,
        document: parse(params.query),
        variableValues: params.variables,
        contextValue: await contextFactory(),
        rootValue: { execute, subscribe },
      };
      const errors = validate(call.schema, call.document);
      return errors.length > 0 ? errors : call;
    },
  },
  sockets,
);
server.listen(Number(process.env.PORT), '127.0.0.1');
