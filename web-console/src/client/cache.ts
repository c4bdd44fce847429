// The normalised cache: what has an identity, and how pages of a connection join.
import { InMemoryCache, type InMemoryCacheConfig } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

const config: InMemoryCacheConfig = {
  typePolicies: {
    Query: {
      fields: {
        devices: relayStylePagination(['filter', 'orderBy']),
        deviceTemplates: relayStylePagination(['search', 'category']),
        applications: relayStylePagination(['search']),
        applicationUploads: relayStylePagination(['status']),
        installations: relayStylePagination(['filter']),
        users: relayStylePagination(['search', 'status']),
        apiKeys: relayStylePagination(),
        auditLog: relayStylePagination(['filter']),
      },
    },
    Viewer: { keyFields: [] },
    Device: {
      fields: {
        transitions: relayStylePagination(),
        commands: relayStylePagination(),
        installations: relayStylePagination(),
        installedApps: { merge: false },
        tags: { merge: false },
        allowedActions: { merge: false },
        specification: { merge: true },
        latestTelemetry: { merge: true },
      },
    },
    DeviceTemplate: { fields: { specification: { merge: true } } },
    DeviceSpecification: { keyFields: false },
    TelemetrySample: { keyFields: false },
    UploadPart: { keyFields: false },
  },
};

export function createCache(): InMemoryCache {
  return new InMemoryCache(config);
}
