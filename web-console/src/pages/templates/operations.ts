// Device templates: listing, making, changing and removing them.
import { graphql } from '../../graphql/generated';
import type { TemplateFieldsFragment } from '../../graphql/generated/graphql';

export const TEMPLATE_FIELDS = graphql(`
  fragment TemplateFields on DeviceTemplate {
    id
    name
    description
    category
    deviceCount
    createdAt
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
      location {
        latitude
        longitude
      }
    }
  }
`);

export const TEMPLATES = graphql(`
  query Templates($search: String, $after: String) {
    deviceTemplates(first: 48, search: $search, after: $after) {
      totalCount
      edges {
        node {
          ...TemplateFields
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const CREATE_TEMPLATE = graphql(`
  mutation CreateDeviceTemplate($input: CreateDeviceTemplateInput!) {
    createDeviceTemplate(input: $input) {
      deviceTemplate {
        ...TemplateFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const UPDATE_TEMPLATE = graphql(`
  mutation UpdateDeviceTemplate($input: UpdateDeviceTemplateInput!) {
    updateDeviceTemplate(input: $input) {
      deviceTemplate {
        ...TemplateFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const DELETE_TEMPLATE = graphql(`
  mutation DeleteDeviceTemplate($id: ID!) {
    deleteDeviceTemplate(input: { id: $id }) {
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export type Template = TemplateFieldsFragment;
