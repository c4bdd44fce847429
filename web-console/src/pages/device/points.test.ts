// Measurements over time join without doubles and show silences as gaps.
import { expect, it } from 'vitest';
import { columns, join, type Point } from './points';

const at = (second: number, cpuPercent: number): Point => ({ at: new Date(second * 1000).toISOString(), cpuPercent });

it('joins a resumed stream without doubles, in order', () => {
  const joined = join([at(1, 10), at(2, 20)], [at(2, 20), at(4, 40), at(3, 30)], 60_000);
  expect(joined.map((point) => point.cpuPercent)).toEqual([10, 20, 30, 40]);
});

it('forgets what is older than the window', () => {
  expect(join([at(1, 10)], [at(100, 20)], 60_000).map((point) => point.cpuPercent)).toEqual([20]);
});

it('makes one column per measure, with absent values as such', () => {
  expect(columns([at(1, 10), at(2, 20)], ['cpuPercent', 'batteryPercent'], 5_000)).toEqual([
    [1, 2],
    [10, 20],
    [null, null],
  ]);
});

it('breaks the line over a long silence', () => {
  expect(columns([at(1, 10), at(60, 20)], ['cpuPercent'], 5_000)[1]).toEqual([10, null, 20]);
});
