// The wall's one subscription: telemetry from devices, the owner's name from identity, installed apps from apps.
import { graphql } from '../graphql/generated';
import type { FleetDeviceFragment, FleetSubscription } from '../graphql/generated/graphql';

export const FLEET_DEVICE = graphql(`
  fragment FleetDevice on Device {
    id
    name
    state
    stateReason
    online
    tags
    createdAt
    allowedActions
    specification {
      androidVersion
      cpuCores
      memoryMb
    }
    owner {
      id
      displayName
    }
    installedApps {
      packageName
      label
      versionName
      application {
        id
        iconUrl
      }
    }
    latestTelemetry {
      at
      sequence
      cpuPercent
      memoryPercent
      batteryPercent
      batteryCharging
      framesPerSecond
      foregroundApp
    }
  }
`);

export const FLEET = graphql(`
  subscription Fleet($minIntervalMs: Int) {
    fleet(minIntervalMs: $minIntervalMs) {
      sequence
      kind
      removedIds
      devices {
        ...FleetDevice
      }
    }
  }
`);

export type FleetDevice = FleetDeviceFragment;
export type FleetEvent = FleetSubscription['fleet'];
export type Sample = NonNullable<FleetDevice['latestTelemetry']>;
export type InstalledApp = FleetDevice['installedApps'][number];
