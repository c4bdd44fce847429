// The wall shows the devices one looks for.
import { expect, it } from 'vitest';
import { device } from '../../test/devices';
import { matches, NO_FILTER } from './filter';

const phone = device({
  id: 'phone',
  name: 'Pixel 7',
  state: 'RUNNING',
  tags: ['games', 'eu'],
  installedApps: [{ __typename: 'InstalledApp', packageName: 'org.example', label: 'Chess', versionName: '1', application: null }],
});

it.each(['', 'pixel', 'LOVELACE', 'chess eu'])('finds a phone by “%s”', (search) => {
  expect(matches({ ...NO_FILTER, search }, phone)).toBe(true);
});

it.each(['nokia', 'pixel nokia'])('does not find it by “%s”', (search) => {
  expect(matches({ ...NO_FILTER, search }, phone)).toBe(false);
});

it('needs the state and every tag to hold', () => {
  expect(matches({ state: 'RUNNING', tags: ['games', 'eu'], search: '' }, phone)).toBe(true);
  expect(matches({ state: 'STOPPED', tags: [], search: '' }, phone)).toBe(false);
  expect(matches({ state: null, tags: ['games', 'us'], search: '' }, phone)).toBe(false);
});
