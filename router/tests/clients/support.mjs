// What the tests of all clients share: where the router is, and how something is made to happen there.
import assert from 'node:assert/strict';

function required(name) {
  const value = process.env[name];
  assert.ok(value, `set ${name}; \`cargo nextest run -p cloudphone-router --test clients\` does`);
  return value;
}

export const url = required('ROUTER_URL');
export const socketUrl = `${url.replace(/^http/, 'ws')}/ws`;

export const PUBLIC = 'subscription { noteAdded { text author { id name } } }';
export const PRIVATE = 'subscription { privateNotes { text author { name } } }';
export const COUNTDOWN = 'subscription Countdown($from: Int!) { countdown(from: $from) }';

/** A plain request, beside the client under test. */
export async function ask(query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

/**
 * Writes a note again and again until the promise settles: only the server knows when a subscription has begun.
 * Resolves to what the promise does.
 */
export async function writingUntil(heard, text) {
  const write = () =>
    ask('mutation ($text: String!) { write(text: $text, author: "2") { id } }', { text }).catch(() => {});
  const timer = setInterval(write, 100);
  try {
    return await within(heard, `hearing of ${text}`);
  } finally {
    clearInterval(timer);
  }
}

/** Ends the session of a token. */
export const signOut = (token) => ask('mutation ($token: String!) { signOut(token: $token) }', { token });

/** Fails when a promise takes too long, so that a silent client is told from a slow one. */
export async function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain: ${what}`)), 15_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A promise with its handles outside. */
export function deferred() {
  const handles = {};
  handles.promise = new Promise((resolve, reject) => Object.assign(handles, { resolve, reject }));
  return handles;
}

export const bearer = (token) => ({ authorization: `Bearer ${token}` });
