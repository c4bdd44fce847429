// People of the organisation and their roles.
import type { TypedDocumentNode } from '@apollo/client';
import { graphql } from '../../graphql/generated';
import type { UserError, UserFieldsFragment } from '../../graphql/generated/graphql';

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

export type UserAction = 'DEACTIVATE' | 'ACTIVATE' | 'UNLOCK';

interface UserActionAnswer {
  outcome: { user?: UserFieldsFragment | null; userErrors: UserError[] };
}

export const USER_ACTIONS: Record<UserAction, TypedDocumentNode<UserActionAnswer, { id: string }>> = { DEACTIVATE, ACTIVATE, UNLOCK };
export type UserRow = UserFieldsFragment;
