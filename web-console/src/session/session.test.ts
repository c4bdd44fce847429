// A session renews itself once for all who ask, and ends when the platform says so.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Session, type Exchange, type Tokens } from './session';

const MINUTE = 60_000;

function tokens(number: number, lifeMs = 15 * MINUTE): Tokens {
  return { accessToken: `access-${number}`, refreshToken: `refresh-${number}`, expiresAt: new Date(Date.now() + lifeMs).toISOString() };
}

function stored(storage: Storage): (string | null)[] {
  return Array.from({ length: storage.length }, (_, index) => storage.getItem(storage.key(index) ?? ''));
}

/** Delivers at once to all other channels of the same page, as tabs of one browser do. */
class FakeChannel {
  static all = new Set<FakeChannel>();
  #listener: ((event: { data: unknown }) => void) | undefined;
  constructor() {
    FakeChannel.all.add(this);
  }
  addEventListener(_: string, listener: (event: { data: unknown }) => void): void {
    this.#listener = listener;
  }
  postMessage(data: unknown): void {
    for (const other of FakeChannel.all) if (other !== this) other.#listener?.({ data });
  }
}

describe('two tabs', () => {
  beforeEach(() => {
    FakeChannel.all.clear();
    vi.stubGlobal('BroadcastChannel', FakeChannel);
  });
  afterEach(() => {
    vi.stubGlobal('BroadcastChannel', undefined);
  });

  it('share a renewed token instead of renewing twice', async () => {
    const first = new Session(() => Promise.resolve(tokens(2)));
    first.begin(tokens(1, 0), true);
    const exchange = vi.fn<Exchange>(() => Promise.resolve(null));
    const second = new Session(exchange);
    await first.accessToken();
    await expect(second.accessToken()).resolves.toBe('access-2');
    expect(exchange).not.toHaveBeenCalled();
  });

  it('sign out together', () => {
    const first = new Session(() => Promise.resolve(null));
    first.begin(tokens(1), true);
    const second = new Session(() => Promise.resolve(null));
    expect(second.status).toBe('signed-in');
    first.end('signed-out');
    expect(second.status).toBe('signed-out');
  });
});

describe('a session', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps the access token out of storage', () => {
    const session = new Session(() => Promise.resolve(null));
    session.begin(tokens(1), true);
    expect([...stored(localStorage), ...stored(sessionStorage)]).not.toContain('access-1');
    expect(stored(localStorage)).toContain('refresh-1');
  });

  it('ends with the tab when it is not to be remembered', () => {
    new Session(() => Promise.resolve(null)).begin(tokens(1), false);
    expect(localStorage).toHaveLength(0);
    expect(stored(sessionStorage)).toContain('refresh-1');
  });

  it('renews a token about to die once, however many ask', async () => {
    const exchange = vi.fn<Exchange>(() => Promise.resolve(tokens(2)));
    const session = new Session(exchange);
    session.begin(tokens(1, 10_000), true);
    const asked = await Promise.all([session.accessToken(), session.accessToken(), session.accessToken()]);
    expect(asked).toEqual(['access-2', 'access-2', 'access-2']);
    expect(exchange).toHaveBeenCalledExactlyOnceWith('refresh-1');
    expect(stored(localStorage)).toContain('refresh-2');
  });

  it('renews by itself before the token ends, and tells those who hold connections', async () => {
    const exchange = vi.fn<Exchange>(() => Promise.resolve(tokens(2)));
    const session = new Session(exchange);
    const renewed = vi.fn();
    session.onRenewed(renewed);
    session.begin(tokens(1), true);
    await vi.advanceTimersByTimeAsync(13 * MINUTE);
    expect(exchange).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1.5 * MINUTE);
    expect(exchange).toHaveBeenCalledOnce();
    expect(renewed).toHaveBeenCalledOnce();
  });

  it('tries again while the platform cannot be reached, without signing the person out', async () => {
    const exchange = vi.fn<Exchange>().mockRejectedValueOnce(new TypeError('offline')).mockImplementation(() => Promise.resolve(tokens(2)));
    const session = new Session(exchange);
    session.begin(tokens(1), true);
    await vi.advanceTimersByTimeAsync(14.5 * MINUTE);
    expect(session.status).toBe('signed-in');
    await expect(session.accessToken()).resolves.toBe('access-2');
    expect(exchange).toHaveBeenCalledTimes(2);
  });

  it('ends when the platform refuses the refresh token', async () => {
    const session = new Session(() => Promise.resolve(null));
    const heard = vi.fn();
    session.subscribe(heard);
    session.begin(tokens(1, 0), true);
    await expect(session.accessToken()).resolves.toBeNull();
    expect(session.status).toBe('signed-out');
    expect(session.endReason).toBe('expired');
    expect(localStorage).toHaveLength(0);
    expect(heard).toHaveBeenCalled();
  });

  it('does not renew again for a token that was already replaced', async () => {
    const exchange = vi.fn<Exchange>(() => Promise.resolve(tokens(3)));
    const session = new Session(exchange);
    session.begin(tokens(2), true);
    await expect(session.renew('access-1')).resolves.toBe('access-2');
    expect(exchange).not.toHaveBeenCalled();
  });

  it('survives a reload of the page', async () => {
    new Session(() => Promise.resolve(null)).begin(tokens(1), true);
    const reloaded = new Session(() => Promise.resolve(tokens(2)));
    expect(reloaded.status).toBe('signed-in');
    await expect(reloaded.accessToken()).resolves.toBe('access-2');
  });

  it('uses the token that another tab rotated meanwhile', async () => {
    const exchange = vi.fn<Exchange>((refreshToken) => Promise.resolve(refreshToken === 'refresh-9' ? tokens(10) : null));
    const session = new Session(exchange);
    session.begin(tokens(1, 0), true);
    localStorage.setItem(localStorage.key(0) ?? '', 'refresh-9');
    await expect(session.accessToken()).resolves.toBe('access-10');
    expect(session.status).toBe('signed-in');
  });
});
