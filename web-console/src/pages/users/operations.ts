// People of the organisation and their roles.
import { graphql } from '../../graphql/generated';
import type { UserFieldsFragment } from '../../graphql/generated/graphql';

export const USER_FIELDS = graphql(`
  fragment UserFields on User {
    id
    email
    displayName
    status
    createdAt
    lastLoginAt
    roles {
      id
      name
    }
  }
`);

export const USERS = graphql(`
  query Users($search: String, $status: UserStatus, $after: String) {
    users(first: 50, search: $search, status: $status, after: $after) {
      totalCount
      edges {
        node {
          ...UserFields
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const ROLES = graphql(`
  query Roles {
    roles {
      id
      name
      description
    }
  }
`);

export const CREATE_USER = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      user {
        ...UserFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const UPDATE_USER = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      user {
        ...UserFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const DEACTIVATE = graphql(`
  mutation DeactivateUser($id: ID!) {
    outcome: deactivateUser(input: { id: $id }) {
      user {
        ...UserFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const ACTIVATE = graphql(`
  mutation ActivateUser($id: ID!) {
    outcome: activateUser(input: { id: $id }) {
      user {
        ...UserFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const UNLOCK = graphql(`
  mutation UnlockUser($id: ID!) {
    outcome: unlockUser(input: { id: $id }) {
      user {
        ...UserFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const USER_ACTIONS = { DEACTIVATE, ACTIVATE, UNLOCK } as const;
export type UserAction = keyof typeof USER_ACTIONS;
export type UserRow = UserFieldsFragment;
