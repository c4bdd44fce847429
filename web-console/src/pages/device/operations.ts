// What the device page asks for, and how it stays true.
import { graphql } from '../../graphql/generated';
import type { DevicePageQuery, TelemetryFieldsFragment } from '../../graphql/generated/graphql';

export const DEVICE_PAGE = graphql(`
  query DevicePage($id: ID!) {
    device(id: $id) {
      ...DevicePageDevice
      owner {
        id
        displayName
        email
      }
      template {
        id
        name
      }
      latestTelemetry {
        ...TelemetryFields
      }
    }
  }
`);

export const DEVICE_PAGE_DEVICE = graphql(`
  fragment DevicePageDevice on Device {
    id
    name
    state
    stateReason
    online
    provider
    tags
    group
    createdAt
    updatedAt
    expiresAt
    allowedActions
    location {
      latitude
      longitude
    }
    specification {
      androidVersion
      cpuCores
      memoryMb
      storageGb
      widthPx
      heightPx
      density
      gpu
      locale
      timezone
      networkProxy
    }
  }
`);

export const TELEMETRY_FIELDS = graphql(`
  fragment TelemetryFields on TelemetrySample {
    deviceId
    at
    sequence
    cpuPercent
    memoryPercent
    memoryUsedMb
    storageUsedMb
    batteryPercent
    batteryCharging
    temperatureCelsius
    networkRxKbps
    networkTxKbps
    framesPerSecond
    foregroundApp
    latitude
    longitude
  }
`);

export const DEVICE_TELEMETRY = graphql(`
  subscription DeviceTelemetry($id: ID!, $resumeFrom: DateTime) {
    deviceTelemetry(deviceIds: [$id], minIntervalMs: 1000, resumeFrom: $resumeFrom) {
      gap
      sample {
        ...TelemetryFields
      }
    }
  }
`);

export const DEVICE_CHANGED = graphql(`
  subscription DeviceChanged($id: ID!) {
    deviceChanged(deviceIds: [$id]) {
      device {
        ...DevicePageDevice
      }
      transition {
        id
      }
    }
  }
`);

export const TELEMETRY_HISTORY = graphql(`
  query TelemetryHistory($id: ID!, $from: DateTime!, $to: DateTime!, $resolution: TelemetryResolution!, $maxPoints: Int!) {
    device(id: $id) {
      id
      telemetry(from: $from, to: $to, resolution: $resolution, maxPoints: $maxPoints) {
        at
        cpuPercent
        memoryPercent
        batteryPercent
        temperatureCelsius
        networkRxKbps
        networkTxKbps
        framesPerSecond
      }
    }
  }
`);

export type PageDevice = NonNullable<DevicePageQuery['device']>;
export type Telemetry = TelemetryFieldsFragment;
