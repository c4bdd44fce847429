// Keys with which programs use the platform.
import { graphql } from '../../graphql/generated';
import type { ApiKeyFieldsFragment } from '../../graphql/generated/graphql';

export const API_KEY_FIELDS = graphql(`
  fragment ApiKeyFields on ApiKey {
    id
    name
    prefix
    permissions
    createdAt
    expiresAt
    lastUsedAt
    revokedAt
  }
`);

export const API_KEYS = graphql(`
  query ApiKeys($after: String) {
    apiKeys(first: 50, after: $after) {
      totalCount
      edges {
        node {
          ...ApiKeyFields
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const PERMISSIONS = graphql(`
  query Permissions {
    permissions {
      name
      description
    }
  }
`);

export const CREATE_API_KEY = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      apiKey {
        ...ApiKeyFields
      }
      secret
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const REVOKE_API_KEY = graphql(`
  mutation RevokeApiKey($id: ID!) {
    revokeApiKey(input: { id: $id }) {
      apiKey {
        ...ApiKeyFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export type ApiKeyRow = ApiKeyFieldsFragment;
