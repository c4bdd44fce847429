// Signing in, being refused, and being asked again when a session ends.
import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { openConsole, VIEWER } from '../../test/console';

const SESSION = { accessToken: 'fresh', refreshToken: 'refresh', expiresAt: new Date(Date.now() + 900_000).toISOString() };

describe('signing in', () => {
  it('leads to where the person wanted to go, and sends the token from then on', async () => {
    const seen: (string | null)[] = [];
    const { user } = openConsole(
      '/profile',
      {
        Login: () => ({ data: { login: { session: SESSION, userErrors: [] } } }),
        Viewer: (_, authorization) => {
          seen.push(authorization);
          return { data: VIEWER };
        },
        Sessions: () => ({ data: { sessions: [] } }),
      },
      { signedIn: false },
    );
    await user.type(await screen.findByRole('textbox', { name: 'Email' }), 'ada@example.org');
    await user.type(screen.getByLabelText(/^Password/), 'correct horse');
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('heading', { name: 'Profile' })).toBeVisible();
    expect(seen).toEqual(['Bearer fresh']);
  });

  it('shows errors next to their fields and above the form', async () => {
    const { user } = openConsole(
      '/sign-in',
      {
        Login: () => ({
          data: {
            login: {
              session: null,
              userErrors: [
                { code: 'INVALID_EMAIL', message: 'Enter an email address.', path: ['email'] },
                { code: 'BAD_CREDENTIALS', message: 'Email or password is wrong.', path: [] },
              ],
            },
          },
        }),
      },
      { signedIn: false },
    );
    await user.click(await screen.findByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('Email or password is wrong.');
    expect(screen.getByRole('textbox', { name: 'Email' })).toHaveAccessibleDescription('Enter an email address.');
  });

  it('says so when the platform cannot be reached', async () => {
    const { user } = openConsole('/sign-in', { Login: () => Promise.reject(new TypeError('Failed to fetch')) }, { signedIn: false });
    await user.click(await screen.findByRole('button', { name: 'Sign in' }));
    expect(await screen.findByRole('alert')).toHaveTextContent('The platform cannot be reached.');
  });
});

describe('an ended session', () => {
  const unauthenticated = { data: null, errors: [{ message: 'Sign in first.', extensions: { code: 'UNAUTHENTICATED' } }] };

  it('is renewed without the person noticing', async () => {
    const { requests } = openConsole('/profile', {
      Viewer: (_, authorization) => (authorization === 'Bearer renewed' ? { data: VIEWER } : unauthenticated),
      RefreshSession: () => ({ data: { refreshSession: { session: { ...SESSION, accessToken: 'renewed' }, userErrors: [] } } }),
      Sessions: () => ({ data: { sessions: [] } }),
    });
    expect(await screen.findByRole('heading', { name: 'Profile' })).toBeVisible();
    expect(requests.filter((request) => request.operation === 'RefreshSession')).toHaveLength(1);
  });

  it('leads to signing in when it cannot be renewed', async () => {
    const { session } = openConsole('/profile', {
      Viewer: () => unauthenticated,
      RefreshSession: () => ({ data: { refreshSession: { session: null, userErrors: [{ code: 'SESSION_ENDED' }] } } }),
    });
    expect(await screen.findByText(/Your session ended/)).toBeVisible();
    await waitFor(() => expect(session.status).toBe('signed-out'));
  });
});
