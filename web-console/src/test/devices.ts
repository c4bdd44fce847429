// Builders of what the platform tells about devices.
import type { FleetDevice, FleetEvent } from '../fleet/subscription';

export function device(change: Partial<FleetDevice> & { id: string }): FleetDevice {
  return {
    __typename: 'Device',
    name: change.id,
    state: 'RUNNING',
    stateReason: null,
    online: true,
    tags: [],
    createdAt: '2026-01-01T00:00:00Z',
    allowedActions: ['STOP', 'REBOOT', 'PAUSE', 'DELETE'],
    specification: { __typename: 'DeviceSpecification', androidVersion: '14', cpuCores: 2, memoryMb: 4096 },
    owner: { __typename: 'User', id: 'user-1', displayName: 'Ada Lovelace' },
    installedApps: [],
    latestTelemetry: null,
    ...change,
  };
}

export function sample(sequence: number, cpuPercent: number): NonNullable<FleetDevice['latestTelemetry']> {
  return {
    __typename: 'TelemetrySample',
    at: new Date(1_767_225_600_000 + sequence * 1000).toISOString(),
    sequence,
    cpuPercent,
    memoryPercent: 50,
    batteryPercent: 80,
    batteryCharging: false,
    framesPerSecond: 60,
    foregroundApp: null,
  };
}

export function fleetEvent(kind: FleetEvent['kind'], devices: FleetDevice[], removedIds: string[] = []): FleetEvent {
  return { __typename: 'FleetEvent', sequence: 1, kind, devices, removedIds };
}
