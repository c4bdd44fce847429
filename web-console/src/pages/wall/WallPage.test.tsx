// The wall moves with its one subscription.
import { act, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { device, fleetEvent, sample } from '../../test/devices';
import { openConsole, VIEWER } from '../../test/console';

async function push(opened: ReturnType<typeof openConsole>, ...event: Parameters<typeof fleetEvent>) {
  await act(async () => {
    opened.socket.push('Fleet', { fleet: fleetEvent(...event) });
    await new Promise((resolve) => setTimeout(resolve, 40));
  });
}

async function openWall(...devices: ReturnType<typeof device>[]) {
  const opened = openConsole('/', { StopDevice: () => ({ data: null, errors: [{ message: 'The platform is down.', extensions: { code: 'SERVICE_UNAVAILABLE' } }] }) });
  await screen.findByRole('status', { name: 'Loading…' });
  await screen.findByRole('heading', { name: 'Wall' });
  await push(opened, 'SNAPSHOT', devices);
  return opened;
}

describe('the wall', () => {
  it('shows each device with its owner, apps and measurements', async () => {
    await openWall(
      device({
        id: 'a',
        name: 'Pixel 7',
        latestTelemetry: sample(1, 42),
        installedApps: [{ __typename: 'InstalledApp', packageName: 'org.example.chess', label: 'Chess', versionName: '2.0', application: null }],
      }),
    );
    const card = screen.getByRole('listitem', { name: 'Pixel 7' });
    expect(within(card).getByText('Running')).toBeVisible();
    expect(within(card).getByText('Ada Lovelace')).toBeVisible();
    expect(within(card).getByText('Chess')).toBeVisible();
    expect(within(card).getByText('42%')).toBeVisible();
    expect(within(card).getByRole('img', { name: 'CPU, last minute' })).toHaveAttribute('data-samples', '1');
  });

  it('shows telemetry, a new owner name and a new app as they happen', async () => {
    const opened = await openWall(device({ id: 'a', latestTelemetry: sample(1, 10) }));
    await push(opened, 'TELEMETRY', [
      device({
        id: 'a',
        latestTelemetry: sample(2, 77),
        owner: { __typename: 'User', id: 'user-1', displayName: 'Ada King' },
        installedApps: [{ __typename: 'InstalledApp', packageName: 'org.example.mail', label: 'Mail', versionName: '1', application: null }],
      }),
    ]);
    const card = screen.getByRole('listitem', { name: 'a' });
    expect(within(card).getByText('77%')).toBeVisible();
    expect(within(card).getByText('Ada King')).toBeVisible();
    expect(within(card).getByText('Mail')).toBeVisible();
    expect(within(card).getByRole('img', { name: 'CPU, last minute' })).toHaveAttribute('data-samples', '2');
  });

  it('narrows to a state when its count is pressed', async () => {
    const { user } = await openWall(device({ id: 'up' }), device({ id: 'down', state: 'STOPPED', allowedActions: ['START'] }));
    await user.click(screen.getByRole('button', { name: '1 Stopped' }));
    expect(screen.queryByRole('listitem', { name: 'up' })).not.toBeInTheDocument();
    expect(screen.getByRole('listitem', { name: 'down' })).toBeVisible();
  });

  it('takes the change back and says why when a command fails', async () => {
    const { user } = await openWall(device({ id: 'a' }));
    await user.click(screen.getByRole('button', { name: 'Stop a' }));
    expect(await screen.findByText('a was not stopped')).toBeVisible();
    expect(screen.getByText('The platform is down.')).toBeVisible();
    expect(within(screen.getByRole('listitem', { name: 'a' })).getByText('Running')).toBeVisible();
  });

  it('says what to do when there are no devices', async () => {
    await openWall();
    expect(screen.getByText('There are no devices yet')).toBeVisible();
    expect(screen.getAllByRole('button', { name: 'New device' }).length).toBeGreaterThan(0);
  });
});

describe('roles', () => {
  it('hide what a person may not do', async () => {
    const viewer = { me: { ...VIEWER.me, permissions: ['device:read', 'app:read'] } };
    const opened = openConsole('/', { Viewer: () => ({ data: viewer }) });
    await screen.findByRole('heading', { name: 'Wall' });
    await push(opened, 'SNAPSHOT', [device({ id: 'a' })]);
    const navigation = screen.getByRole('navigation', { name: 'Main' });
    expect(within(navigation).getByRole('link', { name: 'Apps' })).toBeInTheDocument();
    expect(within(navigation).queryByRole('link', { name: 'People' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Stop a' })).not.toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'New device' })).not.toBeInTheDocument();
  });
});
