// The router's explorer page: an operation with its plan and the times of its fetches.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openBrowser, type OpenBrowser } from './browser';
import { login } from './platform';

const OPERATION = 'mutation ($input: LoginInput!) { login(input: $input) { session { user { displayName } } userErrors { message } } }';

let browser: OpenBrowser;

beforeAll(async () => {
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
});

it('shows the plan of an operation with the time of each fetch, and as text', async () => {
  const { page, problems } = browser;
  await page.goto('/graphiql');
  await page.getByLabel('Operation').fill(OPERATION);
  await page.getByLabel('Variables').fill(JSON.stringify({ input: login('viewer') }));
  const plan = page.getByRole('region', { name: 'Plan' });

  await page.getByRole('button', { name: 'Plan only' }).click();
  await plan.getByText('identity').waitFor();
  expect(await plan.textContent()).not.toContain(' ms');

  await page.getByRole('button', { name: 'Run' }).click();
  await plan.getByText(/\d ms, after .* bytes/).first().waitFor();
  await page.getByLabel('Answer').getByText('displayName').waitFor();
  await plan.getByText('identity').click();
  expect(await plan.locator('pre').first().textContent()).toContain('login(');
  await browser.screenshot('explorer');

  await page.getByRole('button', { name: 'Plan as text' }).click();
  expect(await plan.textContent()).toMatch(/^QueryPlan \{[^]*Fetch\(service: "identity"\) \{ {2}# at /);
  expect(problems).toEqual([]);
});
