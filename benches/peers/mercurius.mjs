// The Mercurius gateway before the benchmark's subgraphs: `node mercurius.mjs NAME=URL,FILE …`.
// It knows version 1 of the federation directives, so that each SDL is written in its terms.
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import mercuriusGateway from '@mercuriusjs/gateway';

const OWNERS = { Person: 'people', Phone: 'catalog', Rating: 'ratings' };

function versionOne(name, sdl) {
  let text = sdl.replace(/"""[\s\S]*?"""/g, '').replace(/extend schema @link\([^)]*\)/gs, '').replace(/schema\s*\{[^}]*\}/gs, '');
  text = text.replace(/directive @[^\n]*\n/g, '').replace(/\s@shareable/g, '');
  for (const [type, owner] of Object.entries(OWNERS)) {
    if (owner !== name) {
      text = text.replace(new RegExp(`(^|\\n)type ${type} ([^{]*)\\{\\s*id: ID!`), `$1extend type ${type} $2{\n  id: ID! @external`);
    }
  }
  return text.replace(/(^|\n)type (Query|Subscription)\b/g, '$1extend type $2');
}

const services = process.argv.slice(2).map((argument) => {
  const [, name, url, file] = argument.match(/^([^=]+)=([^,]+),(.+)$/);
  const service = { name, url, schema: versionOne(name, readFileSync(file, 'utf8')), keepAlive: 60_000, connections: 64 };
  return name === 'stock' ? { ...service, wsUrl: url.replace('http:', 'ws:') } : service;
});

const app = Fastify({ logger: false });
app.register(mercuriusGateway, { path: '/graphql', jit: 1, subscription: true, gateway: { services } });
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
