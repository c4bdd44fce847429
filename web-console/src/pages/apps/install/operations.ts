// Bringing apps onto devices and off them again.
import { graphql } from '../../../graphql/generated';
import type { InstallationFieldsFragment } from '../../../graphql/generated/graphql';

export const INSTALLATION_FIELDS = graphql(`
  fragment InstallationFields on Installation {
    id
    status
    progress
    attempts
    updatedAt
    failure {
      code
      message
    }
    device {
      id
      name
    }
    application {
      id
      label
      packageName
      versionName
      iconUrl
    }
  }
`);

export const INSTALL = graphql(`
  mutation InstallApplication($applicationId: ID!, $deviceIds: [ID!]!) {
    installApplication(input: { applicationId: $applicationId, deviceIds: $deviceIds }) {
      installations {
        ...InstallationFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const UNINSTALL = graphql(`
  mutation UninstallApplication($deviceId: ID!, $packageName: String!) {
    uninstallApplication(input: { deviceId: $deviceId, packageName: $packageName }) {
      installation {
        ...InstallationFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const RETRY = graphql(`
  mutation RetryInstallation($input: RetryInstallationInput!) {
    retryInstallation(input: $input) {
      installation {
        ...InstallationFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const INSTALLATION_PROGRESS = graphql(`
  subscription InstallationProgress($ids: [ID!], $deviceId: ID, $applicationId: ID) {
    installationProgress(ids: $ids, deviceId: $deviceId, applicationId: $applicationId) {
      ...InstallationFields
    }
  }
`);

export const INSTALLATIONS = graphql(`
  query Installations($first: Int!, $filter: InstallationFilter, $after: String) {
    installations(first: $first, filter: $filter, after: $after) {
      edges {
        node {
          ...InstallationFields
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const DEVICE_CHOICES = graphql(`
  query DeviceChoices($search: String) {
    devices(first: 50, filter: { search: $search }, orderBy: { field: NAME, direction: ASC }) {
      edges {
        node {
          id
          name
          state
          online
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export type InstallationRow = InstallationFieldsFragment;
