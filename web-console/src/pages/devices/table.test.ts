// The table's view is its address, and actions on many tell how each went.
import { expect, it, vi } from 'vitest';
import type { RunDeviceAction } from '../../device-actions/useDeviceAction';
import { device } from '../../test/devices';
import { runOnAll } from './bulk';
import { readAddress, writeAddress, type TableAddress } from './useTableAddress';

it('keeps filters and order through the address', () => {
  const address: TableAddress = { search: 'a b', states: ['RUNNING', 'ERROR'], tag: 'eu', field: 'CREATED_AT', direction: 'DESC' };
  expect(readAddress(writeAddress(address))).toEqual(address);
});

it('ignores nonsense in the address', () => {
  expect(readAddress(new URLSearchParams('states=NOPE,RUNNING&sort=DROP&direction=UP'))).toEqual({
    search: '',
    states: ['RUNNING'],
    tag: '',
    field: 'NAME',
    direction: 'ASC',
  });
});

it('runs on all devices although some fail, a few at a time, in the given order of results', async () => {
  let under = 0;
  let most = 0;
  const run: RunDeviceAction = async ({ id }) => {
    under += 1;
    most = Math.max(most, under);
    await new Promise((resolve) => setTimeout(resolve, 1));
    under -= 1;
    return id === 'b' ? 'It is busy.' : null;
  };
  const progress = vi.fn();
  const devices = ['a', 'b', 'c', 'd', 'e', 'f'].map((id) => device({ id }));
  const outcomes = await runOnAll(devices, 'STOP', run, progress);
  expect(outcomes.map((outcome) => [outcome.device.id, outcome.failure])).toEqual([['a', null], ['b', 'It is busy.'], ['c', null], ['d', null], ['e', null], ['f', null]]);
  expect(most).toBe(4);
  expect(progress).toHaveBeenLastCalledWith(6);
});
