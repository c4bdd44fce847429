// Whether the console reaches the platform: the browser's network and the live socket, as one observable fact.
import { useSyncExternalStore } from 'react';

export type ConnectionState = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'offline';

/** A renewal of the token reopens the socket within milliseconds; only longer losses are worth telling. */
const PATIENCE_MS = 1_500;

export class Connection {
  #state: ConnectionState = navigator.onLine ? 'idle' : 'offline';
  #listeners = new Set<() => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    addEventListener('offline', () => this.#set('offline'));
    addEventListener('online', () => this.#set('connecting'));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly state = (): ConnectionState => this.#state;

  connecting(): void {
    if (this.#state === 'idle') this.#set('connecting');
  }

  opened(): void {
    this.#set('live');
  }

  closed(clean: boolean): void {
    if (clean) {
      this.#set(navigator.onLine ? 'idle' : 'offline');
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#set(navigator.onLine ? 'reconnecting' : 'offline'), PATIENCE_MS);
  }

  #set(state: ConnectionState): void {
    clearTimeout(this.#timer);
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

export const connection = new Connection();

export function useConnection(): ConnectionState {
  return useSyncExternalStore(connection.subscribe, connection.state);
}
