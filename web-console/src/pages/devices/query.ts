// One page of devices for the table; what moves comes from the fleet's stream.
import { graphql } from '../../graphql/generated';
import type { DevicesQuery } from '../../graphql/generated/graphql';

export const DEVICES = graphql(`
  query Devices($first: Int!, $after: String, $filter: DeviceFilter, $orderBy: DeviceOrder) {
    devices(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      edges {
        node {
          id
          name
          state
          stateReason
          online
          tags
          group
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
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export type DeviceRowData = NonNullable<DevicesQuery['devices']>['edges'][number]['node'];
