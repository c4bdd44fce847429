// The fleet as last heard, keyed by device: each card listens to its own device, so that one sample repaints one card.
import { EMPTY_HISTORY, extend, type History } from './history';
import type { FleetDevice, FleetEvent, Sample } from './subscription';

export interface FleetEntry {
  /** What seldom changes; the same object until it does, so that a card need not look twice. Its sample may be old. */
  readonly device: FleetDevice;
  readonly sample: Sample | null;
  readonly history: History;
  /** The device without its sample, as text: tells whether anything but the sample changed. */
  readonly fixed: string;
  readonly taken: number;
}

/** What lists need: order, filters and counts change only with these, not with each sample. */
export interface Roster {
  readonly ready: boolean;
  readonly devices: readonly FleetDevice[];
}

type Schedule = (flush: () => void) => void;

/** A snapshot page shorter than this is the last one. */
const SNAPSHOT_PAGE = 200;
/** Addresses of icons hold for an hour; older ones are taken anew, so that a card may load its icons again. */
const ICONS_KEPT_MS = 30 * 60_000;
const EMPTY_ROSTER: Roster = { ready: false, devices: [] };

export class FleetStore {
  #entries = new Map<string, FleetEntry>();
  #listeners = new Map<string, Set<() => void>>();
  #rosterListeners = new Set<() => void>();
  #roster: Roster = EMPTY_ROSTER;
  #dirty = new Set<string>();
  #rosterDirty = false;
  #scheduled = false;
  /** Devices heard of since the stream began again; the others are gone once its snapshot is complete. */
  #heard: Set<string> | null = new Set();

  constructor(private readonly schedule: Schedule = nextFrame) {}

  readonly roster = (): Roster => this.#roster;

  entry(id: string): FleetEntry | undefined {
    return this.#entries.get(id);
  }

  readonly subscribeRoster = (listener: () => void): (() => void) => {
    this.#rosterListeners.add(listener);
    return () => this.#rosterListeners.delete(listener);
  };

  subscribe(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  /** The stream begins (again): what follows is a snapshot. */
  restart(): void {
    this.#heard = new Set();
  }

  clear(): void {
    for (const id of this.#entries.keys()) this.#dirty.add(id);
    this.#entries.clear();
    this.#heard = new Set();
    this.#roster = EMPTY_ROSTER;
    this.#flushSoon();
  }

  apply(event: FleetEvent): void {
    if (event.kind !== 'SNAPSHOT') this.#settle();
    for (const device of event.devices) this.#put(device);
    for (const id of event.removedIds) this.#remove(id);
    if (event.kind === 'SNAPSHOT' && event.devices.length < SNAPSHOT_PAGE) this.#settle();
    this.#flushSoon();
  }

  /** Shows a change before the stream tells it, as after a command given on this screen. */
  patch(id: string, change: Partial<Pick<FleetDevice, 'name' | 'state' | 'stateReason' | 'allowedActions'>>): void {
    const known = this.#entries.get(id);
    if (known === undefined) return;
    this.#entries.set(id, { ...known, device: { ...known.device, ...change }, fixed: '' });
    this.#dirty.add(id);
    this.#rosterDirty = true;
    this.#flushSoon();
  }

  #put(heard: FleetDevice): void {
    this.#heard?.add(heard.id);
    const known = this.#entries.get(heard.id);
    const sample = heard.latestTelemetry ?? null;
    const fixed = JSON.stringify({ ...heard, latestTelemetry: null }, withoutSignature);
    const now = Date.now();
    const same = known?.fixed === fixed && now - known.taken < ICONS_KEPT_MS;
    const device = same ? known.device : heard;
    const isNew = sample !== null && sample.sequence !== known?.sample?.sequence;
    if (device === known?.device && !isNew) return;
    const history = known?.history ?? EMPTY_HISTORY;
    this.#entries.set(device.id, { device, sample, history: isNew ? extend(history, sample) : history, fixed, taken: same ? known.taken : now });
    this.#dirty.add(device.id);
    if (known === undefined || !sameInLists(known.device, device)) this.#rosterDirty = true;
  }

  #remove(id: string): void {
    if (!this.#entries.delete(id)) return;
    this.#dirty.add(id);
    this.#rosterDirty = true;
  }

  #settle(): void {
    if (this.#heard === null) return;
    for (const id of this.#entries.keys()) {
      if (!this.#heard.has(id)) this.#remove(id);
    }
    this.#heard = null;
    this.#rosterDirty = true;
  }

  #flushSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.schedule(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#rosterDirty) {
      this.#rosterDirty = false;
      const devices = [...this.#entries.values()].map((entry) => entry.device);
      this.#roster = { ready: this.#heard === null || devices.length > 0, devices };
    }
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const id of dirty) {
      for (const listener of [...(this.#listeners.get(id) ?? [])]) listener();
    }
    for (const listener of [...this.#rosterListeners]) listener();
  }
}

function sameInLists(a: FleetDevice, b: FleetDevice): boolean {
  return (
    a.name === b.name &&
    a.state === b.state &&
    a.online === b.online &&
    a.owner?.displayName === b.owner?.displayName &&
    a.allowedActions.join() === b.allowedActions.join() &&
    a.tags.join('\n') === b.tags.join('\n')
  );
}

/** The address of an icon is signed anew each time it is told; the icon is the same. */
function withoutSignature(key: string, value: unknown): unknown {
  return key === 'iconUrl' && typeof value === 'string' ? value.split('?', 1)[0] : value;
}

function nextFrame(flush: () => void): void {
  // Frames stand still in hidden tabs; what is heard there still has to arrive.
  if (document.hidden) setTimeout(flush, 250);
  else requestAnimationFrame(flush);
}
