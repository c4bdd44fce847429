// The story of the console from signing in to an app on a phone, in a real browser against a running platform.
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser, type OpenBrowser } from './browser';
import { login, Person, type DeviceSummary } from './platform';

const APK = fileURLToPath(new URL('../node_modules/io.appium.settings/apks/settings_apk-debug.apk', import.meta.url));
const PACKAGE = 'io.appium.settings';
const LABEL = 'Appium Settings';
const DEVICE = 'Field test';
const PATIENCE = { timeout: 60_000 };

let browser: OpenBrowser;
let page: Page;
let watcher: Person;
let other: Person;
let othersDevice: DeviceSummary;
let installedByOther: string | null = null;

const card = (name: string): Locator => page.getByRole('listitem', { name, exact: true });
const state = (name: string, wanted: string): Locator => card(name).locator(`[data-state="${wanted}"]`);

async function until<Value, Wanted extends Value>(read: () => Promise<Value>, holds: (value: Value) => value is Wanted): Promise<Wanted>;
async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value>;
async function until<Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + PATIENCE.timeout;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (Date.now() > deadline) throw new Error(`Waited too long; last seen: ${JSON.stringify(value)}`);
    await page.waitForTimeout(100);
  }
}

/** What a story that broke off left behind would stand in the way of the next. */
async function removeDevice(): Promise<void> {
  const left = async () => (await other.devices()).filter((device) => device.name === DEVICE);
  await Promise.all((await left()).filter((device) => device.state !== 'DELETING').map((device) => other.deleteDevice(device.id)));
  await until(left, (devices) => devices.length === 0);
}

const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

/** How many values the first line on the screen shows. */
const samples = (within: Locator = page.locator('body')) => within.locator('[data-metric="cpu"] canvas').first().getAttribute('data-samples').then(Number);

beforeAll(async () => {
  const [admin, operator] = await Promise.all([Person.signIn(login('admin')), Person.signIn(login('operator'))]);
  [watcher, other] = [admin, operator];
  browser = await openBrowser();
  page = browser.page;
  const running = async () => (await other.devices()).find((device) => device.owner?.id === other.id && device.state === 'RUNNING');
  othersDevice = await until(running, (device) => device !== undefined);
  await removeDevice();
});

afterAll(async () => {
  await other.rename(other.displayName);
  if (installedByOther !== null) await other.uninstall(installedByOther, PACKAGE);
  await removeDevice();
  await browser.close();
});

describe('the console', () => {
  it('lets a person in', async () => {
    await page.goto('/');
    await page.getByLabel('Email').fill(watcher.login.email);
    await page.getByLabel('Password').first().fill(watcher.login.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Wall' }).waitFor(PATIENCE);
  });

  it('shows a wall whose charts move', async () => {
    const running = page.locator('li[data-device]').filter({ has: page.locator('[data-state="RUNNING"]') }).first();
    await running.waitFor(PATIENCE);
    const chart = running.locator('[data-metric="cpu"] canvas');
    const before = await until(() => samples(running), (count) => count >= 1);
    const drawn = await chart.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL());
    await until(() => samples(running), (count) => count >= before + 3);
    expect(await chart.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())).not.toBe(drawn);
    await page.getByRole('status', { name: 'Connection: Live' }).waitFor(PATIENCE);
  });

  it("shows another person's new name as they change it", async () => {
    const name = `${other.displayName} the Second`;
    await card(othersDevice.name).waitFor(PATIENCE);
    await other.rename(name);
    await card(othersDevice.name).getByText(name, { exact: true }).waitFor(PATIENCE);
    await other.rename(other.displayName);
    await card(othersDevice.name).getByText(other.displayName, { exact: true }).waitFor(PATIENCE);
  });

  it('creates a device that starts before the eyes', async () => {
    await page.getByRole('button', { name: 'New device' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New device' });
    await dialog.getByRole('textbox', { name: 'Name' }).fill(DEVICE);
    await dialog.getByRole('combobox', { name: 'Template' }).or(dialog.getByRole('textbox', { name: 'Template' })).click();
    await page.getByRole('option').first().click();
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.waitFor({ state: 'hidden' });
    await state(DEVICE, 'RUNNING').waitFor(PATIENCE);
  });

  it('stops a device and starts it again', async () => {
    await card(DEVICE).getByRole('button', { name: `Stop ${DEVICE}` }).click();
    await state(DEVICE, 'STOPPED').waitFor(PATIENCE);
    await card(DEVICE).getByRole('button', { name: `Start ${DEVICE}` }).click();
    await state(DEVICE, 'RUNNING').waitFor(PATIENCE);
  });

  it('uploads a real package and reads it', async () => {
    await page.getByRole('link', { name: 'Apps', exact: true }).click();
    await page.getByLabel('Choose APK files').setInputFiles(APK);
    const upload = page.getByRole('region', { name: 'Uploads' }).locator('[data-stage="ready"]');
    await upload.waitFor(PATIENCE);
    await upload.getByRole('link', { name: LABEL }).click();
    await page.getByRole('heading', { name: LABEL }).waitFor(PATIENCE);
    await page.getByText('Verified', { exact: true }).waitFor(PATIENCE);
    await page.getByText('ACCESS_FINE_LOCATION').first().waitFor(PATIENCE);
    await page.getByRole('button', { name: /^Dismiss/ }).click();
    await browser.screenshot('app');
  });

  it('installs it on a device, with progress', async () => {
    await page.getByRole('button', { name: 'Install' }).click();
    const dialog = page.getByRole('dialog', { name: `Install ${LABEL}` });
    await dialog.getByRole('searchbox', { name: 'Search devices' }).fill(DEVICE);
    await dialog.getByRole('checkbox', { name: DEVICE }).check();
    await dialog.getByRole('button', { name: 'Install', exact: true }).click();
    await dialog.getByRole('listitem', { name: DEVICE }).locator('[data-status="INSTALLED"]').waitFor(PATIENCE);
    await dialog.getByRole('link', { name: DEVICE }).click();
  });

  it('shows the app and live charts on the page of the device', async () => {
    await page.getByRole('heading', { name: DEVICE }).waitFor(PATIENCE);
    await page.getByRole('table', { name: 'Installed' }).locator(`[data-package="${PACKAGE}"]`).waitFor(PATIENCE);
    const chart = page.getByRole('img', { name: 'CPU and memory' });
    const points = () => chart.getAttribute('data-points').then(Number);
    const before = await until(points, (count) => count >= 2);
    await until(points, (count) => count > before);
    await page.getByText('1 h', { exact: true }).click();
    await chart.waitFor(PATIENCE);
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByRole('tabpanel', { name: 'History' }).locator('[data-state="RUNNING"]').first().waitFor(PATIENCE);
  });

  it('shows an app that somebody else installs as it arrives on the wall', async () => {
    await page.getByRole('link', { name: 'Wall', exact: true }).click();
    const there = card(othersDevice.name);
    await there.waitFor(PATIENCE);
    expect(await there.getByText(LABEL).count()).toBe(0);
    await other.install(await other.application(PACKAGE), othersDevice.id);
    installedByOther = othersDevice.id;
    await there.getByText(LABEL).waitFor(PATIENCE);
  });

  it('looks right by day, by night and on a phone', async () => {
    await until(() => samples(), (count) => count >= 20);
    await page.mouse.move(0, 0);
    await browser.screenshot('wall');
    await card(othersDevice.name).getByRole('link', { name: othersDevice.name }).click();
    const chart = page.getByRole('img', { name: 'CPU and memory' });
    await until(() => chart.getAttribute('data-points').then(Number), (count) => count >= 20);
    await browser.screenshot('device');
    await page.getByRole('button', { name: 'Switch to dark colours' }).click();
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor(PATIENCE);
    await page.getByRole('link', { name: 'Wall', exact: true }).click();
    await until(() => samples(), (count) => count >= 5);
    await page.mouse.move(0, 0);
    await browser.screenshot('wall-dark');
    await page.setViewportSize({ width: 390, height: 844 });
    // The menu slides away; the cards then begin at the edge.
    await until(async () => (await page.locator('li[data-device]').first().boundingBox())?.x ?? Infinity, (left) => left < 20);
    await browser.screenshot('wall-phone');
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('link', { name: 'Devices', exact: true }).click();
    await page.getByRole('table', { name: 'Devices' }).waitFor(PATIENCE);
    await page.getByRole('button', { name: 'Menu', expanded: false }).waitFor(PATIENCE);
    await browser.screenshot('devices-phone');
    expect(await overflow()).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1440, height: 900 });
  });

  it('deletes the device', async () => {
    await page.getByRole('table', { name: 'Devices' }).getByRole('link', { name: DEVICE, exact: true }).click();
    await page.getByRole('heading', { name: DEVICE }).waitFor(PATIENCE);
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: `Delete ${DEVICE}?` }).getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('link', { name: 'Wall', exact: true }).click();
    await page.locator('li[data-device]').first().waitFor(PATIENCE);
    await card(DEVICE).waitFor({ ...PATIENCE, state: 'detached' });
  });

  it('never complained', () => {
    expect(browser.problems).toEqual([]);
  });
});
