// Connects components to the fleet; the stream runs while any of them is on the screen.
import { useApolloClient } from '@apollo/client/react';
import type { ApolloClient, ErrorLike } from '@apollo/client';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { live } from '../client/live';
import { useMay, useSession } from '../session/context';
import type { Session } from '../session/session';
import { FleetStore, type FleetEntry, type Roster } from './store';
import { FLEET, type FleetDevice } from './subscription';

const INTERVAL_MS = 1_000;
/** Moving between pages keeps the stream, and with it the sparklines' past. */
const LINGER_MS = 5_000;

class FleetStream {
  readonly store = new FleetStore();
  #users = 0;
  #stop: (() => void) | null = null;
  #client: ApolloClient | null = null;
  #apps = false;
  #linger: ReturnType<typeof setTimeout> | undefined;

  /** Who may not read apps sees the wall without them. */
  use(client: ApolloClient, session: Session, apps: boolean, refused: (error: ErrorLike) => void): () => void {
    this.#users += 1;
    clearTimeout(this.#linger);
    if (this.#client !== client || this.#apps !== apps) this.#halt();
    this.#client = client;
    this.#apps = apps;
    this.#stop ??= live(client, session, {
      document: FLEET,
      variables: () => ({ minIntervalMs: INTERVAL_MS, apps }),
      starting: () => this.store.restart(),
      next: (answer) => this.store.apply(answer.fleet),
      refused: (error) => {
        this.#halt();
        refused(error);
      },
      cached: false,
    });
    return () => {
      this.#users -= 1;
      if (this.#users > 0) return;
      if (session.status === 'signed-out') this.#halt();
      else this.#linger = setTimeout(() => this.#halt(), LINGER_MS);
    };
  }

  #halt(): void {
    clearTimeout(this.#linger);
    this.#stop?.();
    this.#stop = null;
    this.store.clear();
  }
}

const stream = new FleetStream();

/** The fleet as last heard, for code outside components. */
export const fleetStore = stream.store;

interface Fleet extends Roster {
  error: ErrorLike | null;
}

/** The fleet's roster; keeps the stream open. */
export function useFleet(): Fleet {
  const client = useApolloClient();
  const session = useSession();
  const [error, setError] = useState<ErrorLike | null>(null);
  const apps = useMay('app:read');
  useEffect(() => stream.use(client, session, apps, setError), [client, session, apps]);
  const roster = useSyncExternalStore(stream.store.subscribeRoster, stream.store.roster);
  return { ...roster, error };
}

function useFromStore<Part>(id: string, read: (entry: FleetEntry | undefined) => Part): Part {
  return useSyncExternalStore(
    useCallback((listener: () => void) => stream.store.subscribe(id, listener), [id]),
    () => read(stream.store.entry(id)),
  );
}

/** A device as last heard, without its measurements; absent when the stream has not told of it. */
export function useFleetDevice(id: string): FleetDevice | undefined {
  return useFromStore(id, (entry) => entry?.device);
}

/** A device with its measurements; changes about once a second. */
export function useFleetEntry(id: string): FleetEntry | undefined {
  return useFromStore(id, (entry) => entry);
}
