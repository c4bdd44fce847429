// Who is signed in: keeps the access token in memory, renews it in time, once for all tabs, and tells when the session ends.

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
}

/** Trades a refresh token for new tokens; `null` when the platform refuses it for good. */
export type Exchange = (refreshToken: string) => Promise<Tokens | null>;

export type SessionStatus = 'signed-in' | 'signed-out';
export type EndReason = 'signed-out' | 'expired';

interface Access {
  token: string;
  expiresAt: number;
}

type Message = { kind: 'renewed'; access: Access } | { kind: 'ended'; reason: EndReason };

const STORAGE_KEY = 'cloudphone.refresh-token';
const LOCK = 'cloudphone.session';
/** A token this close to its end is renewed before use, so that no request is sent with one about to die. */
const MARGIN_MS = 30_000;
const RETRY_MS = 5_000;

export class Session {
  #access: Access | null = null;
  #renewal: Promise<string | null> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #listeners = new Set<() => void>();
  #renewedListeners = new Set<() => void>();
  #channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(LOCK);
  #status: SessionStatus;
  #endReason: EndReason | null = null;

  constructor(private readonly exchange: Exchange) {
    this.#status = this.#storedToken() === null ? 'signed-out' : 'signed-in';
    this.#channel?.addEventListener('message', (event: MessageEvent<Message>) => this.#hear(event.data));
  }

  get status(): SessionStatus {
    return this.#status;
  }

  /** Why the last session ended, for the sign-in page. */
  get endReason(): EndReason | null {
    return this.#endReason;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Runs after each renewal; connections that carry the old token use it to start again. */
  onRenewed(listener: () => void): () => void {
    this.#renewedListeners.add(listener);
    return () => this.#renewedListeners.delete(listener);
  }

  /** Begins a session; unremembered ones end with the tab. */
  begin(tokens: Tokens, remember: boolean): void {
    localStorage.removeItem(STORAGE_KEY);
    sessionStorage.removeItem(STORAGE_KEY);
    (remember ? localStorage : sessionStorage).setItem(STORAGE_KEY, tokens.refreshToken);
    this.#endReason = null;
    this.#adopt(toAccess(tokens));
    this.#setStatus('signed-in');
  }

  end(reason: EndReason): void {
    this.#forget(reason);
    this.#channel?.postMessage({ kind: 'ended', reason } satisfies Message);
  }

  /** A token good for a request now, or `null` when nobody is signed in. Fails when the platform cannot be reached. */
  async accessToken(): Promise<string | null> {
    if (this.#status === 'signed-out') return null;
    if (this.#access !== null && this.#access.expiresAt - Date.now() > MARGIN_MS) return this.#access.token;
    return this.renew(this.#access?.token ?? null);
  }

  /** Renews the access token unless somebody already replaced the one that was refused. */
  renew(refused: string | null): Promise<string | null> {
    if (this.#status === 'signed-out') return Promise.resolve(null);
    if (this.#access !== null && this.#access.token !== refused) return Promise.resolve(this.#access.token);
    this.#renewal ??= this.#renewAlone(refused).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  /** Marks the current token as refused by the platform, so that the next use renews it. */
  distrust(): void {
    this.#access = null;
  }

  async #renewAlone(refused: string | null): Promise<string | null> {
    // Web Locks exist in secure contexts only; without them the platform's reuse grace is all that protects two tabs.
    const locks = (navigator as { locks?: LockManager }).locks;
    return locks === undefined ? this.#renewNow(refused) : locks.request(LOCK, () => this.#renewNow(refused));
  }

  async #renewNow(refused: string | null): Promise<string | null> {
    // Another tab may have renewed while this one waited for the lock.
    if (this.#access !== null && this.#access.token !== refused) return this.#access.token;
    const refreshToken = this.#storedToken();
    if (refreshToken === null) {
      this.#forget('expired');
      return null;
    }
    const tokens = await this.exchange(refreshToken);
    if (tokens === null) {
      // A tab without locks may have rotated the token under our feet; only the stored one decides.
      if (this.#storedToken() === refreshToken) this.end('expired');
      return null;
    }
    this.#store().setItem(STORAGE_KEY, tokens.refreshToken);
    const access = toAccess(tokens);
    this.#adopt(access);
    this.#channel?.postMessage({ kind: 'renewed', access } satisfies Message);
    for (const listener of this.#renewedListeners) listener();
    return access.token;
  }

  #adopt(access: Access): void {
    this.#access = access;
    this.#schedule(access.expiresAt - Date.now() - 2 * MARGIN_MS);
  }

  #schedule(delay: number): void {
    clearTimeout(this.#timer);
    const token = this.#access?.token ?? null;
    this.#timer = setTimeout(() => {
      this.renew(token).catch(() => this.#schedule(RETRY_MS));
    }, Math.max(delay, RETRY_MS));
  }

  #hear(message: Message): void {
    if (message.kind === 'ended') {
      if (localStorage.getItem(STORAGE_KEY) === null && sessionStorage.getItem(STORAGE_KEY) === null) this.#forget(message.reason);
    } else if (this.#status === 'signed-in' && localStorage.getItem(STORAGE_KEY) !== null) {
      this.#adopt(message.access);
      for (const listener of this.#renewedListeners) listener();
    }
  }

  #forget(reason: EndReason): void {
    clearTimeout(this.#timer);
    this.#access = null;
    this.#endReason = reason;
    localStorage.removeItem(STORAGE_KEY);
    sessionStorage.removeItem(STORAGE_KEY);
    this.#setStatus('signed-out');
  }

  #setStatus(status: SessionStatus): void {
    this.#status = status;
    for (const listener of this.#listeners) listener();
  }

  #store(): Storage {
    return sessionStorage.getItem(STORAGE_KEY) === null ? localStorage : sessionStorage;
  }

  #storedToken(): string | null {
    return sessionStorage.getItem(STORAGE_KEY) ?? localStorage.getItem(STORAGE_KEY);
  }
}

function toAccess(tokens: Tokens): Access {
  return { token: tokens.accessToken, expiresAt: Date.parse(tokens.expiresAt) };
}
