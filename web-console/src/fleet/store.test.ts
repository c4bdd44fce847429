// The fleet's store repaints what changed, in batches, and forgets what is gone.
import { describe, expect, it, vi } from 'vitest';
import { device, fleetEvent, sample } from '../test/devices';
import { FleetStore } from './store';

function storeWithFrames() {
  let pending: (() => void) | null = null;
  const store = new FleetStore((flush) => {
    pending = flush;
  });
  return {
    store,
    frame: () => {
      pending?.();
      pending = null;
    },
  };
}

describe('the fleet store', () => {
  it('is ready once the snapshot arrived, even an empty one', () => {
    const { store, frame } = storeWithFrames();
    expect(store.roster().ready).toBe(false);
    store.apply(fleetEvent('SNAPSHOT', []));
    frame();
    expect(store.roster()).toEqual({ ready: true, devices: [] });
  });

  it('keeps an icon whose address was only signed anew', () => {
    const { store, frame } = storeWithFrames();
    const withIcon = (signature: string, sequence: number) =>
      device({
        id: 'a',
        latestTelemetry: sample(sequence, 40),
        installedApps: [
          {
            __typename: 'InstalledApp',
            packageName: 'org.example',
            label: 'Chess',
            versionName: '1',
            application: { __typename: 'Application', id: 'app', iconUrl: `https://storage/icon.png?signature=${signature}` },
          },
        ],
      });
    store.apply(fleetEvent('SNAPSHOT', [withIcon('one', 1)]));
    frame();
    const before = store.entry('a')?.device;
    store.apply(fleetEvent('TELEMETRY', [withIcon('two', 2)]));
    frame();
    expect(store.entry('a')?.device).toBe(before);
    expect(store.entry('a')?.sample?.sequence).toBe(2);
  });

  it('tells only the card whose device changed, and the list not at all', () => {
    const { store, frame } = storeWithFrames();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'a' }), device({ id: 'b' })]));
    frame();
    const roster = store.roster();
    const a = vi.fn();
    const b = vi.fn();
    store.subscribe('a', a);
    store.subscribe('b', b);
    store.apply(fleetEvent('TELEMETRY', [device({ id: 'a', latestTelemetry: sample(1, 40) })]));
    frame();
    expect(a).toHaveBeenCalledOnce();
    expect(b).not.toHaveBeenCalled();
    expect(store.roster()).toBe(roster);
    expect(store.entry('a')?.history.cpuPercent).toEqual([40]);
  });

  it('joins many events into one repaint', () => {
    const { store, frame } = storeWithFrames();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'a' })]));
    frame();
    const a = vi.fn();
    store.subscribe('a', a);
    for (const sequence of [1, 2, 3]) store.apply(fleetEvent('TELEMETRY', [device({ id: 'a', latestTelemetry: sample(sequence, sequence) })]));
    expect(a).not.toHaveBeenCalled();
    frame();
    expect(a).toHaveBeenCalledOnce();
    expect(store.entry('a')?.history.cpuPercent).toEqual([1, 2, 3]);
  });

  it('does not draw the same sample twice', () => {
    const { store, frame } = storeWithFrames();
    const one = device({ id: 'a', latestTelemetry: sample(7, 20) });
    store.apply(fleetEvent('SNAPSHOT', [one]));
    store.apply(fleetEvent('CHANGED', [{ ...one, name: 'renamed' }]));
    frame();
    expect(store.entry('a')?.history.cpuPercent).toEqual([20]);
    expect(store.roster().devices[0]?.name).toBe('renamed');
  });

  it('keeps the last minute of samples and no more', () => {
    const { store } = storeWithFrames();
    for (let sequence = 0; sequence < 100; sequence += 1) store.apply(fleetEvent('TELEMETRY', [device({ id: 'a', latestTelemetry: sample(sequence, sequence) })]));
    const history = store.entry('a')?.history.cpuPercent;
    expect(history).toHaveLength(60);
    expect(history?.at(-1)).toBe(99);
  });

  it('forgets devices that vanished while the connection was lost, and keeps the past of the others', () => {
    const { store, frame } = storeWithFrames();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'a', latestTelemetry: sample(1, 10) }), device({ id: 'gone' })]));
    store.restart();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'a', latestTelemetry: sample(2, 20) })]));
    frame();
    expect(store.roster().devices.map((one) => one.id)).toEqual(['a']);
    expect(store.entry('a')?.history.cpuPercent).toEqual([10, 20]);
  });

  it('waits for all pages of a large snapshot before it forgets', () => {
    const { store, frame } = storeWithFrames();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'last' })]));
    store.restart();
    const page = Array.from({ length: 200 }, (_, index) => device({ id: `device-${index}` }));
    store.apply(fleetEvent('SNAPSHOT', page));
    frame();
    expect(store.entry('last')).toBeDefined();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'last' })]));
    frame();
    expect(store.roster().devices).toHaveLength(201);
  });

  it('removes deleted devices', () => {
    const { store, frame } = storeWithFrames();
    store.apply(fleetEvent('SNAPSHOT', [device({ id: 'a' })]));
    store.apply(fleetEvent('REMOVED', [], ['a']));
    frame();
    expect(store.roster().devices).toEqual([]);
  });
});
