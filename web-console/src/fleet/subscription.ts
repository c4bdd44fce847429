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
    installedApps @include(if: $apps) {
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
  subscription Fleet($minIntervalMs: Int, $apps: Boolean!) {
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
export type InstalledApp = NonNullable<FleetDevice['installedApps']>[number];
