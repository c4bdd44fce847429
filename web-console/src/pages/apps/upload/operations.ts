// The steps of an upload, as the platform knows them.
import { graphql } from '../../../graphql/generated';
import type { UploadFieldsFragment } from '../../../graphql/generated/graphql';

export const UPLOAD_FIELDS = graphql(`
  fragment UploadFields on ApplicationUpload {
    id
    fileName
    sizeBytes
    sha256
    status
    progress
    partSizeBytes
    createdAt
    parts {
      number
      sizeBytes
      uploaded
    }
    failure {
      code
      message
    }
    application {
      id
      label
      packageName
      versionName
    }
  }
`);

export const START_UPLOAD = graphql(`
  mutation StartApplicationUpload($input: StartApplicationUploadInput!) {
    startApplicationUpload(input: $input) {
      upload {
        ...UploadFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const PRESIGN_PARTS = graphql(`
  mutation PresignUploadParts($uploadId: ID!, $partNumbers: [Int!]!) {
    presignUploadParts(input: { uploadId: $uploadId, partNumbers: $partNumbers }) {
      urls {
        number
        url
        expiresAt
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const COMPLETE_UPLOAD = graphql(`
  mutation CompleteApplicationUpload($uploadId: ID!) {
    completeApplicationUpload(input: { uploadId: $uploadId }) {
      upload {
        ...UploadFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const CANCEL_UPLOAD = graphql(`
  mutation CancelApplicationUpload($uploadId: ID!) {
    cancelApplicationUpload(input: { uploadId: $uploadId }) {
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const UPLOAD_PROGRESS = graphql(`
  subscription ApplicationUploadProgress($id: ID!) {
    applicationUploadProgress(id: $id) {
      ...UploadFields
    }
  }
`);

export const UNFINISHED_UPLOADS = graphql(`
  query UnfinishedUploads {
    applicationUploads(first: 20, status: UPLOADING) {
      edges {
        node {
          ...UploadFields
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export type RemoteUpload = UploadFieldsFragment;
