// GraphQL over HTTP as its reference implementation audits it: every audit is a test, recommendations included.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverAudits } from 'graphql-http';
import { url } from './support.mjs';

for (const audit of serverAudits({ url, fetchFn: fetch })) {
  test(`${audit.id} ${audit.name}`, async () => {
    const result = await audit.fn();
    assert.equal(result.status, 'ok', result.reason);
  });
}
