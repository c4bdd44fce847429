// Files by the clients that send them: apollo-upload-client, and urql by itself.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ApolloClient, InMemoryCache, gql } from '@apollo/client';
import { Client, fetchExchange } from '@urql/core';
import UploadHttpLink from 'apollo-upload-client/UploadHttpLink.mjs';
import { url } from './support.mjs';

// Neither of them sends it by itself, and no page of another site can.
const headers = { 'apollo-require-preflight': 'true' };

const KEEP = 'mutation Keep($file: Upload!) { keep(file: $file, note: "n") { name mediaType length sha256 note } }';
const KEEP_ALL = 'mutation KeepAll($package: Package!) { keepAll(package: $package) { name length sha256 note } }';

/** A client as `(document, variables) => { data, code }`, where the code is that of a refusal. */
const senders = {
  'apollo-upload-client': () => {
    const client = new ApolloClient({ link: new UploadHttpLink({ uri: url, headers }), cache: new InMemoryCache() });
    return async (document, variables) => {
      try {
        return { data: (await client.mutate({ mutation: gql(document), variables })).data };
      } catch (error) {
        return { code: error.errors[0].extensions.code };
      }
    };
  },
  urql: () => {
    const client = new Client({ url, exchanges: [fetchExchange], fetchOptions: { headers }, preferGetMethod: false });
    return async (document, variables) => {
      const { data, error } = await client.mutation(document, variables).toPromise();
      return { data, code: error?.graphQLErrors[0]?.extensions.code };
    };
  },
};

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const plain = (value) => JSON.parse(JSON.stringify(value, (name, inner) => (name === '__typename' ? undefined : inner)));

for (const [name, sender] of Object.entries(senders)) {
  test(`${name}: a file arrives byte by byte`, async () => {
    const send = sender();
    for (const bytes of [Buffer.alloc(0), Buffer.from('ünï\r\n--'), randomBytes(900_000)]) {
      const file = new File([bytes], 'photo.png', { type: 'image/png' });
      const { data } = await send(KEEP, { file });
      const kept = { name: 'photo.png', mediaType: 'image/png', length: bytes.length, sha256: sha256(bytes), note: 'n' };
      assert.deepEqual(plain(data.keep), kept);
    }
  });

  test(`${name}: several files inside an input find their places`, async () => {
    const contents = [randomBytes(10), randomBytes(100_000), randomBytes(1)];
    const files = contents.map((bytes, number) => new File([bytes], `${number}.bin`));
    const { data } = await sender()(KEEP_ALL, { package: { files, note: 'all' } });
    const kept = contents.map((bytes, number) => (
      { name: `${number}.bin`, length: bytes.length, sha256: sha256(bytes), note: 'all' }
    ));
    assert.deepEqual(plain(data.keepAll), kept);
  });

  test(`${name}: a file that is too large is refused with its code`, async () => {
    const file = new File([randomBytes(1024 * 1024 + 1)], 'large.bin');
    assert.equal((await sender()(KEEP, { file })).code, 'PAYLOAD_TOO_LARGE');
  });
}
