/* eslint-disable */
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = T | null | undefined;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * Implement the DateTime<Utc> scalar
   *
   * The input/output is a string in RFC3339 format.
   */
  DateTime: { input: string; output: string; }
  /** A scalar that can represent any JSON value. */
  JSON: { input: unknown; output: unknown; }
  /** A whole number of up to 64 bits with sign, serialised as a JSON number. */
  Long: { input: number; output: number; }
};

/** Which account to open. */
export type ActivateUserInput = {
  /** The account. */
  id: Scalars['ID']['input'];
};

/** The answer to `activateUser`. */
export type ActivateUserPayload = {
  __typename?: 'ActivateUserPayload';
  /** The opened account; absent when refused. */
  user?: Maybe<User>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** The kind of principal that did something. */
export type ActorKind =
  /** A program with a key. */
  | 'API_KEY'
  /** The platform itself. */
  | 'SERVICE'
  /** A signed-in person. */
  | 'USER';

/** A long-lived credential for a program, acting for the person who made it. */
export type ApiKey = {
  __typename?: 'ApiKey';
  /** When it was made. */
  createdAt: Scalars['DateTime']['output'];
  /** When it ends; absent when it does not. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** The key's id. */
  id: Scalars['ID']['output'];
  /** When it was last used, to within a minute; absent before the first time. */
  lastUsedAt?: Maybe<Scalars['DateTime']['output']>;
  /** The name that its maker gave it. */
  name: Scalars['String']['output'];
  /** What it allows, as far as its maker still may. */
  permissions: Array<Scalars['String']['output']>;
  /** The public part of its text, after `cp_`, by which it can be recognised. */
  prefix: Scalars['String']['output'];
  /** When it was revoked; absent while it holds. */
  revokedAt?: Maybe<Scalars['DateTime']['output']>;
};

export type ApiKeyConnection = {
  __typename?: 'ApiKeyConnection';
  /** A list of edges. */
  edges: Array<ApiKeyEdge>;
  /** A list of nodes. */
  nodes: Array<ApiKey>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type ApiKeyEdge = {
  __typename?: 'ApiKeyEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: ApiKey;
};

/** Who signed a package. */
export type ApkSignature = {
  __typename?: 'ApkSignature';
  /** The signers. */
  certificates: Array<SigningCertificate>;
  /** The schemes that the package carries, oldest first. */
  schemes: Array<SignatureScheme>;
  /** Whether the newest scheme's signature holds; packages whose does not are refused. */
  verified: Scalars['Boolean']['output'];
};

/** One version of an Android package. */
export type Application = {
  __typename?: 'Application';
  /** Processor architectures of its native libraries; empty means any. */
  abis: Array<Scalars['String']['output']>;
  /** When it came into the catalogue. */
  createdAt: Scalars['DateTime']['output'];
  /** Where the package can be downloaded, for a while. Absent when it is deleted. */
  downloadUrl?: Maybe<Scalars['String']['output']>;
  /** Hardware and software features that it uses. */
  features: Array<Scalars['String']['output']>;
  /** Where its icon is, for a while. Absent when it has no picture, or is deleted. */
  iconUrl?: Maybe<Scalars['String']['output']>;
  /** The application's id. */
  id: Scalars['ID']['output'];
  /** How many devices have it. */
  installCount: Scalars['Int']['output'];
  /** The name under the icon; the package name when it has none. */
  label: Scalars['String']['output'];
  /** The activity that the launcher starts. Absent for packages without a face. */
  mainActivity?: Maybe<Scalars['String']['output']>;
  /** Lowest Android API level that it runs on. */
  minSdk: Scalars['Int']['output'];
  /** The package name, such as `com.example.app`. */
  packageName: Scalars['String']['output'];
  /** Permissions that it asks for. */
  permissions: Array<Scalars['String']['output']>;
  /** The package's SHA-256 in hexadecimal. */
  sha256: Scalars['String']['output'];
  /** Who signed it. */
  signature?: Maybe<ApkSignature>;
  /** The package's size in bytes. */
  sizeBytes: Scalars['Long']['output'];
  /** Android API level that it was made for. */
  targetSdk: Scalars['Int']['output'];
  /** Who uploaded it. Absent when a program of the platform did. */
  uploadedBy?: Maybe<User>;
  /** The number by which Android orders versions. */
  versionCode: Scalars['Long']['output'];
  /** The version for people. Absent when the package has none. */
  versionName?: Maybe<Scalars['String']['output']>;
};

export type ApplicationConnection = {
  __typename?: 'ApplicationConnection';
  /** A list of edges. */
  edges: Array<ApplicationEdge>;
  /** A list of nodes. */
  nodes: Array<Application>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type ApplicationEdge = {
  __typename?: 'ApplicationEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: Application;
};

/** How a list of applications is sorted. */
export type ApplicationOrder = {
  /** The direction; ascending unless told. */
  direction?: OrderDirection;
  /** The sort key. */
  field: ApplicationOrderField;
};

/** How a list of applications is sorted. */
export type ApplicationOrderField =
  /** By when they came into the catalogue. */
  | 'CREATED_AT'
  /** By the name under the icon. */
  | 'LABEL'
  /** By package name. */
  | 'PACKAGE_NAME';

/** A file on its way into the catalogue. */
export type ApplicationUpload = {
  __typename?: 'ApplicationUpload';
  /** What became of it. Absent until it is `READY`. */
  application?: Maybe<Application>;
  /** When it began. */
  createdAt: Scalars['DateTime']['output'];
  /** Why it failed. Absent otherwise. */
  failure?: Maybe<Failure>;
  /** The file's name. */
  fileName: Scalars['String']['output'];
  /** The upload's id. */
  id: Scalars['ID']['output'];
  /** Bytes of every part but the last. */
  partSizeBytes: Scalars['Long']['output'];
  /** The parts that the file comes in, and which of them have arrived. */
  parts: Array<UploadPart>;
  /** Percent of verification and reading that are done. */
  progress: Scalars['Int']['output'];
  /** The file's SHA-256 in hexadecimal, as announced. */
  sha256: Scalars['String']['output'];
  /** The file's size in bytes, as announced. */
  sizeBytes: Scalars['Long']['output'];
  /** Where it is in its life. */
  status: ApplicationUploadStatus;
};

export type ApplicationUploadConnection = {
  __typename?: 'ApplicationUploadConnection';
  /** A list of edges. */
  edges: Array<ApplicationUploadEdge>;
  /** A list of nodes. */
  nodes: Array<ApplicationUpload>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type ApplicationUploadEdge = {
  __typename?: 'ApplicationUploadEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: ApplicationUpload;
};

/** The answer to a step of an upload. */
export type ApplicationUploadPayload = {
  __typename?: 'ApplicationUploadPayload';
  /** The upload as it is now; absent when nothing changed. */
  upload?: Maybe<ApplicationUpload>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** Where an upload is in its life. */
export type ApplicationUploadStatus =
  /** Somebody gave it up, or it rested for too long. */
  | 'CANCELLED'
  /** The file cannot be accepted; `failure` tells why. */
  | 'FAILED'
  /** The package is being read. */
  | 'PARSING'
  /** The application is in the catalogue. */
  | 'READY'
  /** Parts are arriving. */
  | 'UPLOADING'
  /** All bytes are there; their SHA-256 is being checked. */
  | 'VERIFYING';

/** One thing that somebody did. */
export type AuditEntry = {
  __typename?: 'AuditEntry';
  /** What was done, such as `device.start`. */
  action: Scalars['String']['output'];
  /** The person who did it or whose key did it. Absent for the platform's own work and for deleted accounts. */
  actor?: Maybe<User>;
  /** The kind of principal that did it. */
  actorKind: ActorKind;
  /** The network address that the request came from; absent for the platform's own work. */
  address?: Maybe<Scalars['String']['output']>;
  /** What the thing became; absent for deleted things. */
  after?: Maybe<Scalars['JSON']['output']>;
  /** When it happened. */
  at: Scalars['DateTime']['output'];
  /** What the thing was before; absent for new things. */
  before?: Maybe<Scalars['JSON']['output']>;
  /** Ties together everything that one request caused. */
  correlationId: Scalars['ID']['output'];
  /** The entry's id. */
  id: Scalars['ID']['output'];
  /** The thing that it was done to; absent when it was the organisation as a whole. */
  targetId?: Maybe<Scalars['ID']['output']>;
  /** The kind of thing that it was done to, such as `device`. */
  targetType: Scalars['String']['output'];
};

export type AuditEntryConnection = {
  __typename?: 'AuditEntryConnection';
  /** A list of edges. */
  edges: Array<AuditEntryEdge>;
  /** A list of nodes. */
  nodes: Array<AuditEntry>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type AuditEntryEdge = {
  __typename?: 'AuditEntryEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: AuditEntry;
};

/** Which entries of the audit log to show; absent conditions hold for all. */
export type AuditLogFilter = {
  /** What was done, exactly (`device.start`) or as a group (`device.*`). */
  action?: InputMaybe<Scalars['String']['input']>;
  /** The person who did it. */
  actorId?: InputMaybe<Scalars['ID']['input']>;
  /** From this moment on. */
  from?: InputMaybe<Scalars['DateTime']['input']>;
  /** The thing that it was done to. */
  targetId?: InputMaybe<Scalars['ID']['input']>;
  /** The kind of thing that it was done to, such as `device`. */
  targetType?: InputMaybe<Scalars['String']['input']>;
  /** Before this moment. */
  to?: InputMaybe<Scalars['DateTime']['input']>;
};

/** What a client holds after signing in. */
export type AuthenticatedSession = {
  __typename?: 'AuthenticatedSession';
  /** Goes with every request as `Authorization: Bearer …`. */
  accessToken: Scalars['String']['output'];
  /** When the access token ends. */
  expiresAt: Scalars['DateTime']['output'];
  /** Is traded for the next pair of tokens; each is good once. */
  refreshToken: Scalars['String']['output'];
  /** Who signed in. */
  user: User;
};

/** Which upload to give up. */
export type CancelApplicationUploadInput = {
  /** The upload. */
  uploadId: Scalars['ID']['input'];
};

/** The old and the new password. */
export type ChangePasswordInput = {
  /** The password so far. */
  currentPassword: Scalars['String']['input'];
  /** The password from now on. */
  newPassword: Scalars['String']['input'];
};

/** The answer to `changePassword`. */
export type ChangePasswordPayload = {
  __typename?: 'ChangePasswordPayload';
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** What a device is told to do. */
export type CommandKind =
  /** Leave the network for some seconds. */
  | 'DROP_NETWORK'
  /** Download, verify and install a package. */
  | 'INSTALL_APP'
  /** Bring an app to the front. */
  | 'OPEN_APP'
  /** Freeze the phone. */
  | 'PAUSE'
  /** Restart Android. */
  | 'REBOOT'
  /** Continue after a pause. */
  | 'RESUME'
  /** Change settings of the phone. */
  | 'SET_CONFIG'
  /** Move the phone's GPS. */
  | 'SET_LOCATION'
  /** Switch the phone on. */
  | 'START'
  /** Switch the phone off. */
  | 'STOP'
  /** Remove a package. */
  | 'UNINSTALL_APP';

/** How far a command has come. */
export type CommandStatus =
  /** The device works on it. */
  | 'ACCEPTED'
  /** The device did not do it in time. */
  | 'EXPIRED'
  /** The device could not do it. */
  | 'FAILED'
  /** Waits for the device to be on the network. */
  | 'QUEUED'
  /** Published to the device. */
  | 'SENT'
  /** Done. */
  | 'SUCCEEDED';

/** Which upload to complete. */
export type CompleteApplicationUploadInput = {
  /** The upload. */
  uploadId: Scalars['ID']['input'];
};

/** A key to be made. */
export type CreateApiKeyInput = {
  /** When it shall end; absent when it shall not. */
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The name to recognise it by. */
  name: Scalars['String']['input'];
  /** What it shall allow, each `resource:action` or a wildcard such as `device:*`. */
  permissions: Array<Scalars['String']['input']>;
};

/** The answer to `createApiKey`. */
export type CreateApiKeyPayload = {
  __typename?: 'CreateApiKeyPayload';
  /** The new key; absent when refused. */
  apiKey?: Maybe<ApiKey>;
  /** The key's whole text, shown this once; absent when refused. */
  secret?: Maybe<Scalars['String']['output']>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** New devices. Give either a template or a specification. */
export type CreateDeviceInput = {
  /** How many to make, 1 to 100. */
  count?: Scalars['Int']['input'];
  /** When it is to go. */
  expiresAt?: InputMaybe<Scalars['DateTime']['input']>;
  /** The group it belongs to. */
  group?: InputMaybe<Scalars['String']['input']>;
  /** What people call it, 1 to 100 characters; several devices get a number behind it. */
  name: Scalars['String']['input'];
  /** What to make it of. */
  specification?: InputMaybe<DeviceSpecificationInput>;
  /** Whether to switch it on once it is set up. */
  start?: Scalars['Boolean']['input'];
  /** Labels, at most 32. */
  tags?: Array<Scalars['String']['input']>;
  /** The template to make it from. */
  templateId?: InputMaybe<Scalars['ID']['input']>;
};

/** The answer to `createDevice`. */
export type CreateDevicePayload = {
  __typename?: 'CreateDevicePayload';
  /** The devices on their way; absent when nothing was made. */
  devices?: Maybe<Array<Device>>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** A new template. */
export type CreateDeviceTemplateInput = {
  /** What it is for. */
  category: TemplateCategory;
  /** What it is good for. */
  description?: Scalars['String']['input'];
  /** What people call it, unique in your organisation. */
  name: Scalars['String']['input'];
  /** What its devices are made of. */
  specification: DeviceSpecificationInput;
};

/** A role to be made. */
export type CreateRoleInput = {
  /** What it is for. */
  description?: Scalars['String']['input'];
  /** The name that people see. */
  name: Scalars['String']['input'];
  /** What its holders may do, each `resource:action` or a wildcard such as `device:*`. */
  permissions: Array<Scalars['String']['input']>;
};

/** The answer to `createRole`. */
export type CreateRolePayload = {
  __typename?: 'CreateRolePayload';
  /** The new role; absent when refused. */
  role?: Maybe<Role>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** An organisation to be made, with its first administrator. */
export type CreateTenantInput = {
  /** The first administrator's name. */
  adminDisplayName: Scalars['String']['input'];
  /** The first administrator's address. */
  adminEmail: Scalars['String']['input'];
  /** The first administrator's password. */
  adminPassword: Scalars['String']['input'];
  /** The name that people see. */
  name: Scalars['String']['input'];
  /** The short name: 2 to 50 lower-case letters, digits and hyphens. */
  slug: Scalars['String']['input'];
};

/** The answer to `createTenant`. */
export type CreateTenantPayload = {
  __typename?: 'CreateTenantPayload';
  /** The new organisation; absent when refused. */
  tenant?: Maybe<Tenant>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** An account to be made. */
export type CreateUserInput = {
  /** The name that others see. */
  displayName: Scalars['String']['input'];
  /** The address to sign in with. */
  email: Scalars['String']['input'];
  /** The first password. */
  password: Scalars['String']['input'];
  /** The roles to hold. */
  roleIds?: Array<Scalars['ID']['input']>;
};

/** The answer to `createUser`. */
export type CreateUserPayload = {
  __typename?: 'CreateUserPayload';
  /** The new account; absent when refused. */
  user?: Maybe<User>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Which account to close. */
export type DeactivateUserInput = {
  /** The account. */
  id: Scalars['ID']['input'];
};

/** The answer to `deactivateUser`. */
export type DeactivateUserPayload = {
  __typename?: 'DeactivateUserPayload';
  /** The closed account; absent when refused. */
  user?: Maybe<User>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Which application to delete. */
export type DeleteApplicationInput = {
  /** The application. */
  id: Scalars['ID']['input'];
};

/** The answer to `deleteApplication`. */
export type DeleteApplicationPayload = {
  __typename?: 'DeleteApplicationPayload';
  /** The application that is gone; absent when nothing changed. */
  deletedId?: Maybe<Scalars['ID']['output']>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** The answer to `deleteDevice`. */
export type DeleteDevicePayload = {
  __typename?: 'DeleteDevicePayload';
  /** The device on its way out; absent when nothing changed. */
  device?: Maybe<Device>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** A template to remove. */
export type DeleteDeviceTemplateInput = {
  /** The template. */
  id: Scalars['ID']['input'];
};

/** The answer to `deleteDeviceTemplate`. */
export type DeleteDeviceTemplatePayload = {
  __typename?: 'DeleteDeviceTemplatePayload';
  /** The template that is gone; absent when nothing changed. */
  deletedId?: Maybe<Scalars['ID']['output']>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** Which role to delete. */
export type DeleteRoleInput = {
  /** The role. */
  id: Scalars['ID']['input'];
};

/** The answer to `deleteRole`. */
export type DeleteRolePayload = {
  __typename?: 'DeleteRolePayload';
  /** The role that is gone; absent when refused. */
  deletedRoleId?: Maybe<Scalars['ID']['output']>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Which account to delete. */
export type DeleteUserInput = {
  /** The account. */
  id: Scalars['ID']['input'];
};

/** The answer to `deleteUser`. */
export type DeleteUserPayload = {
  __typename?: 'DeleteUserPayload';
  /** The account that is gone; absent when refused. */
  deletedUserId?: Maybe<Scalars['ID']['output']>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** A cloud phone; the devices domain knows more. */
export type Device = {
  __typename?: 'Device';
  /** What may be asked of it now. */
  allowedActions: Array<DeviceAction>;
  /** What it was told to do, newest first. */
  commands: DeviceCommandConnection;
  /** When it was made. */
  createdAt: Scalars['DateTime']['output'];
  /** When it is to go; absent when it stays. */
  expiresAt?: Maybe<Scalars['DateTime']['output']>;
  /** The group it belongs to; absent when it belongs to none. */
  group?: Maybe<Scalars['String']['output']>;
  /** The device's id. */
  id: Scalars['ID']['output'];
  /** Everything that was ever asked of the device about applications, newest first. Null only together with an error. */
  installations?: Maybe<InstallationConnection>;
  /** The applications that the device has from this platform, by name. Null only together with an error. */
  installedApps?: Maybe<Array<InstalledApp>>;
  /** The newest measurement; absent until one came. */
  latestTelemetry?: Maybe<TelemetrySample>;
  /** Where its GPS is: by the latest sample if you may see it, or else where it was placed; absent when neither is known. */
  location?: Maybe<GeoPoint>;
  /** What people call it. */
  name: Scalars['String']['output'];
  /** Whether it is on the network. */
  online: Scalars['Boolean']['output'];
  /** Who made it; absent when a program did. */
  owner?: Maybe<User>;
  /** What it runs on. */
  provider: ProviderKind;
  /** What it is made of. */
  specification: DeviceSpecification;
  /** Where it is in its life. */
  state: DeviceState;
  /** Why it is in error; absent unless it is. */
  stateReason?: Maybe<Scalars['String']['output']>;
  /** Labels, sorted. */
  tags: Array<Scalars['String']['output']>;
  /** Averages of its measurements over a stretch of the past, oldest first. */
  telemetry: Array<TelemetryPoint>;
  /** What it was made from; absent when from a specification, or when the template is gone. */
  template?: Maybe<DeviceTemplate>;
  /** Its moves from state to state, newest first. */
  transitions: DeviceTransitionConnection;
  /** When it last changed. */
  updatedAt: Scalars['DateTime']['output'];
  /** Grows with each change; give it to `updateDevice` to change only what you have seen. */
  version: Scalars['Long']['output'];
};


/** A cloud phone; the devices domain knows more. */
export type DeviceCommandsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** A cloud phone; the devices domain knows more. */
export type DeviceInstallationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** A cloud phone; the devices domain knows more. */
export type DeviceTelemetryArgs = {
  from?: InputMaybe<Scalars['DateTime']['input']>;
  maxPoints?: InputMaybe<Scalars['Int']['input']>;
  resolution?: InputMaybe<TelemetryResolution>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
};


/** A cloud phone; the devices domain knows more. */
export type DeviceTransitionsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};

/** What a person may ask of a device. */
export type DeviceAction =
  /** Take it down for good. */
  | 'DELETE'
  /** Freeze it. */
  | 'PAUSE'
  /** Restart Android. */
  | 'REBOOT'
  /** Continue after a pause. */
  | 'RESUME'
  /** Switch it on. */
  | 'START'
  /** Switch it off. */
  | 'STOP';

/** An action on one device. */
export type DeviceActionInput = {
  /** The device. */
  id: Scalars['ID']['input'];
};

/** The answer to an action on a device. */
export type DeviceActionPayload = {
  __typename?: 'DeviceActionPayload';
  /** The device on its way; absent when nothing changed. */
  device?: Maybe<Device>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** A device that changed. */
export type DeviceChangedEvent = {
  __typename?: 'DeviceChangedEvent';
  /** The device as it is now; in state `DELETED` when it is gone. */
  device: Device;
  /** The move behind the change; absent when the state did not change. */
  transition?: Maybe<DeviceTransition>;
};

/** An order to a device. */
export type DeviceCommand = {
  __typename?: 'DeviceCommand';
  /** When it ended; absent while it is under way. */
  completedAt?: Maybe<Scalars['DateTime']['output']>;
  /** When it was ordered. */
  createdAt: Scalars['DateTime']['output'];
  /** Why it failed; absent unless it did. */
  error?: Maybe<DeviceCommandError>;
  /** When it is given up. */
  expiresAt: Scalars['DateTime']['output'];
  /** The command. */
  id: Scalars['ID']['output'];
  /** What the device is told to do. */
  kind: CommandKind;
  /** Percent done, as the device says. */
  progress: Scalars['Int']['output'];
  /** What the device answered; absent when it answered nothing. */
  result?: Maybe<Scalars['JSON']['output']>;
  /** How far it has come. */
  status: CommandStatus;
};

export type DeviceCommandConnection = {
  __typename?: 'DeviceCommandConnection';
  /** A list of edges. */
  edges: Array<DeviceCommandEdge>;
  /** A list of nodes. */
  nodes: Array<DeviceCommand>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type DeviceCommandEdge = {
  __typename?: 'DeviceCommandEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: DeviceCommand;
};

/** Why a command failed. */
export type DeviceCommandError = {
  __typename?: 'DeviceCommandError';
  /** A code such as `NOT_RUNNING`. */
  code: Scalars['String']['output'];
  /** A sentence. */
  message: Scalars['String']['output'];
};

export type DeviceConnection = {
  __typename?: 'DeviceConnection';
  /** A list of edges. */
  edges: Array<DeviceEdge>;
  /** A list of nodes. */
  nodes: Array<Device>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type DeviceEdge = {
  __typename?: 'DeviceEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: Device;
};

/** Which devices: every condition given must hold. */
export type DeviceFilter = {
  /** In this group. */
  group?: InputMaybe<Scalars['String']['input']>;
  /** On the network, or not. */
  online?: InputMaybe<Scalars['Boolean']['input']>;
  /** Made by this person. */
  ownerId?: InputMaybe<Scalars['ID']['input']>;
  /** On this provider. */
  provider?: InputMaybe<ProviderKind>;
  /** With this text in the name, whatever the case. */
  search?: InputMaybe<Scalars['String']['input']>;
  /** In one of these states. */
  states?: InputMaybe<Array<DeviceState>>;
  /** With all of these tags. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
  /** Made from this template. */
  templateId?: InputMaybe<Scalars['ID']['input']>;
};

/** How a list of devices is sorted. */
export type DeviceOrder = {
  /** In which direction. */
  direction?: OrderDirection;
  /** By what. */
  field: DeviceOrderField;
};

/** What a list is sorted by. */
export type DeviceOrderField =
  /** The time of creation. */
  | 'CREATED_AT'
  /** The name. */
  | 'NAME'
  /** The state. */
  | 'STATE';

/** What a device is made of. */
export type DeviceSpecification = {
  __typename?: 'DeviceSpecification';
  /** Android's major version, such as `14`. */
  androidVersion: Scalars['String']['output'];
  /** Processor cores. */
  cpuCores: Scalars['Int']['output'];
  /** Screen density in dots per inch. */
  density: Scalars['Int']['output'];
  /** Whether the device has a share of a GPU. */
  gpu: Scalars['Boolean']['output'];
  /** Screen height in pixels. */
  heightPx: Scalars['Int']['output'];
  /** Language tag, such as `en-GB`. */
  locale: Scalars['String']['output'];
  /** Where the phone's GPS placed it at first; absent when that was left to the provider. */
  location?: Maybe<GeoPoint>;
  /** Memory in MiB. */
  memoryMb: Scalars['Int']['output'];
  /** Proxy for the phone's traffic; absent when it has none. */
  networkProxy?: Maybe<Scalars['String']['output']>;
  /** Storage in GiB. */
  storageGb: Scalars['Int']['output'];
  /** IANA time zone, such as `Europe/Berlin`. */
  timezone: Scalars['String']['output'];
  /** Screen width in pixels. */
  widthPx: Scalars['Int']['output'];
};

/** What a device is to be made of. */
export type DeviceSpecificationInput = {
  /** Android's major version, 8 to 16. */
  androidVersion?: Scalars['String']['input'];
  /** Processor cores, 1 to 16. */
  cpuCores?: Scalars['Int']['input'];
  /** Screen density in dots per inch, 72 to 640. */
  density?: Scalars['Int']['input'];
  /** Whether the device gets a share of a GPU. */
  gpu?: Scalars['Boolean']['input'];
  /** Screen height in pixels, 240 to 4096. */
  heightPx?: Scalars['Int']['input'];
  /** Language tag, such as `en-GB`. */
  locale?: Scalars['String']['input'];
  /** Where the phone's GPS places it at first; leave it out to have the provider choose. */
  location?: InputMaybe<GeoPointInput>;
  /** Memory in MiB, 512 to 32768. */
  memoryMb?: Scalars['Int']['input'];
  /** Proxy for the phone's traffic as `http://`, `https://` or `socks5://host:port`; leave it out for none. */
  networkProxy?: InputMaybe<Scalars['String']['input']>;
  /** Storage in GiB, 1 to 1024. */
  storageGb?: Scalars['Int']['input'];
  /** IANA time zone, such as `Europe/Berlin`. */
  timezone?: Scalars['String']['input'];
  /** Screen width in pixels, 240 to 4096. */
  widthPx?: Scalars['Int']['input'];
};

/** Where a device is in its life. */
export type DeviceState =
  /** Recorded; nothing exists at the provider yet. */
  | 'CREATING'
  /** Gone; kept for the record. */
  | 'DELETED'
  /** Being taken down. */
  | 'DELETING'
  /** Something failed; see the reason. Starting, stopping and deleting remain possible. */
  | 'ERROR'
  /** Moving to another node. */
  | 'MIGRATING'
  /** Frozen; continues where it was. */
  | 'PAUSED'
  /** On its way to being paused. */
  | 'PAUSING'
  /** The provider is setting the phone up. */
  | 'PROVISIONING'
  /** Restarting Android. */
  | 'REBOOTING'
  /** Being wiped back to its first state. */
  | 'RESETTING'
  /** Its content is being replaced from a snapshot. */
  | 'RESTORING'
  /** Switched on and usable. */
  | 'RUNNING'
  /** Its content is being saved. */
  | 'SNAPSHOTTING'
  /** On its way to running. */
  | 'STARTING'
  /** Switched off. */
  | 'STOPPED'
  /** On its way to being switched off. */
  | 'STOPPING';

/** How many devices are in a state. */
export type DeviceStateCount = {
  __typename?: 'DeviceStateCount';
  /** How many. */
  count: Scalars['Int']['output'];
  /** The state. */
  state: DeviceState;
};

/** A new measurement of a device. */
export type DeviceTelemetryEvent = {
  __typename?: 'DeviceTelemetryEvent';
  /** The device as it is now. */
  device: Device;
  /** Whether measurements before this one were lost to this subscription; ask the history for them. */
  gap: Scalars['Boolean']['output'];
  /** The measurement. */
  sample: TelemetrySample;
};

/** A specification with a name, from which devices are made. */
export type DeviceTemplate = {
  __typename?: 'DeviceTemplate';
  /** What it is for. */
  category: TemplateCategory;
  /** When it was made. */
  createdAt: Scalars['DateTime']['output'];
  /** What it is good for. */
  description: Scalars['String']['output'];
  /** How many devices were made from it and are still there. */
  deviceCount: Scalars['Int']['output'];
  /** The template. */
  id: Scalars['ID']['output'];
  /** What people call it. */
  name: Scalars['String']['output'];
  /** What its devices are made of. */
  specification: DeviceSpecification;
};

export type DeviceTemplateConnection = {
  __typename?: 'DeviceTemplateConnection';
  /** A list of edges. */
  edges: Array<DeviceTemplateEdge>;
  /** A list of nodes. */
  nodes: Array<DeviceTemplate>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type DeviceTemplateEdge = {
  __typename?: 'DeviceTemplateEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: DeviceTemplate;
};

/** The answer to a change of a template. */
export type DeviceTemplatePayload = {
  __typename?: 'DeviceTemplatePayload';
  /** The template as it is now; absent when nothing changed. */
  deviceTemplate?: Maybe<DeviceTemplate>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** One move of a device from state to state. */
export type DeviceTransition = {
  __typename?: 'DeviceTransition';
  /** Who asked for it; absent for the platform and the phone itself. */
  actor?: Maybe<User>;
  /** When. */
  at: Scalars['DateTime']['output'];
  /** Why. */
  cause: Scalars['String']['output'];
  /** Where the device came from; absent for its first state. */
  from?: Maybe<DeviceState>;
  /** The move. */
  id: Scalars['ID']['output'];
  /** Where it went. */
  to: DeviceState;
};

export type DeviceTransitionConnection = {
  __typename?: 'DeviceTransitionConnection';
  /** A list of edges. */
  edges: Array<DeviceTransitionEdge>;
  /** A list of nodes. */
  nodes: Array<DeviceTransition>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type DeviceTransitionEdge = {
  __typename?: 'DeviceTransitionEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: DeviceTransition;
};

/** Why something failed. */
export type Failure = {
  __typename?: 'Failure';
  /** A stable code for programs. */
  code: Scalars['String']['output'];
  /** A sentence for people. */
  message: Scalars['String']['output'];
};

/** News of a wall of devices. */
export type FleetEvent = {
  __typename?: 'FleetEvent';
  /** The devices as they are now, with their latest measurement; empty when devices were removed. */
  devices: Array<Device>;
  /** What it is about. */
  kind: FleetEventKind;
  /** The devices that match no longer; empty for all other kinds. */
  removedIds: Array<Scalars['ID']['output']>;
  /** Grows by one with each event of this subscription, so that a loss shows. */
  sequence: Scalars['Long']['output'];
};

/** What an event of the wall is about. */
export type FleetEventKind =
  /** Devices that changed, or match from now on. */
  | 'CHANGED'
  /** Devices that match no longer. */
  | 'REMOVED'
  /** Devices that match at the beginning; further events of this kind may follow until all were sent. */
  | 'SNAPSHOT'
  /** Devices with a newer sample. */
  | 'TELEMETRY';

/** A place on earth. */
export type GeoPoint = {
  __typename?: 'GeoPoint';
  /** Degrees north of the equator. */
  latitude: Scalars['Float']['output'];
  /** Degrees east of Greenwich. */
  longitude: Scalars['Float']['output'];
};

/** A place on earth. */
export type GeoPointInput = {
  /** Degrees north of the equator, -90 to 90. */
  latitude: Scalars['Float']['input'];
  /** Degrees east of Greenwich, -180 to 180. */
  longitude: Scalars['Float']['input'];
};

/** What to install and where. */
export type InstallApplicationInput = {
  /** The application. */
  applicationId: Scalars['ID']['input'];
  /** The devices, 1 to 200. */
  deviceIds: Array<Scalars['ID']['input']>;
};

/** The answer to `installApplication`. Some devices may be asked while others cannot. */
export type InstallApplicationPayload = {
  __typename?: 'InstallApplicationPayload';
  /** The installations, new and earlier ones; empty when no device could be asked. */
  installations: Array<Installation>;
  /** Why devices could not be asked, each with its place in `deviceIds`; empty when all could. */
  userErrors: Array<UserError>;
};

/** One application on one device, from the wish to the removal. */
export type Installation = {
  __typename?: 'Installation';
  /** The application, also when it has left the catalogue. */
  application: Application;
  /** How often it was tried. */
  attempts: Scalars['Int']['output'];
  /** When it was asked for. */
  createdAt: Scalars['DateTime']['output'];
  /** The device. Absent when it is gone. */
  device?: Maybe<Device>;
  /** Why the last order failed. Absent otherwise. */
  failure?: Maybe<Failure>;
  /** The installation's id. */
  id: Scalars['ID']['output'];
  /** Percent done. */
  progress: Scalars['Int']['output'];
  /** Where it is in its life. */
  status: InstallationStatus;
  /** When it last changed. */
  updatedAt: Scalars['DateTime']['output'];
};

export type InstallationConnection = {
  __typename?: 'InstallationConnection';
  /** A list of edges. */
  edges: Array<InstallationEdge>;
  /** A list of nodes. */
  nodes: Array<Installation>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type InstallationEdge = {
  __typename?: 'InstallationEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: Installation;
};

/** Which installations a list shows. */
export type InstallationFilter = {
  /** Only of this application. */
  applicationId?: InputMaybe<Scalars['ID']['input']>;
  /** Only on this device. */
  deviceId?: InputMaybe<Scalars['ID']['input']>;
  /** Only of this status. */
  status?: InputMaybe<InstallationStatus>;
};

/** The answer to a change of an installation. */
export type InstallationPayload = {
  __typename?: 'InstallationPayload';
  /** The installation as it is now; absent when nothing changed. */
  installation?: Maybe<Installation>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** Where an installation is in its life. */
export type InstallationStatus =
  /** It did not work; `failure` tells why. It can be tried again. */
  | 'FAILED'
  /** The device has it. */
  | 'INSTALLED'
  /** The device downloads and installs. */
  | 'INSTALLING'
  /** Asked for; the device has not begun. */
  | 'PENDING'
  /** The device no longer has it. */
  | 'UNINSTALLED'
  /** The device is asked to remove it. */
  | 'UNINSTALLING';

/** An application that a device has. */
export type InstalledApp = {
  __typename?: 'InstalledApp';
  /** The application. Absent when it is not from the catalogue. */
  application?: Maybe<Application>;
  /** When the device got it. */
  installedAt: Scalars['DateTime']['output'];
  /** The name under the icon. */
  label: Scalars['String']['output'];
  /** The package name. */
  packageName: Scalars['String']['output'];
  /** The number by which Android orders versions. */
  versionCode: Scalars['Long']['output'];
  /** The version for people. Absent when the package has none. */
  versionName?: Maybe<Scalars['String']['output']>;
};

/** Whom to sign in. */
export type LoginInput = {
  /** The address. */
  email: Scalars['String']['input'];
  /** The password. */
  password: Scalars['String']['input'];
};

/** The answer to `login`. */
export type LoginPayload = {
  __typename?: 'LoginPayload';
  /** What the client holds from now on; absent when refused. */
  session?: Maybe<AuthenticatedSession>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** The answer to `logout`. */
export type LogoutPayload = {
  __typename?: 'LogoutPayload';
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** The mutations of identity. */
export type Mutation = {
  __typename?: 'Mutation';
  /** Opens a closed account. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`. */
  activateUser: ActivateUserPayload;
  /** Gives an upload up and frees its storage. Codes: `UPLOAD_STATE_CONFLICT`, `NOT_FOUND`. */
  cancelApplicationUpload: ApplicationUploadPayload;
  /**
   * Changes the caller's password and ends all other sessions. Codes: `WRONG_PASSWORD`, `ACCOUNT_LOCKED`, and those of
   * the password's rules.
   */
  changePassword: ChangePasswordPayload;
  /**
   * Puts the parts together and has the package read; `applicationUploadProgress` tells how that goes. Codes:
   * `PARTS_MISSING`, `UPLOAD_STATE_CONFLICT`, `NOT_FOUND`.
   */
  completeApplicationUpload: ApplicationUploadPayload;
  /**
   * Makes an API key out of permissions that the caller holds. Codes: `UNKNOWN_PERMISSION`, `BEYOND_OWN_PERMISSIONS`, and
   * those of fields.
   */
  createApiKey: CreateApiKeyPayload;
  /** Makes devices from a template or a specification. They are set up in the background. */
  createDevice: CreateDevicePayload;
  /** Makes a template. */
  createDeviceTemplate: DeviceTemplatePayload;
  /**
   * Makes a role out of permissions that the caller holds. Codes: `ROLE_NAME_TAKEN`, `UNKNOWN_PERMISSION`,
   * `BEYOND_OWN_PERMISSIONS`, and those of fields.
   */
  createRole: CreateRolePayload;
  /**
   * Creates an organisation with its first administrator; for operators of the platform. Codes: `SLUG_TAKEN`,
   * `EMAIL_TAKEN`, and those of fields.
   */
  createTenant: CreateTenantPayload;
  /**
   * Creates an account in the caller's organisation. Codes: `EMAIL_TAKEN`, `BEYOND_OWN_PERMISSIONS`, `NOT_FOUND`, and those
   * of fields.
   */
  createUser: CreateUserPayload;
  /**
   * Closes an account and ends its sessions at once. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`, `LAST_ADMINISTRATOR`,
   * `OWN_ACCOUNT`.
   */
  deactivateUser: DeactivateUserPayload;
  /** Takes an application out of the catalogue and frees its storage. Codes: `APPLICATION_IN_USE`, `NOT_FOUND`. */
  deleteApplication: DeleteApplicationPayload;
  /** Takes a device down for good, with its credential and its content. */
  deleteDevice: DeleteDevicePayload;
  /** Removes a template; devices made from it stay. */
  deleteDeviceTemplate: DeleteDeviceTemplatePayload;
  /** Deletes a role that nobody holds. Codes: `NOT_FOUND`, `BUILT_IN_ROLE`, `ROLE_IN_USE`, `BEYOND_OWN_PERMISSIONS`. */
  deleteRole: DeleteRolePayload;
  /**
   * Deletes an account for good, with its sessions and API keys. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`,
   * `LAST_ADMINISTRATOR`, `OWN_ACCOUNT`.
   */
  deleteUser: DeleteUserPayload;
  /**
   * Asks devices to install an application, or to replace another version of it. A device that has it already, or is
   * about to, answers with that installation. Codes: `NOT_FOUND`, `INSTALLATION_IN_PROGRESS` and those of fields.
   */
  installApplication: InstallApplicationPayload;
  /**
   * Signs a person in by address and password. Codes: `INVALID_CREDENTIALS`, and for whoever knows the password also
   * `ACCOUNT_LOCKED`, `ACCOUNT_DEACTIVATED`, `TENANT_SUSPENDED`.
   */
  login: LoginPayload;
  /** Ends the session that asks. */
  logout: LogoutPayload;
  /** Freezes a device. */
  pauseDevice: DeviceActionPayload;
  /**
   * Hands out addresses to which parts are sent with PUT, straight to storage. Codes: `UPLOAD_STATE_CONFLICT`,
   * `NOT_FOUND` and those of fields.
   */
  presignUploadParts: PresignUploadPartsPayload;
  /** Restarts Android on a device. */
  rebootDevice: DeviceActionPayload;
  /**
   * Trades a refresh token for the next pair of tokens. A token that comes back a second time ends its session. Code:
   * `INVALID_REFRESH_TOKEN`.
   */
  refreshSession: RefreshSessionPayload;
  /**
   * Opens an organisation with its founder as administrator, and signs the founder in. Codes: `EMAIL_TAKEN`,
   * `REGISTRATION_CLOSED`, and those of fields.
   */
  register: RegisterPayload;
  /** Continues a frozen device. */
  resumeDevice: DeviceActionPayload;
  /** Resumes a suspended organisation; for operators of the platform. Code: `NOT_FOUND`. */
  resumeTenant: ResumeTenantPayload;
  /**
   * Tries an installation again that failed. Codes: `INSTALLATION_STATE_CONFLICT`, `INSTALLATION_IN_PROGRESS`,
   * `NOT_FOUND`.
   */
  retryInstallation: InstallationPayload;
  /** Ends an API key at once: one's own, or with `user:update` anybody's in the organisation. Code: `NOT_FOUND`. */
  revokeApiKey: RevokeApiKeyPayload;
  /** Ends all of the caller's sessions but the one that asks. */
  revokeOtherSessions: RevokeOtherSessionsPayload;
  /** Ends one of the caller's sessions. Code: `NOT_FOUND`. */
  revokeSession: RevokeSessionPayload;
  /** Gives a device a new secret for the broker and ends its connection. */
  rotateDeviceCredential: RotateDeviceCredentialPayload;
  /** Sends a command to a device; it waits until the device is on the network. */
  sendDeviceCommand: SendDeviceCommandPayload;
  /**
   * Begins an upload. A file that the catalogue has already is `READY` at once; an unfinished upload of the same file by
   * the same person goes on. Codes: `EMPTY_FILE`, `FILE_TOO_LARGE`, `UNSUPPORTED_FILE_TYPE` and those of fields.
   */
  startApplicationUpload: ApplicationUploadPayload;
  /** Switches a device on. */
  startDevice: DeviceActionPayload;
  /** Switches a device off. */
  stopDevice: DeviceActionPayload;
  /**
   * Suspends an organisation, which shuts its people out at once; for operators of the platform. Codes: `NOT_FOUND`,
   * `OWN_ORGANISATION`.
   */
  suspendTenant: SuspendTenantPayload;
  /**
   * Asks a device to remove an application. Codes: `NOT_INSTALLED`, `INSTALLATION_STATE_CONFLICT`, `NOT_FOUND`,
   * `INSTALLATION_IN_PROGRESS` and those of fields.
   */
  uninstallApplication: InstallationPayload;
  /** Lifts the lock that failed sign-ins put on an account. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`. */
  unlockUser: UnlockUserPayload;
  /** Renames, tags and groups a device. */
  updateDevice: UpdateDevicePayload;
  /** Replaces the content of a template. */
  updateDeviceTemplate: DeviceTemplatePayload;
  /** Changes the caller's own account. */
  updateProfile: UpdateProfilePayload;
  /**
   * Changes a role; its holders feel it within seconds. Codes: `NOT_FOUND`, `BUILT_IN_ROLE`, `ROLE_NAME_TAKEN`,
   * `UNKNOWN_PERMISSION`, `BEYOND_OWN_PERMISSIONS`, `LAST_ADMINISTRATOR`, and those of fields.
   */
  updateRole: UpdateRolePayload;
  /** Changes an organisation's names; for operators of the platform. Codes: `NOT_FOUND`, `SLUG_TAKEN`, and those of fields. */
  updateTenant: UpdateTenantPayload;
  /**
   * Changes an account's name and roles. Codes: `NOT_FOUND`, `BEYOND_OWN_PERMISSIONS`, `LAST_ADMINISTRATOR`, and those of
   * fields.
   */
  updateUser: UpdateUserPayload;
};


/** The mutations of identity. */
export type MutationActivateUserArgs = {
  input: ActivateUserInput;
};


/** The mutations of identity. */
export type MutationCancelApplicationUploadArgs = {
  input: CancelApplicationUploadInput;
};


/** The mutations of identity. */
export type MutationChangePasswordArgs = {
  input: ChangePasswordInput;
};


/** The mutations of identity. */
export type MutationCompleteApplicationUploadArgs = {
  input: CompleteApplicationUploadInput;
};


/** The mutations of identity. */
export type MutationCreateApiKeyArgs = {
  input: CreateApiKeyInput;
};


/** The mutations of identity. */
export type MutationCreateDeviceArgs = {
  input: CreateDeviceInput;
};


/** The mutations of identity. */
export type MutationCreateDeviceTemplateArgs = {
  input: CreateDeviceTemplateInput;
};


/** The mutations of identity. */
export type MutationCreateRoleArgs = {
  input: CreateRoleInput;
};


/** The mutations of identity. */
export type MutationCreateTenantArgs = {
  input: CreateTenantInput;
};


/** The mutations of identity. */
export type MutationCreateUserArgs = {
  input: CreateUserInput;
};


/** The mutations of identity. */
export type MutationDeactivateUserArgs = {
  input: DeactivateUserInput;
};


/** The mutations of identity. */
export type MutationDeleteApplicationArgs = {
  input: DeleteApplicationInput;
};


/** The mutations of identity. */
export type MutationDeleteDeviceArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationDeleteDeviceTemplateArgs = {
  input: DeleteDeviceTemplateInput;
};


/** The mutations of identity. */
export type MutationDeleteRoleArgs = {
  input: DeleteRoleInput;
};


/** The mutations of identity. */
export type MutationDeleteUserArgs = {
  input: DeleteUserInput;
};


/** The mutations of identity. */
export type MutationInstallApplicationArgs = {
  input: InstallApplicationInput;
};


/** The mutations of identity. */
export type MutationLoginArgs = {
  input: LoginInput;
};


/** The mutations of identity. */
export type MutationPauseDeviceArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationPresignUploadPartsArgs = {
  input: PresignUploadPartsInput;
};


/** The mutations of identity. */
export type MutationRebootDeviceArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationRefreshSessionArgs = {
  input: RefreshSessionInput;
};


/** The mutations of identity. */
export type MutationRegisterArgs = {
  input: RegisterInput;
};


/** The mutations of identity. */
export type MutationResumeDeviceArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationResumeTenantArgs = {
  input: ResumeTenantInput;
};


/** The mutations of identity. */
export type MutationRetryInstallationArgs = {
  input: RetryInstallationInput;
};


/** The mutations of identity. */
export type MutationRevokeApiKeyArgs = {
  input: RevokeApiKeyInput;
};


/** The mutations of identity. */
export type MutationRevokeSessionArgs = {
  input: RevokeSessionInput;
};


/** The mutations of identity. */
export type MutationRotateDeviceCredentialArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationSendDeviceCommandArgs = {
  input: SendDeviceCommandInput;
};


/** The mutations of identity. */
export type MutationStartApplicationUploadArgs = {
  input: StartApplicationUploadInput;
};


/** The mutations of identity. */
export type MutationStartDeviceArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationStopDeviceArgs = {
  input: DeviceActionInput;
};


/** The mutations of identity. */
export type MutationSuspendTenantArgs = {
  input: SuspendTenantInput;
};


/** The mutations of identity. */
export type MutationUninstallApplicationArgs = {
  input: UninstallApplicationInput;
};


/** The mutations of identity. */
export type MutationUnlockUserArgs = {
  input: UnlockUserInput;
};


/** The mutations of identity. */
export type MutationUpdateDeviceArgs = {
  input: UpdateDeviceInput;
};


/** The mutations of identity. */
export type MutationUpdateDeviceTemplateArgs = {
  input: UpdateDeviceTemplateInput;
};


/** The mutations of identity. */
export type MutationUpdateProfileArgs = {
  input: UpdateProfileInput;
};


/** The mutations of identity. */
export type MutationUpdateRoleArgs = {
  input: UpdateRoleInput;
};


/** The mutations of identity. */
export type MutationUpdateTenantArgs = {
  input: UpdateTenantInput;
};


/** The mutations of identity. */
export type MutationUpdateUserArgs = {
  input: UpdateUserInput;
};

/** The direction in which a list is sorted. */
export type OrderDirection =
  /** From the least to the greatest. */
  | 'ASC'
  /** From the greatest to the least. */
  | 'DESC';

/** Information about pagination in a connection */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** When paginating forwards, the cursor to continue. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** When paginating forwards, are there more items? */
  hasNextPage: Scalars['Boolean']['output'];
  /** When paginating backwards, are there more items? */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** When paginating backwards, the cursor to continue. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** A permission and what it allows. */
export type PermissionDescription = {
  __typename?: 'PermissionDescription';
  /** What it allows. */
  description: Scalars['String']['output'];
  /** The spelled form, `resource:action`. */
  name: Scalars['String']['output'];
};

/** Parts to be sent. */
export type PresignUploadPartsInput = {
  /** The parts' numbers, at most 1000. */
  partNumbers: Array<Scalars['Int']['input']>;
  /** The upload. */
  uploadId: Scalars['ID']['input'];
};

/** The answer to `presignUploadParts`. */
export type PresignUploadPartsPayload = {
  __typename?: 'PresignUploadPartsPayload';
  /** The addresses; empty when refused. */
  urls: Array<PresignedPart>;
  /** Why there are none; empty when all went well. */
  userErrors: Array<UserError>;
};

/** Where one part is sent. */
export type PresignedPart = {
  __typename?: 'PresignedPart';
  /** Until when the address is good. */
  expiresAt: Scalars['DateTime']['output'];
  /** The part's number. */
  number: Scalars['Int']['output'];
  /** The address for one PUT of the part's bytes. */
  url: Scalars['String']['output'];
};

/** What a device runs on. */
export type ProviderKind =
  /** Android in a container. */
  | 'DOCKER'
  /** A phone in software that behaves like one. */
  | 'SIMULATED';

/** A message that was not accepted. */
export type QuarantinedMessage = {
  __typename?: 'QuarantinedMessage';
  /** When it came. */
  at: Scalars['DateTime']['output'];
  /** What is wrong, in words. */
  detail: Scalars['String']['output'];
  /** The device that the topic names. */
  deviceId?: Maybe<Scalars['ID']['output']>;
  /** The message. */
  id: Scalars['ID']['output'];
  /** The beginning of the message, as text. */
  payload: Scalars['String']['output'];
  /** How many bytes the message had. */
  payloadBytes: Scalars['Int']['output'];
  /** What is wrong, as a code such as `OUT_OF_RANGE`. */
  reason: Scalars['String']['output'];
  /** Where it was published. */
  topic: Scalars['String']['output'];
};

export type QuarantinedMessageConnection = {
  __typename?: 'QuarantinedMessageConnection';
  /** A list of edges. */
  edges: Array<QuarantinedMessageEdge>;
  /** A list of nodes. */
  nodes: Array<QuarantinedMessage>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type QuarantinedMessageEdge = {
  __typename?: 'QuarantinedMessageEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: QuarantinedMessage;
};

/** The domain's queries. */
export type Query = {
  __typename?: 'Query';
  /** The caller's API keys, newest first, revoked ones included. */
  apiKeys?: Maybe<ApiKeyConnection>;
  /** An application of the catalogue. Absent when there is none with this id. */
  application?: Maybe<Application>;
  /** An upload. Absent when there is none with this id. */
  applicationUpload?: Maybe<ApplicationUpload>;
  /** The uploads of the caller's organisation, newest first. */
  applicationUploads?: Maybe<ApplicationUploadConnection>;
  /** The catalogue of the caller's organisation. */
  applications?: Maybe<ApplicationConnection>;
  /** What was done in the caller's organisation, newest first. */
  auditLog?: Maybe<AuditEntryConnection>;
  /** One device of your organisation; absent when there is none with this id. */
  device?: Maybe<Device>;
  /** How many devices of your organisation are in each state; states without any are left out. */
  deviceStateCounts?: Maybe<Array<DeviceStateCount>>;
  /** One template of your organisation; absent when there is none with this id. */
  deviceTemplate?: Maybe<DeviceTemplate>;
  /** Templates of your organisation, by name. */
  deviceTemplates?: Maybe<DeviceTemplateConnection>;
  /** Devices of your organisation. */
  devices?: Maybe<DeviceConnection>;
  /** The installations of the caller's organisation, newest first. */
  installations?: Maybe<InstallationConnection>;
  /** Who is signed in. Absent when nobody is. */
  me?: Maybe<Viewer>;
  /** Every permission of the platform with what it allows. */
  permissions?: Maybe<Array<PermissionDescription>>;
  /** The roles that the caller's organisation can use, built-in ones first. */
  roles?: Maybe<Array<Role>>;
  /** Where the caller is signed in, last used first. */
  sessions?: Maybe<Array<Session>>;
  /** A sample of the messages from devices that were not accepted, newest first. */
  telemetryQuarantine?: Maybe<QuarantinedMessageConnection>;
  /** The caller's organisation. */
  tenant?: Maybe<Tenant>;
  /** All organisations of the platform, by short name; for its operators. */
  tenants?: Maybe<TenantConnection>;
  /** A user of the caller's organisation. Absent when there is none with this id. */
  user?: Maybe<User>;
  /** The users of the caller's organisation. */
  users?: Maybe<UserConnection>;
};


/** The domain's queries. */
export type QueryApiKeysArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The domain's queries. */
export type QueryApplicationArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's queries. */
export type QueryApplicationUploadArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's queries. */
export type QueryApplicationUploadsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  status?: InputMaybe<ApplicationUploadStatus>;
};


/** The domain's queries. */
export type QueryApplicationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<ApplicationOrder>;
  search?: InputMaybe<Scalars['String']['input']>;
};


/** The domain's queries. */
export type QueryAuditLogArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<AuditLogFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The domain's queries. */
export type QueryDeviceArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's queries. */
export type QueryDeviceTemplateArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's queries. */
export type QueryDeviceTemplatesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  category?: InputMaybe<TemplateCategory>;
  first?: InputMaybe<Scalars['Int']['input']>;
  search?: InputMaybe<Scalars['String']['input']>;
};


/** The domain's queries. */
export type QueryDevicesArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DeviceFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<DeviceOrder>;
};


/** The domain's queries. */
export type QueryInstallationsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<InstallationFilter>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The domain's queries. */
export type QueryTelemetryQuarantineArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
};


/** The domain's queries. */
export type QueryTenantsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  search?: InputMaybe<Scalars['String']['input']>;
};


/** The domain's queries. */
export type QueryUserArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's queries. */
export type QueryUsersArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  orderBy?: InputMaybe<UserOrder>;
  search?: InputMaybe<Scalars['String']['input']>;
  status?: InputMaybe<UserStatus>;
};

/** What to trade for new tokens. */
export type RefreshSessionInput = {
  /** The latest refresh token of the session. */
  refreshToken: Scalars['String']['input'];
};

/** The answer to `refreshSession`. */
export type RefreshSessionPayload = {
  __typename?: 'RefreshSessionPayload';
  /** What the client holds from now on; absent when refused. */
  session?: Maybe<AuthenticatedSession>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Who opens which organisation. */
export type RegisterInput = {
  /** The founder's name. */
  displayName: Scalars['String']['input'];
  /** The founder's address. */
  email: Scalars['String']['input'];
  /** The organisation's name. */
  organisationName: Scalars['String']['input'];
  /** The founder's password. */
  password: Scalars['String']['input'];
};

/** The answer to `register`. */
export type RegisterPayload = {
  __typename?: 'RegisterPayload';
  /** What the client holds from now on; absent when refused. */
  session?: Maybe<AuthenticatedSession>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Which organisation to resume. */
export type ResumeTenantInput = {
  /** The organisation. */
  id: Scalars['ID']['input'];
};

/** The answer to `resumeTenant`. */
export type ResumeTenantPayload = {
  __typename?: 'ResumeTenantPayload';
  /** The resumed organisation; absent when refused. */
  tenant?: Maybe<Tenant>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Which installation to try again. */
export type RetryInstallationInput = {
  /** The installation. */
  id: Scalars['ID']['input'];
};

/** Which key to end. */
export type RevokeApiKeyInput = {
  /** The key. */
  id: Scalars['ID']['input'];
};

/** The answer to `revokeApiKey`. */
export type RevokeApiKeyPayload = {
  __typename?: 'RevokeApiKeyPayload';
  /** The ended key; absent when refused. */
  apiKey?: Maybe<ApiKey>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** The answer to `revokeOtherSessions`. */
export type RevokeOtherSessionsPayload = {
  __typename?: 'RevokeOtherSessionsPayload';
  /** How many sessions have ended; absent when refused. */
  revokedCount?: Maybe<Scalars['Int']['output']>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Which session to end. */
export type RevokeSessionInput = {
  /** The session. */
  id: Scalars['ID']['input'];
};

/** The answer to `revokeSession`. */
export type RevokeSessionPayload = {
  __typename?: 'RevokeSessionPayload';
  /** The session that has ended; absent when refused. */
  revokedSessionId?: Maybe<Scalars['ID']['output']>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** A set of permissions that users hold. */
export type Role = {
  __typename?: 'Role';
  /** Whether the role came with the platform and cannot be changed. */
  builtIn: Scalars['Boolean']['output'];
  /** What the role is for. */
  description: Scalars['String']['output'];
  /** The role's id. */
  id: Scalars['ID']['output'];
  /** The name that people see. */
  name: Scalars['String']['output'];
  /** What its holders may do, each `resource:action` or a wildcard such as `device:*`. */
  permissions: Array<Scalars['String']['output']>;
};

/** The answer to `rotateDeviceCredential`. */
export type RotateDeviceCredentialPayload = {
  __typename?: 'RotateDeviceCredentialPayload';
  /** The device; absent when nothing changed. */
  device?: Maybe<Device>;
  /** The new password, shown this once; absent when nothing changed. */
  secret?: Maybe<Scalars['String']['output']>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
  /** The user name and client id at the broker; absent when nothing changed. */
  username?: Maybe<Scalars['String']['output']>;
};

/** A command for a device. */
export type SendDeviceCommandInput = {
  /** With what: `OPEN_APP {package}`, `SET_LOCATION {latitude, longitude}`, `DROP_NETWORK {seconds}`, `SET_CONFIG {…}`. */
  arguments?: InputMaybe<Scalars['JSON']['input']>;
  /** The device. */
  deviceId: Scalars['ID']['input'];
  /** What to do; the kinds that have a mutation of their own are refused. */
  kind: CommandKind;
  /** How long the device may take, and the command may wait for it, in seconds, 1 to 86400. */
  timeoutSeconds?: Scalars['Int']['input'];
};

/** The answer to `sendDeviceCommand`. */
export type SendDeviceCommandPayload = {
  __typename?: 'SendDeviceCommandPayload';
  /** The command on its way; absent when nothing was sent. */
  command?: Maybe<DeviceCommand>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** A place where a person is signed in. */
export type Session = {
  __typename?: 'Session';
  /** The client's network address; absent when it was not known. */
  address?: Maybe<Scalars['String']['output']>;
  /** When the person signed in. */
  createdAt: Scalars['DateTime']['output'];
  /** Whether the question came from this session. */
  current: Scalars['Boolean']['output'];
  /** When the session ends unless it is used before. */
  expiresAt: Scalars['DateTime']['output'];
  /** The session's id. */
  id: Scalars['ID']['output'];
  /** When the client was last seen, to within a minute. */
  lastUsedAt: Scalars['DateTime']['output'];
  /** The client's `User-Agent`; absent when it sent none. */
  userAgent?: Maybe<Scalars['String']['output']>;
};

/** A way in which a package is signed. */
export type SignatureScheme =
  /** JAR signing. */
  | 'V1'
  /** Whole-file signing, since Android 7. */
  | 'V2'
  /** With key rotation, since Android 9. */
  | 'V3'
  /** With rotation aimed at a platform version, since Android 13. */
  | 'V3_1';

/** The certificate of a signer. */
export type SigningCertificate = {
  __typename?: 'SigningCertificate';
  /** End of validity; Android ignores it. */
  notAfter: Scalars['DateTime']['output'];
  /** Beginning of validity. */
  notBefore: Scalars['DateTime']['output'];
  /** SHA-256 of the certificate in hexadecimal, by which Android tells signers apart. */
  sha256: Scalars['String']['output'];
  /** The subject's distinguished name. */
  subject: Scalars['String']['output'];
};

/** A file to be uploaded. */
export type StartApplicationUploadInput = {
  /** The file's name; it ends in `.apk`. */
  fileName: Scalars['String']['input'];
  /** The file's SHA-256 in hexadecimal. */
  sha256: Scalars['String']['input'];
  /** The file's size in bytes, at most 2 GiB unless configured otherwise. */
  sizeBytes: Scalars['Long']['input'];
};

/** The domain's subscriptions. */
export type Subscription = {
  __typename?: 'Subscription';
  /** An upload as it is now, then whenever it changes. Ends with the upload. */
  applicationUploadProgress: ApplicationUpload;
  /** Devices as they change: state, presence, name, tags, group. */
  deviceChanged: DeviceChangedEvent;
  /** A command as it proceeds: as it is now, then with each step, until it ends. */
  deviceCommandUpdated: DeviceCommand;
  /** Measurements as they come, of devices that match at the time. */
  deviceTelemetry: DeviceTelemetryEvent;
  /** A wall of devices in one subscription: all that match once, then what changed, gathered over an interval. */
  fleet: FleetEvent;
  /**
   * Installations as they are now, then whenever one changes. Name ids, a device or an application; without any, all of
   * the organisation. At most the 500 that changed last are followed.
   */
  installationProgress: Installation;
};


/** The domain's subscriptions. */
export type SubscriptionApplicationUploadProgressArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's subscriptions. */
export type SubscriptionDeviceChangedArgs = {
  deviceIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  filter?: InputMaybe<DeviceFilter>;
};


/** The domain's subscriptions. */
export type SubscriptionDeviceCommandUpdatedArgs = {
  id: Scalars['ID']['input'];
};


/** The domain's subscriptions. */
export type SubscriptionDeviceTelemetryArgs = {
  deviceIds?: InputMaybe<Array<Scalars['ID']['input']>>;
  filter?: InputMaybe<DeviceFilter>;
  minIntervalMs?: InputMaybe<Scalars['Int']['input']>;
  resumeFrom?: InputMaybe<Scalars['DateTime']['input']>;
};


/** The domain's subscriptions. */
export type SubscriptionFleetArgs = {
  filter?: InputMaybe<DeviceFilter>;
  minIntervalMs?: InputMaybe<Scalars['Int']['input']>;
};


/** The domain's subscriptions. */
export type SubscriptionInstallationProgressArgs = {
  applicationId?: InputMaybe<Scalars['ID']['input']>;
  deviceId?: InputMaybe<Scalars['ID']['input']>;
  ids?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** Which organisation to suspend. */
export type SuspendTenantInput = {
  /** The organisation. */
  id: Scalars['ID']['input'];
};

/** The answer to `suspendTenant`. */
export type SuspendTenantPayload = {
  __typename?: 'SuspendTenantPayload';
  /** The suspended organisation; absent when refused. */
  tenant?: Maybe<Tenant>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Averages of a device over one bucket of time. */
export type TelemetryPoint = {
  __typename?: 'TelemetryPoint';
  /** When the first sample of the point was measured. */
  at: Scalars['DateTime']['output'];
  /** Average battery charge in percent; absent when it was not measured. */
  batteryPercent?: Maybe<Scalars['Float']['output']>;
  /** Average processor load in percent; absent when it was not measured. */
  cpuPercent?: Maybe<Scalars['Float']['output']>;
  /** Average frames per second; absent when they were not measured. */
  framesPerSecond?: Maybe<Scalars['Float']['output']>;
  /** Average memory in use in percent; absent when it was not measured. */
  memoryPercent?: Maybe<Scalars['Float']['output']>;
  /** Average received traffic in kbit/s; absent when it was not measured. */
  networkRxKbps?: Maybe<Scalars['Float']['output']>;
  /** Average sent traffic in kbit/s; absent when it was not measured. */
  networkTxKbps?: Maybe<Scalars['Float']['output']>;
  /** How many samples the averages are of. */
  samples: Scalars['Int']['output'];
  /** Average temperature in degrees Celsius; absent when it was not measured. */
  temperatureCelsius?: Maybe<Scalars['Float']['output']>;
};

/** What a client asks for. */
export type TelemetryResolution =
  /** Whatever suits the length of the stretch. */
  | 'AUTO'
  /** Averages of an hour. */
  | 'HOUR'
  /** Averages of a minute. */
  | 'MINUTE'
  /** Single samples; for at most a day. */
  | 'RAW';

/** One measurement of a device; absent values were not measured. */
export type TelemetrySample = {
  __typename?: 'TelemetrySample';
  /** When the device measured, by its own clock. */
  at: Scalars['DateTime']['output'];
  /** Whether the battery is being charged. */
  batteryCharging?: Maybe<Scalars['Boolean']['output']>;
  /** Battery charge in percent. */
  batteryPercent?: Maybe<Scalars['Float']['output']>;
  /** Processor load in percent. */
  cpuPercent?: Maybe<Scalars['Float']['output']>;
  /** The device. */
  deviceId: Scalars['ID']['output'];
  /** Package name of the app in front. */
  foregroundApp?: Maybe<Scalars['String']['output']>;
  /** Frames that the screen shows per second. */
  framesPerSecond?: Maybe<Scalars['Float']['output']>;
  /** Degrees north. */
  latitude?: Maybe<Scalars['Float']['output']>;
  /** Degrees east. */
  longitude?: Maybe<Scalars['Float']['output']>;
  /** Memory in use in percent. */
  memoryPercent?: Maybe<Scalars['Float']['output']>;
  /** Memory in use in MiB. */
  memoryUsedMb?: Maybe<Scalars['Float']['output']>;
  /** Received traffic in kbit/s. */
  networkRxKbps?: Maybe<Scalars['Float']['output']>;
  /** Sent traffic in kbit/s. */
  networkTxKbps?: Maybe<Scalars['Float']['output']>;
  /** The device's own number of the sample; grows with time. */
  sequence: Scalars['Long']['output'];
  /** Storage in use in MiB. */
  storageUsedMb?: Maybe<Scalars['Float']['output']>;
  /** Temperature in degrees Celsius. */
  temperatureCelsius?: Maybe<Scalars['Float']['output']>;
};

/** What a template is for. */
export type TemplateCategory =
  /** Anything else. */
  | 'CUSTOM'
  /** Games. */
  | 'GAMING'
  /** Everyday use. */
  | 'GENERAL'
  /** Testing of apps. */
  | 'TESTING';

/** A customer organisation. */
export type Tenant = {
  __typename?: 'Tenant';
  /** When it was made. */
  createdAt: Scalars['DateTime']['output'];
  /** The organisation's id. */
  id: Scalars['ID']['output'];
  /** The name that people see. */
  name: Scalars['String']['output'];
  /** The short name, unique on the platform. */
  slug: Scalars['String']['output'];
  /** Whether it may use the platform. */
  status: TenantStatus;
};

export type TenantConnection = {
  __typename?: 'TenantConnection';
  /** A list of edges. */
  edges: Array<TenantEdge>;
  /** A list of nodes. */
  nodes: Array<Tenant>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type TenantEdge = {
  __typename?: 'TenantEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: Tenant;
};

/** Whether an organisation may use the platform. */
export type TenantStatus =
  /** Yes. */
  | 'ACTIVE'
  /** Not for now. */
  | 'SUSPENDED';

/** What to remove: an installation, or a package of a device. */
export type UninstallApplicationInput = {
  /** The device; give it with `packageName`. */
  deviceId?: InputMaybe<Scalars['ID']['input']>;
  /** The installation; give it alone. */
  installationId?: InputMaybe<Scalars['ID']['input']>;
  /** The package name; give it with `deviceId`. */
  packageName?: InputMaybe<Scalars['String']['input']>;
};

/** Which account to unlock. */
export type UnlockUserInput = {
  /** The account. */
  id: Scalars['ID']['input'];
};

/** The answer to `unlockUser`. */
export type UnlockUserPayload = {
  __typename?: 'UnlockUserPayload';
  /** The unlocked account; absent when refused. */
  user?: Maybe<User>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** Changes to a device; what is left out stays. */
export type UpdateDeviceInput = {
  /** The version that you have seen; when the device has another by now, nothing changes. */
  expectedVersion?: InputMaybe<Scalars['Long']['input']>;
  /** Another group; an empty text takes the device out of its group. */
  group?: InputMaybe<Scalars['String']['input']>;
  /** The device. */
  id: Scalars['ID']['input'];
  /** Another name. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** Other tags. */
  tags?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** The answer to `updateDevice`. */
export type UpdateDevicePayload = {
  __typename?: 'UpdateDevicePayload';
  /** The device as it is now; absent when nothing changed. */
  device?: Maybe<Device>;
  /** Why nothing changed; empty when all went well. */
  userErrors: Array<UserError>;
};

/** The new content of a template; devices made from it stay as they are. */
export type UpdateDeviceTemplateInput = {
  /** What it is for. */
  category: TemplateCategory;
  /** What it is good for. */
  description?: Scalars['String']['input'];
  /** The template. */
  id: Scalars['ID']['input'];
  /** What people call it, unique in your organisation. */
  name: Scalars['String']['input'];
  /** What its devices are made of. */
  specification: DeviceSpecificationInput;
};

/** What to change of one's own account. */
export type UpdateProfileInput = {
  /** The name that others see. */
  displayName: Scalars['String']['input'];
};

/** The answer to `updateProfile`. */
export type UpdateProfilePayload = {
  __typename?: 'UpdateProfilePayload';
  /** The changed account; absent when refused. */
  user?: Maybe<User>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** A change of a role; what is absent stays. */
export type UpdateRoleInput = {
  /** The new description. */
  description?: InputMaybe<Scalars['String']['input']>;
  /** The role. */
  id: Scalars['ID']['input'];
  /** The new name. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** All permissions that the role shall have. */
  permissions?: InputMaybe<Array<Scalars['String']['input']>>;
};

/** The answer to `updateRole`. */
export type UpdateRolePayload = {
  __typename?: 'UpdateRolePayload';
  /** The changed role; absent when refused. */
  role?: Maybe<Role>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** A change of an organisation; what is absent stays. */
export type UpdateTenantInput = {
  /** The organisation. */
  id: Scalars['ID']['input'];
  /** The new name. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** The new short name. */
  slug?: InputMaybe<Scalars['String']['input']>;
};

/** The answer to `updateTenant`. */
export type UpdateTenantPayload = {
  __typename?: 'UpdateTenantPayload';
  /** The changed organisation; absent when refused. */
  tenant?: Maybe<Tenant>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** A change of an account; what is absent stays. */
export type UpdateUserInput = {
  /** The new name. */
  displayName?: InputMaybe<Scalars['String']['input']>;
  /** The account. */
  id: Scalars['ID']['input'];
  /** All roles that the account shall hold. */
  roleIds?: InputMaybe<Array<Scalars['ID']['input']>>;
};

/** The answer to `updateUser`. */
export type UpdateUserPayload = {
  __typename?: 'UpdateUserPayload';
  /** The changed account; absent when refused. */
  user?: Maybe<User>;
  /** Why nothing changed; empty on success. */
  userErrors: Array<UserError>;
};

/** A part of a file that is uploaded. */
export type UploadPart = {
  __typename?: 'UploadPart';
  /** The storage's tag of its content. Absent while it has not arrived, and once the parts have become one. */
  etag?: Maybe<Scalars['String']['output']>;
  /** The part's number, from 1. */
  number: Scalars['Int']['output'];
  /** Its size in bytes. */
  sizeBytes: Scalars['Long']['output'];
  /** Whether it has arrived whole. */
  uploaded: Scalars['Boolean']['output'];
};

/** A person with an account; the identity domain knows more. */
export type User = {
  __typename?: 'User';
  /** When the account was made. */
  createdAt: Scalars['DateTime']['output'];
  /** The name that others see. */
  displayName: Scalars['String']['output'];
  /** The address that the person signs in with. Absent unless it is one's own or the caller holds `user:read`. */
  email?: Maybe<Scalars['String']['output']>;
  /** The person. */
  id: Scalars['ID']['output'];
  /** When the person last signed in. Absent before the first time, and unless it is oneself or the caller holds `user:read`. */
  lastLoginAt?: Maybe<Scalars['DateTime']['output']>;
  /** What the person may do, as sets of permissions. Absent unless it is oneself or the caller holds `user:read`. */
  roles?: Maybe<Array<Role>>;
  /** Whether the person can sign in. Absent unless it is oneself or the caller holds `user:read`. */
  status?: Maybe<UserStatus>;
};

export type UserConnection = {
  __typename?: 'UserConnection';
  /** A list of edges. */
  edges: Array<UserEdge>;
  /** A list of nodes. */
  nodes: Array<User>;
  /** Information to aid in pagination. */
  pageInfo: PageInfo;
  /** Rows of the whole list under the same filter; absent where counting would be dear. */
  totalCount?: Maybe<Scalars['Int']['output']>;
};

/** An edge in a connection. */
export type UserEdge = {
  __typename?: 'UserEdge';
  /** A cursor for use in pagination */
  cursor: Scalars['String']['output'];
  /** The item at the end of the edge */
  node: User;
};

/** Why a mutation changed nothing: something the person behind the client can mend. */
export type UserError = {
  __typename?: 'UserError';
  /** A stable code for programs, such as `DEVICE_STATE_CONFLICT`. */
  code: Scalars['String']['output'];
  /** A sentence for people that says what to do. */
  message: Scalars['String']['output'];
  /** The field of `input` at fault; empty when no single field is. */
  path: Array<Scalars['String']['output']>;
};

/** How a list of users is sorted. */
export type UserOrder = {
  /** In which direction. */
  direction?: OrderDirection;
  /** By what. */
  field: UserOrderField;
};

/** By what a list of users is sorted. */
export type UserOrderField =
  /** When the account was made. */
  | 'CREATED_AT'
  /** The name that others see. */
  | 'DISPLAY_NAME'
  /** The address. */
  | 'EMAIL';

/** Whether a person can sign in. */
export type UserStatus =
  /** Yes. */
  | 'ACTIVE'
  /** No, an administrator has closed the account. */
  | 'DEACTIVATED'
  /** Not for a while, after too many failed sign-ins. */
  | 'LOCKED';

/** The signed-in caller, as the console needs to know it. */
export type Viewer = {
  __typename?: 'Viewer';
  /** Everything that the caller may do, without wildcards. */
  permissions: Array<Scalars['String']['output']>;
  /** The session that asks; absent for API keys. */
  session?: Maybe<Session>;
  /** The person's organisation. */
  tenant: Tenant;
  /** The person. */
  user: User;
};

export type DeviceStatusFragment = { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> };

export type StartDeviceMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type StartDeviceMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeviceActionPayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type StopDeviceMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type StopDeviceMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeviceActionPayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type RebootDeviceMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type RebootDeviceMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeviceActionPayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type PauseDeviceMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type PauseDeviceMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeviceActionPayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type ResumeDeviceMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type ResumeDeviceMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeviceActionPayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type DeleteDeviceMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DeleteDeviceMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeleteDevicePayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, allowedActions: Array<DeviceAction> } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type FleetDeviceFragment = { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, tags: Array<string>, createdAt: string, allowedActions: Array<DeviceAction>, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number }, owner?: { __typename?: 'User', id: string, displayName: string } | null, installedApps?: Array<{ __typename?: 'InstalledApp', packageName: string, label: string, versionName?: string | null, application?: { __typename?: 'Application', id: string, iconUrl?: string | null } | null }> | null, latestTelemetry?: { __typename?: 'TelemetrySample', at: string, sequence: number, cpuPercent?: number | null, memoryPercent?: number | null, batteryPercent?: number | null, batteryCharging?: boolean | null, framesPerSecond?: number | null, foregroundApp?: string | null } | null };

export type FleetSubscriptionVariables = Exact<{
  minIntervalMs?: InputMaybe<Scalars['Int']['input']>;
  apps: Scalars['Boolean']['input'];
}>;


export type FleetSubscription = { __typename?: 'Subscription', fleet: { __typename?: 'FleetEvent', sequence: number, kind: FleetEventKind, removedIds: Array<string>, devices: Array<{ __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, tags: Array<string>, createdAt: string, allowedActions: Array<DeviceAction>, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number }, owner?: { __typename?: 'User', id: string, displayName: string } | null, installedApps?: Array<{ __typename?: 'InstalledApp', packageName: string, label: string, versionName?: string | null, application?: { __typename?: 'Application', id: string, iconUrl?: string | null } | null }> | null, latestTelemetry?: { __typename?: 'TelemetrySample', at: string, sequence: number, cpuPercent?: number | null, memoryPercent?: number | null, batteryPercent?: number | null, batteryCharging?: boolean | null, framesPerSecond?: number | null, foregroundApp?: string | null } | null }> } };

export type LogoutMutationVariables = Exact<{ [key: string]: never; }>;


export type LogoutMutation = { __typename?: 'Mutation', logout: { __typename?: 'LogoutPayload', userErrors: Array<{ __typename?: 'UserError', code: string }> } };

export type ApiKeyFieldsFragment = { __typename?: 'ApiKey', id: string, name: string, prefix: string, permissions: Array<string>, createdAt: string, expiresAt?: string | null, lastUsedAt?: string | null, revokedAt?: string | null };

export type ApiKeysQueryVariables = Exact<{
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type ApiKeysQuery = { __typename?: 'Query', apiKeys?: { __typename?: 'ApiKeyConnection', totalCount?: number | null, edges: Array<{ __typename?: 'ApiKeyEdge', node: { __typename?: 'ApiKey', id: string, name: string, prefix: string, permissions: Array<string>, createdAt: string, expiresAt?: string | null, lastUsedAt?: string | null, revokedAt?: string | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type PermissionsQueryVariables = Exact<{ [key: string]: never; }>;


export type PermissionsQuery = { __typename?: 'Query', permissions?: Array<{ __typename?: 'PermissionDescription', name: string, description: string }> | null };

export type CreateApiKeyMutationVariables = Exact<{
  input: CreateApiKeyInput;
}>;


export type CreateApiKeyMutation = { __typename?: 'Mutation', createApiKey: { __typename?: 'CreateApiKeyPayload', secret?: string | null, apiKey?: { __typename?: 'ApiKey', id: string, name: string, prefix: string, permissions: Array<string>, createdAt: string, expiresAt?: string | null, lastUsedAt?: string | null, revokedAt?: string | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type RevokeApiKeyMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type RevokeApiKeyMutation = { __typename?: 'Mutation', revokeApiKey: { __typename?: 'RevokeApiKeyPayload', apiKey?: { __typename?: 'ApiKey', id: string, name: string, prefix: string, permissions: Array<string>, createdAt: string, expiresAt?: string | null, lastUsedAt?: string | null, revokedAt?: string | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type AppPageQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type AppPageQuery = { __typename?: 'Query', application?: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, versionCode: number, minSdk: number, targetSdk: number, permissions: Array<string>, abis: Array<string>, iconUrl?: string | null, sizeBytes: number, sha256: string, createdAt: string, installCount: number, downloadUrl?: string | null, uploadedBy?: { __typename?: 'User', id: string, displayName: string } | null, signature?: { __typename?: 'ApkSignature', verified: boolean, schemes: Array<SignatureScheme>, certificates: Array<{ __typename?: 'SigningCertificate', subject: string, sha256: string, notBefore: string, notAfter: string }> } | null } | null };

export type DeleteApplicationMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DeleteApplicationMutation = { __typename?: 'Mutation', deleteApplication: { __typename?: 'DeleteApplicationPayload', userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type ApplicationsQueryVariables = Exact<{
  search?: InputMaybe<Scalars['String']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type ApplicationsQuery = { __typename?: 'Query', applications?: { __typename?: 'ApplicationConnection', totalCount?: number | null, edges: Array<{ __typename?: 'ApplicationEdge', node: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, versionCode: number, iconUrl?: string | null, sizeBytes: number, installCount: number, createdAt: string, signature?: { __typename?: 'ApkSignature', verified: boolean } | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type AppChoicesQueryVariables = Exact<{
  search?: InputMaybe<Scalars['String']['input']>;
}>;


export type AppChoicesQuery = { __typename?: 'Query', applications?: { __typename?: 'ApplicationConnection', edges: Array<{ __typename?: 'ApplicationEdge', node: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type InstallationFieldsFragment = { __typename?: 'Installation', id: string, status: InstallationStatus, progress: number, attempts: number, updatedAt: string, failure?: { __typename?: 'Failure', code: string, message: string } | null, device?: { __typename?: 'Device', id: string, name: string } | null, application: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } };

export type InstallApplicationMutationVariables = Exact<{
  applicationId: Scalars['ID']['input'];
  deviceIds: Array<Scalars['ID']['input']> | Scalars['ID']['input'];
}>;


export type InstallApplicationMutation = { __typename?: 'Mutation', installApplication: { __typename?: 'InstallApplicationPayload', installations: Array<{ __typename?: 'Installation', id: string, status: InstallationStatus, progress: number, attempts: number, updatedAt: string, failure?: { __typename?: 'Failure', code: string, message: string } | null, device?: { __typename?: 'Device', id: string, name: string } | null, application: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } }>, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type UninstallApplicationMutationVariables = Exact<{
  deviceId: Scalars['ID']['input'];
  packageName: Scalars['String']['input'];
}>;


export type UninstallApplicationMutation = { __typename?: 'Mutation', uninstallApplication: { __typename?: 'InstallationPayload', installation?: { __typename?: 'Installation', id: string, status: InstallationStatus, progress: number, attempts: number, updatedAt: string, failure?: { __typename?: 'Failure', code: string, message: string } | null, device?: { __typename?: 'Device', id: string, name: string } | null, application: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type RetryInstallationMutationVariables = Exact<{
  input: RetryInstallationInput;
}>;


export type RetryInstallationMutation = { __typename?: 'Mutation', retryInstallation: { __typename?: 'InstallationPayload', installation?: { __typename?: 'Installation', id: string, status: InstallationStatus, progress: number, attempts: number, updatedAt: string, failure?: { __typename?: 'Failure', code: string, message: string } | null, device?: { __typename?: 'Device', id: string, name: string } | null, application: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type InstallationProgressSubscriptionVariables = Exact<{
  ids?: InputMaybe<Array<Scalars['ID']['input']> | Scalars['ID']['input']>;
  deviceId?: InputMaybe<Scalars['ID']['input']>;
  applicationId?: InputMaybe<Scalars['ID']['input']>;
}>;


export type InstallationProgressSubscription = { __typename?: 'Subscription', installationProgress: { __typename?: 'Installation', id: string, status: InstallationStatus, progress: number, attempts: number, updatedAt: string, failure?: { __typename?: 'Failure', code: string, message: string } | null, device?: { __typename?: 'Device', id: string, name: string } | null, application: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } } };

export type InstallationsQueryVariables = Exact<{
  first: Scalars['Int']['input'];
  filter?: InputMaybe<InstallationFilter>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type InstallationsQuery = { __typename?: 'Query', installations?: { __typename?: 'InstallationConnection', edges: Array<{ __typename?: 'InstallationEdge', node: { __typename?: 'Installation', id: string, status: InstallationStatus, progress: number, attempts: number, updatedAt: string, failure?: { __typename?: 'Failure', code: string, message: string } | null, device?: { __typename?: 'Device', id: string, name: string } | null, application: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null, iconUrl?: string | null } } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type DeviceChoicesQueryVariables = Exact<{
  search?: InputMaybe<Scalars['String']['input']>;
}>;


export type DeviceChoicesQuery = { __typename?: 'Query', devices?: { __typename?: 'DeviceConnection', edges: Array<{ __typename?: 'DeviceEdge', node: { __typename?: 'Device', id: string, name: string, state: DeviceState, online: boolean } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type UploadFieldsFragment = { __typename?: 'ApplicationUpload', id: string, fileName: string, sizeBytes: number, sha256: string, status: ApplicationUploadStatus, progress: number, partSizeBytes: number, createdAt: string, parts: Array<{ __typename?: 'UploadPart', number: number, sizeBytes: number, uploaded: boolean }>, failure?: { __typename?: 'Failure', code: string, message: string } | null, application?: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null } | null };

export type StartApplicationUploadMutationVariables = Exact<{
  input: StartApplicationUploadInput;
}>;


export type StartApplicationUploadMutation = { __typename?: 'Mutation', startApplicationUpload: { __typename?: 'ApplicationUploadPayload', upload?: { __typename?: 'ApplicationUpload', id: string, fileName: string, sizeBytes: number, sha256: string, status: ApplicationUploadStatus, progress: number, partSizeBytes: number, createdAt: string, parts: Array<{ __typename?: 'UploadPart', number: number, sizeBytes: number, uploaded: boolean }>, failure?: { __typename?: 'Failure', code: string, message: string } | null, application?: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null } | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type PresignUploadPartsMutationVariables = Exact<{
  uploadId: Scalars['ID']['input'];
  partNumbers: Array<Scalars['Int']['input']> | Scalars['Int']['input'];
}>;


export type PresignUploadPartsMutation = { __typename?: 'Mutation', presignUploadParts: { __typename?: 'PresignUploadPartsPayload', urls: Array<{ __typename?: 'PresignedPart', number: number, url: string, expiresAt: string }>, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type CompleteApplicationUploadMutationVariables = Exact<{
  uploadId: Scalars['ID']['input'];
}>;


export type CompleteApplicationUploadMutation = { __typename?: 'Mutation', completeApplicationUpload: { __typename?: 'ApplicationUploadPayload', upload?: { __typename?: 'ApplicationUpload', id: string, fileName: string, sizeBytes: number, sha256: string, status: ApplicationUploadStatus, progress: number, partSizeBytes: number, createdAt: string, parts: Array<{ __typename?: 'UploadPart', number: number, sizeBytes: number, uploaded: boolean }>, failure?: { __typename?: 'Failure', code: string, message: string } | null, application?: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null } | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type CancelApplicationUploadMutationVariables = Exact<{
  uploadId: Scalars['ID']['input'];
}>;


export type CancelApplicationUploadMutation = { __typename?: 'Mutation', cancelApplicationUpload: { __typename?: 'ApplicationUploadPayload', userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type ApplicationUploadProgressSubscriptionVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type ApplicationUploadProgressSubscription = { __typename?: 'Subscription', applicationUploadProgress: { __typename?: 'ApplicationUpload', id: string, fileName: string, sizeBytes: number, sha256: string, status: ApplicationUploadStatus, progress: number, partSizeBytes: number, createdAt: string, parts: Array<{ __typename?: 'UploadPart', number: number, sizeBytes: number, uploaded: boolean }>, failure?: { __typename?: 'Failure', code: string, message: string } | null, application?: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null } | null } };

export type UnfinishedUploadsQueryVariables = Exact<{ [key: string]: never; }>;


export type UnfinishedUploadsQuery = { __typename?: 'Query', applicationUploads?: { __typename?: 'ApplicationUploadConnection', edges: Array<{ __typename?: 'ApplicationUploadEdge', node: { __typename?: 'ApplicationUpload', id: string, fileName: string, sizeBytes: number, sha256: string, status: ApplicationUploadStatus, progress: number, partSizeBytes: number, createdAt: string, parts: Array<{ __typename?: 'UploadPart', number: number, sizeBytes: number, uploaded: boolean }>, failure?: { __typename?: 'Failure', code: string, message: string } | null, application?: { __typename?: 'Application', id: string, label: string, packageName: string, versionName?: string | null } | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type AuditEntriesQueryVariables = Exact<{
  action?: InputMaybe<Scalars['String']['input']>;
  from?: InputMaybe<Scalars['DateTime']['input']>;
  to?: InputMaybe<Scalars['DateTime']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type AuditEntriesQuery = { __typename?: 'Query', auditLog?: { __typename?: 'AuditEntryConnection', totalCount?: number | null, edges: Array<{ __typename?: 'AuditEntryEdge', node: { __typename?: 'AuditEntry', id: string, at: string, action: string, actorKind: ActorKind, targetType: string, targetId?: string | null, before?: unknown | null, after?: unknown | null, address?: string | null, correlationId: string, actor?: { __typename?: 'User', id: string, displayName: string } | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type DeviceCommandsQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type DeviceCommandsQuery = { __typename?: 'Query', device?: { __typename?: 'Device', id: string, commands: { __typename?: 'DeviceCommandConnection', edges: Array<{ __typename?: 'DeviceCommandEdge', node: { __typename?: 'DeviceCommand', id: string, kind: CommandKind, status: CommandStatus, progress: number, createdAt: string, completedAt?: string | null, error?: { __typename?: 'DeviceCommandError', code: string, message: string } | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } } | null };

export type InstalledAppsQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type InstalledAppsQuery = { __typename?: 'Query', device?: { __typename?: 'Device', id: string, installedApps?: Array<{ __typename?: 'InstalledApp', packageName: string, label: string, versionName?: string | null, versionCode: number, installedAt: string, application?: { __typename?: 'Application', id: string, iconUrl?: string | null } | null }> | null } | null };

export type UpdateDeviceMutationVariables = Exact<{
  input: UpdateDeviceInput;
}>;


export type UpdateDeviceMutation = { __typename?: 'Mutation', updateDevice: { __typename?: 'UpdateDevicePayload', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, provider: ProviderKind, tags: Array<string>, group?: string | null, createdAt: string, updatedAt: string, expiresAt?: string | null, allowedActions: Array<DeviceAction>, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null } } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type DeviceTransitionsQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type DeviceTransitionsQuery = { __typename?: 'Query', device?: { __typename?: 'Device', id: string, transitions: { __typename?: 'DeviceTransitionConnection', edges: Array<{ __typename?: 'DeviceTransitionEdge', node: { __typename?: 'DeviceTransition', id: string, from?: DeviceState | null, to: DeviceState, cause: string, at: string, actor?: { __typename?: 'User', id: string, displayName: string } | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } } | null };

export type DevicePageQueryVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DevicePageQuery = { __typename?: 'Query', device?: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, provider: ProviderKind, tags: Array<string>, group?: string | null, createdAt: string, updatedAt: string, expiresAt?: string | null, allowedActions: Array<DeviceAction>, owner?: { __typename?: 'User', id: string, displayName: string, email?: string | null } | null, template?: { __typename?: 'DeviceTemplate', id: string, name: string } | null, latestTelemetry?: { __typename?: 'TelemetrySample', deviceId: string, at: string, sequence: number, cpuPercent?: number | null, memoryPercent?: number | null, memoryUsedMb?: number | null, storageUsedMb?: number | null, batteryPercent?: number | null, batteryCharging?: boolean | null, temperatureCelsius?: number | null, networkRxKbps?: number | null, networkTxKbps?: number | null, framesPerSecond?: number | null, foregroundApp?: string | null, latitude?: number | null, longitude?: number | null } | null, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null } } | null };

export type DevicePageDeviceFragment = { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, provider: ProviderKind, tags: Array<string>, group?: string | null, createdAt: string, updatedAt: string, expiresAt?: string | null, allowedActions: Array<DeviceAction>, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null } };

export type TelemetryFieldsFragment = { __typename?: 'TelemetrySample', deviceId: string, at: string, sequence: number, cpuPercent?: number | null, memoryPercent?: number | null, memoryUsedMb?: number | null, storageUsedMb?: number | null, batteryPercent?: number | null, batteryCharging?: boolean | null, temperatureCelsius?: number | null, networkRxKbps?: number | null, networkTxKbps?: number | null, framesPerSecond?: number | null, foregroundApp?: string | null, latitude?: number | null, longitude?: number | null };

export type DeviceTelemetrySubscriptionVariables = Exact<{
  id: Scalars['ID']['input'];
  resumeFrom?: InputMaybe<Scalars['DateTime']['input']>;
}>;


export type DeviceTelemetrySubscription = { __typename?: 'Subscription', deviceTelemetry: { __typename?: 'DeviceTelemetryEvent', gap: boolean, sample: { __typename?: 'TelemetrySample', deviceId: string, at: string, sequence: number, cpuPercent?: number | null, memoryPercent?: number | null, memoryUsedMb?: number | null, storageUsedMb?: number | null, batteryPercent?: number | null, batteryCharging?: boolean | null, temperatureCelsius?: number | null, networkRxKbps?: number | null, networkTxKbps?: number | null, framesPerSecond?: number | null, foregroundApp?: string | null, latitude?: number | null, longitude?: number | null } } };

export type DeviceChangedSubscriptionVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DeviceChangedSubscription = { __typename?: 'Subscription', deviceChanged: { __typename?: 'DeviceChangedEvent', device: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, provider: ProviderKind, tags: Array<string>, group?: string | null, createdAt: string, updatedAt: string, expiresAt?: string | null, allowedActions: Array<DeviceAction>, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null } }, transition?: { __typename?: 'DeviceTransition', id: string } | null } };

export type TelemetryHistoryQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  from: Scalars['DateTime']['input'];
  to: Scalars['DateTime']['input'];
  resolution: TelemetryResolution;
  maxPoints: Scalars['Int']['input'];
}>;


export type TelemetryHistoryQuery = { __typename?: 'Query', device?: { __typename?: 'Device', id: string, telemetry: Array<{ __typename?: 'TelemetryPoint', at: string, cpuPercent?: number | null, memoryPercent?: number | null, batteryPercent?: number | null, temperatureCelsius?: number | null, networkRxKbps?: number | null, networkTxKbps?: number | null, framesPerSecond?: number | null }> } | null };

export type CommandFieldsFragment = { __typename?: 'DeviceCommand', id: string, kind: CommandKind, status: CommandStatus, progress: number, createdAt: string, completedAt?: string | null, error?: { __typename?: 'DeviceCommandError', code: string, message: string } | null };

export type DropNetworkMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  arguments?: InputMaybe<Scalars['JSON']['input']>;
}>;


export type DropNetworkMutation = { __typename?: 'Mutation', sendDeviceCommand: { __typename?: 'SendDeviceCommandPayload', command?: { __typename?: 'DeviceCommand', id: string, kind: CommandKind, status: CommandStatus, progress: number, createdAt: string, completedAt?: string | null, error?: { __typename?: 'DeviceCommandError', code: string, message: string } | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type SetLocationMutationVariables = Exact<{
  id: Scalars['ID']['input'];
  arguments?: InputMaybe<Scalars['JSON']['input']>;
}>;


export type SetLocationMutation = { __typename?: 'Mutation', sendDeviceCommand: { __typename?: 'SendDeviceCommandPayload', command?: { __typename?: 'DeviceCommand', id: string, kind: CommandKind, status: CommandStatus, progress: number, createdAt: string, completedAt?: string | null, error?: { __typename?: 'DeviceCommandError', code: string, message: string } | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type DeviceCommandUpdatedSubscriptionVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DeviceCommandUpdatedSubscription = { __typename?: 'Subscription', deviceCommandUpdated: { __typename?: 'DeviceCommand', id: string, kind: CommandKind, status: CommandStatus, progress: number, createdAt: string, completedAt?: string | null, error?: { __typename?: 'DeviceCommandError', code: string, message: string } | null } };

export type TemplateChoicesQueryVariables = Exact<{ [key: string]: never; }>;


export type TemplateChoicesQuery = { __typename?: 'Query', deviceTemplates?: { __typename?: 'DeviceTemplateConnection', edges: Array<{ __typename?: 'DeviceTemplateEdge', node: { __typename?: 'DeviceTemplate', id: string, name: string, category: TemplateCategory } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type CreateDeviceMutationVariables = Exact<{
  input: CreateDeviceInput;
}>;


export type CreateDeviceMutation = { __typename?: 'Mutation', createDevice: { __typename?: 'CreateDevicePayload', devices?: Array<{ __typename?: 'Device', id: string, name: string }> | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type DevicesQueryVariables = Exact<{
  first: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<DeviceFilter>;
  orderBy?: InputMaybe<DeviceOrder>;
}>;


export type DevicesQuery = { __typename?: 'Query', devices?: { __typename?: 'DeviceConnection', totalCount?: number | null, edges: Array<{ __typename?: 'DeviceEdge', node: { __typename?: 'Device', id: string, name: string, state: DeviceState, stateReason?: string | null, online: boolean, tags: Array<string>, group?: string | null, createdAt: string, allowedActions: Array<DeviceAction>, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number }, owner?: { __typename?: 'User', id: string, displayName: string } | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type UpdateProfileMutationVariables = Exact<{
  displayName: Scalars['String']['input'];
}>;


export type UpdateProfileMutation = { __typename?: 'Mutation', updateProfile: { __typename?: 'UpdateProfilePayload', user?: { __typename?: 'User', id: string, displayName: string } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type ChangePasswordMutationVariables = Exact<{
  currentPassword: Scalars['String']['input'];
  newPassword: Scalars['String']['input'];
}>;


export type ChangePasswordMutation = { __typename?: 'Mutation', changePassword: { __typename?: 'ChangePasswordPayload', userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { __typename?: 'Query', sessions?: Array<{ __typename?: 'Session', id: string, userAgent?: string | null, address?: string | null, createdAt: string, lastUsedAt: string, expiresAt: string, current: boolean }> | null };

export type RevokeSessionMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type RevokeSessionMutation = { __typename?: 'Mutation', revokeSession: { __typename?: 'RevokeSessionPayload', userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type RevokeOtherSessionsMutationVariables = Exact<{ [key: string]: never; }>;


export type RevokeOtherSessionsMutation = { __typename?: 'Mutation', revokeOtherSessions: { __typename?: 'RevokeOtherSessionsPayload', userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type RegisterMutationVariables = Exact<{
  input: RegisterInput;
}>;


export type RegisterMutation = { __typename?: 'Mutation', register: { __typename?: 'RegisterPayload', session?: { __typename?: 'AuthenticatedSession', accessToken: string, refreshToken: string, expiresAt: string } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type LoginMutationVariables = Exact<{
  email: Scalars['String']['input'];
  password: Scalars['String']['input'];
}>;


export type LoginMutation = { __typename?: 'Mutation', login: { __typename?: 'LoginPayload', session?: { __typename?: 'AuthenticatedSession', accessToken: string, refreshToken: string, expiresAt: string } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type TemplateFieldsFragment = { __typename?: 'DeviceTemplate', id: string, name: string, description: string, category: TemplateCategory, deviceCount: number, createdAt: string, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null } };

export type TemplatesQueryVariables = Exact<{
  search?: InputMaybe<Scalars['String']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type TemplatesQuery = { __typename?: 'Query', deviceTemplates?: { __typename?: 'DeviceTemplateConnection', totalCount?: number | null, edges: Array<{ __typename?: 'DeviceTemplateEdge', node: { __typename?: 'DeviceTemplate', id: string, name: string, description: string, category: TemplateCategory, deviceCount: number, createdAt: string, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null } } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type CreateDeviceTemplateMutationVariables = Exact<{
  input: CreateDeviceTemplateInput;
}>;


export type CreateDeviceTemplateMutation = { __typename?: 'Mutation', createDeviceTemplate: { __typename?: 'DeviceTemplatePayload', deviceTemplate?: { __typename?: 'DeviceTemplate', id: string, name: string, description: string, category: TemplateCategory, deviceCount: number, createdAt: string, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null } } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type UpdateDeviceTemplateMutationVariables = Exact<{
  input: UpdateDeviceTemplateInput;
}>;


export type UpdateDeviceTemplateMutation = { __typename?: 'Mutation', updateDeviceTemplate: { __typename?: 'DeviceTemplatePayload', deviceTemplate?: { __typename?: 'DeviceTemplate', id: string, name: string, description: string, category: TemplateCategory, deviceCount: number, createdAt: string, specification: { __typename?: 'DeviceSpecification', androidVersion: string, cpuCores: number, memoryMb: number, storageGb: number, widthPx: number, heightPx: number, density: number, gpu: boolean, locale: string, timezone: string, networkProxy?: string | null, location?: { __typename?: 'GeoPoint', latitude: number, longitude: number } | null } } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type DeleteDeviceTemplateMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DeleteDeviceTemplateMutation = { __typename?: 'Mutation', deleteDeviceTemplate: { __typename?: 'DeleteDeviceTemplatePayload', userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type UserFieldsFragment = { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null };

export type UsersQueryVariables = Exact<{
  search?: InputMaybe<Scalars['String']['input']>;
  status?: InputMaybe<UserStatus>;
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type UsersQuery = { __typename?: 'Query', users?: { __typename?: 'UserConnection', totalCount?: number | null, edges: Array<{ __typename?: 'UserEdge', node: { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null } }>, pageInfo: { __typename?: 'PageInfo', hasNextPage: boolean, endCursor?: string | null } } | null };

export type RolesQueryVariables = Exact<{ [key: string]: never; }>;


export type RolesQuery = { __typename?: 'Query', roles?: Array<{ __typename?: 'Role', id: string, name: string, description: string }> | null };

export type CreateUserMutationVariables = Exact<{
  input: CreateUserInput;
}>;


export type CreateUserMutation = { __typename?: 'Mutation', createUser: { __typename?: 'CreateUserPayload', user?: { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type UpdateUserMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type UpdateUserMutation = { __typename?: 'Mutation', updateUser: { __typename?: 'UpdateUserPayload', user?: { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type DeactivateUserMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type DeactivateUserMutation = { __typename?: 'Mutation', outcome: { __typename?: 'DeactivateUserPayload', user?: { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type ActivateUserMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type ActivateUserMutation = { __typename?: 'Mutation', outcome: { __typename?: 'ActivateUserPayload', user?: { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type UnlockUserMutationVariables = Exact<{
  id: Scalars['ID']['input'];
}>;


export type UnlockUserMutation = { __typename?: 'Mutation', outcome: { __typename?: 'UnlockUserPayload', user?: { __typename?: 'User', id: string, email?: string | null, displayName: string, status?: UserStatus | null, createdAt: string, lastLoginAt?: string | null, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null } | null, userErrors: Array<{ __typename?: 'UserError', code: string, message: string, path: Array<string> }> } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { __typename?: 'Query', me?: { __typename?: 'Viewer', permissions: Array<string>, user: { __typename?: 'User', id: string, email?: string | null, displayName: string, roles?: Array<{ __typename?: 'Role', id: string, name: string }> | null }, tenant: { __typename?: 'Tenant', id: string, name: string } } | null };

export type RefreshSessionMutationVariables = Exact<{
  input: RefreshSessionInput;
}>;


export type RefreshSessionMutation = { __typename?: 'Mutation', refreshSession: { __typename?: 'RefreshSessionPayload', session?: { __typename?: 'AuthenticatedSession', accessToken: string, refreshToken: string, expiresAt: string } | null, userErrors: Array<{ __typename?: 'UserError', code: string }> } };

export const DeviceStatusFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<DeviceStatusFragment, unknown>;
export const FleetDeviceFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FleetDevice"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}}]}},{"kind":"Field","name":{"kind":"Name","value":"owner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"installedApps"},"directives":[{"kind":"Directive","name":{"kind":"Name","value":"include"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"if"},"value":{"kind":"Variable","name":{"kind":"Name","value":"apps"}}}]}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"latestTelemetry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"cpuPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryCharging"}},{"kind":"Field","name":{"kind":"Name","value":"framesPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"foregroundApp"}}]}}]}}]} as unknown as DocumentNode<FleetDeviceFragment, unknown>;
export const ApiKeyFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ApiKeyFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApiKey"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"prefix"}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"revokedAt"}}]}}]} as unknown as DocumentNode<ApiKeyFieldsFragment, unknown>;
export const InstallationFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"InstallationFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Installation"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]} as unknown as DocumentNode<InstallationFieldsFragment, unknown>;
export const UploadFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UploadFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApplicationUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"partSizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"parts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"uploaded"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}}]}}]}}]} as unknown as DocumentNode<UploadFieldsFragment, unknown>;
export const DevicePageDeviceFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DevicePageDevice"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"group"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}}]}}]}}]} as unknown as DocumentNode<DevicePageDeviceFragment, unknown>;
export const TelemetryFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TelemetryFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TelemetrySample"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceId"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"cpuPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryUsedMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageUsedMb"}},{"kind":"Field","name":{"kind":"Name","value":"batteryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryCharging"}},{"kind":"Field","name":{"kind":"Name","value":"temperatureCelsius"}},{"kind":"Field","name":{"kind":"Name","value":"networkRxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"networkTxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"framesPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"foregroundApp"}},{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]} as unknown as DocumentNode<TelemetryFieldsFragment, unknown>;
export const CommandFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CommandFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceCommand"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"completedAt"}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<CommandFieldsFragment, unknown>;
export const TemplateFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TemplateFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceTemplate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"category"}},{"kind":"Field","name":{"kind":"Name","value":"deviceCount"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]}}]}}]} as unknown as DocumentNode<TemplateFieldsFragment, unknown>;
export const UserFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<UserFieldsFragment, unknown>;
export const StartDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"StartDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"startDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DeviceStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<StartDeviceMutation, StartDeviceMutationVariables>;
export const StopDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"StopDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"stopDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DeviceStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<StopDeviceMutation, StopDeviceMutationVariables>;
export const RebootDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RebootDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"rebootDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DeviceStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<RebootDeviceMutation, RebootDeviceMutationVariables>;
export const PauseDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"PauseDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"pauseDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DeviceStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<PauseDeviceMutation, PauseDeviceMutationVariables>;
export const ResumeDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ResumeDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"resumeDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DeviceStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<ResumeDeviceMutation, ResumeDeviceMutationVariables>;
export const DeleteDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"deleteDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DeviceStatus"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DeviceStatus"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}}]}}]} as unknown as DocumentNode<DeleteDeviceMutation, DeleteDeviceMutationVariables>;
export const FleetDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Fleet"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"minIntervalMs"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"apps"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"fleet"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"minIntervalMs"},"value":{"kind":"Variable","name":{"kind":"Name","value":"minIntervalMs"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"removedIds"}},{"kind":"Field","name":{"kind":"Name","value":"devices"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FleetDevice"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FleetDevice"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}}]}},{"kind":"Field","name":{"kind":"Name","value":"owner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"installedApps"},"directives":[{"kind":"Directive","name":{"kind":"Name","value":"include"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"if"},"value":{"kind":"Variable","name":{"kind":"Name","value":"apps"}}}]}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"latestTelemetry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"cpuPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryCharging"}},{"kind":"Field","name":{"kind":"Name","value":"framesPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"foregroundApp"}}]}}]}}]} as unknown as DocumentNode<FleetSubscription, FleetSubscriptionVariables>;
export const LogoutDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Logout"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"logout"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}}]}}]}}]}}]} as unknown as DocumentNode<LogoutMutation, LogoutMutationVariables>;
export const ApiKeysDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ApiKeys"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"apiKeys"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ApiKeyFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ApiKeyFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApiKey"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"prefix"}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"revokedAt"}}]}}]} as unknown as DocumentNode<ApiKeysQuery, ApiKeysQueryVariables>;
export const PermissionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Permissions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"permissions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}}]}}]}}]} as unknown as DocumentNode<PermissionsQuery, PermissionsQueryVariables>;
export const CreateApiKeyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateApiKey"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateApiKeyInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createApiKey"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"apiKey"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ApiKeyFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"secret"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ApiKeyFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApiKey"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"prefix"}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"revokedAt"}}]}}]} as unknown as DocumentNode<CreateApiKeyMutation, CreateApiKeyMutationVariables>;
export const RevokeApiKeyDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeApiKey"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeApiKey"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"apiKey"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ApiKeyFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ApiKeyFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApiKey"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"prefix"}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"revokedAt"}}]}}]} as unknown as DocumentNode<RevokeApiKeyMutation, RevokeApiKeyMutationVariables>;
export const AppPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AppPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"application"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"versionCode"}},{"kind":"Field","name":{"kind":"Name","value":"minSdk"}},{"kind":"Field","name":{"kind":"Name","value":"targetSdk"}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}},{"kind":"Field","name":{"kind":"Name","value":"abis"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"installCount"}},{"kind":"Field","name":{"kind":"Name","value":"downloadUrl"}},{"kind":"Field","name":{"kind":"Name","value":"uploadedBy"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"signature"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verified"}},{"kind":"Field","name":{"kind":"Name","value":"schemes"}},{"kind":"Field","name":{"kind":"Name","value":"certificates"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"subject"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"notBefore"}},{"kind":"Field","name":{"kind":"Name","value":"notAfter"}}]}}]}}]}}]}}]} as unknown as DocumentNode<AppPageQuery, AppPageQueryVariables>;
export const DeleteApplicationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteApplication"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteApplication"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<DeleteApplicationMutation, DeleteApplicationMutationVariables>;
export const ApplicationsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Applications"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"search"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"applications"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"48"}},{"kind":"Argument","name":{"kind":"Name","value":"search"},"value":{"kind":"Variable","name":{"kind":"Name","value":"search"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"versionCode"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"installCount"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"signature"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verified"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ApplicationsQuery, ApplicationsQueryVariables>;
export const AppChoicesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AppChoices"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"search"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"applications"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"search"},"value":{"kind":"Variable","name":{"kind":"Name","value":"search"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<AppChoicesQuery, AppChoicesQueryVariables>;
export const InstallApplicationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"InstallApplication"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"applicationId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"deviceIds"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"installApplication"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"applicationId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"applicationId"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"deviceIds"},"value":{"kind":"Variable","name":{"kind":"Name","value":"deviceIds"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"installations"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"InstallationFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"InstallationFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Installation"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]} as unknown as DocumentNode<InstallApplicationMutation, InstallApplicationMutationVariables>;
export const UninstallApplicationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UninstallApplication"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"deviceId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"packageName"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"uninstallApplication"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"deviceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"deviceId"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"packageName"},"value":{"kind":"Variable","name":{"kind":"Name","value":"packageName"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"installation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"InstallationFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"InstallationFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Installation"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]} as unknown as DocumentNode<UninstallApplicationMutation, UninstallApplicationMutationVariables>;
export const RetryInstallationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RetryInstallation"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RetryInstallationInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryInstallation"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"installation"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"InstallationFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"InstallationFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Installation"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]} as unknown as DocumentNode<RetryInstallationMutation, RetryInstallationMutationVariables>;
export const InstallationProgressDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"InstallationProgress"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"deviceId"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"applicationId"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"installationProgress"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}},{"kind":"Argument","name":{"kind":"Name","value":"deviceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"deviceId"}}},{"kind":"Argument","name":{"kind":"Name","value":"applicationId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"applicationId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"InstallationFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"InstallationFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Installation"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]} as unknown as DocumentNode<InstallationProgressSubscription, InstallationProgressSubscriptionVariables>;
export const InstallationsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Installations"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"InstallationFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"installations"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"InstallationFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"InstallationFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Installation"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"attempts"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]} as unknown as DocumentNode<InstallationsQuery, InstallationsQueryVariables>;
export const DeviceChoicesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DeviceChoices"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"search"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"devices"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"search"},"value":{"kind":"Variable","name":{"kind":"Name","value":"search"}}}]}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"NAME"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"ASC"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"online"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<DeviceChoicesQuery, DeviceChoicesQueryVariables>;
export const StartApplicationUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"StartApplicationUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"StartApplicationUploadInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"startApplicationUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"upload"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UploadFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UploadFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApplicationUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"partSizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"parts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"uploaded"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}}]}}]}}]} as unknown as DocumentNode<StartApplicationUploadMutation, StartApplicationUploadMutationVariables>;
export const PresignUploadPartsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"PresignUploadParts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"uploadId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"partNumbers"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"presignUploadParts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"uploadId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"uploadId"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"partNumbers"},"value":{"kind":"Variable","name":{"kind":"Name","value":"partNumbers"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"urls"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<PresignUploadPartsMutation, PresignUploadPartsMutationVariables>;
export const CompleteApplicationUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CompleteApplicationUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"uploadId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"completeApplicationUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"uploadId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"uploadId"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"upload"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UploadFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UploadFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApplicationUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"partSizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"parts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"uploaded"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}}]}}]}}]} as unknown as DocumentNode<CompleteApplicationUploadMutation, CompleteApplicationUploadMutationVariables>;
export const CancelApplicationUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CancelApplicationUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"uploadId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cancelApplicationUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"uploadId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"uploadId"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CancelApplicationUploadMutation, CancelApplicationUploadMutationVariables>;
export const ApplicationUploadProgressDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"ApplicationUploadProgress"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"applicationUploadProgress"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UploadFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UploadFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApplicationUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"partSizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"parts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"uploaded"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}}]}}]}}]} as unknown as DocumentNode<ApplicationUploadProgressSubscription, ApplicationUploadProgressSubscriptionVariables>;
export const UnfinishedUploadsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UnfinishedUploads"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"applicationUploads"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}},{"kind":"Argument","name":{"kind":"Name","value":"status"},"value":{"kind":"EnumValue","value":"UPLOADING"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UploadFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UploadFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ApplicationUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fileName"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"partSizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"parts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"sizeBytes"}},{"kind":"Field","name":{"kind":"Name","value":"uploaded"}}]}},{"kind":"Field","name":{"kind":"Name","value":"failure"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}}]}}]}}]} as unknown as DocumentNode<UnfinishedUploadsQuery, UnfinishedUploadsQueryVariables>;
export const AuditEntriesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"AuditEntries"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"action"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"from"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"to"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"auditLog"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"action"},"value":{"kind":"Variable","name":{"kind":"Name","value":"action"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"from"},"value":{"kind":"Variable","name":{"kind":"Name","value":"from"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"to"},"value":{"kind":"Variable","name":{"kind":"Name","value":"to"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"actorKind"}},{"kind":"Field","name":{"kind":"Name","value":"targetType"}},{"kind":"Field","name":{"kind":"Name","value":"targetId"}},{"kind":"Field","name":{"kind":"Name","value":"before"}},{"kind":"Field","name":{"kind":"Name","value":"after"}},{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"correlationId"}},{"kind":"Field","name":{"kind":"Name","value":"actor"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<AuditEntriesQuery, AuditEntriesQueryVariables>;
export const DeviceCommandsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DeviceCommands"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"commands"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"CommandFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CommandFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceCommand"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"completedAt"}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<DeviceCommandsQuery, DeviceCommandsQueryVariables>;
export const InstalledAppsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"InstalledApps"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"installedApps"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"packageName"}},{"kind":"Field","name":{"kind":"Name","value":"label"}},{"kind":"Field","name":{"kind":"Name","value":"versionName"}},{"kind":"Field","name":{"kind":"Name","value":"versionCode"}},{"kind":"Field","name":{"kind":"Name","value":"installedAt"}},{"kind":"Field","name":{"kind":"Name","value":"application"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"iconUrl"}}]}}]}}]}}]}}]} as unknown as DocumentNode<InstalledAppsQuery, InstalledAppsQueryVariables>;
export const UpdateDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateDeviceInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DevicePageDevice"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DevicePageDevice"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"group"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}}]}}]}}]} as unknown as DocumentNode<UpdateDeviceMutation, UpdateDeviceMutationVariables>;
export const DeviceTransitionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DeviceTransitions"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"transitions"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"from"}},{"kind":"Field","name":{"kind":"Name","value":"to"}},{"kind":"Field","name":{"kind":"Name","value":"cause"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"actor"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]}}]} as unknown as DocumentNode<DeviceTransitionsQuery, DeviceTransitionsQueryVariables>;
export const DevicePageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"DevicePage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DevicePageDevice"}},{"kind":"Field","name":{"kind":"Name","value":"owner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"email"}}]}},{"kind":"Field","name":{"kind":"Name","value":"template"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"latestTelemetry"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TelemetryFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DevicePageDevice"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"group"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TelemetryFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TelemetrySample"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceId"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"cpuPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryUsedMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageUsedMb"}},{"kind":"Field","name":{"kind":"Name","value":"batteryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryCharging"}},{"kind":"Field","name":{"kind":"Name","value":"temperatureCelsius"}},{"kind":"Field","name":{"kind":"Name","value":"networkRxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"networkTxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"framesPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"foregroundApp"}},{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]} as unknown as DocumentNode<DevicePageQuery, DevicePageQueryVariables>;
export const DeviceTelemetryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"DeviceTelemetry"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"resumeFrom"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceTelemetry"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"deviceIds"},"value":{"kind":"ListValue","values":[{"kind":"Variable","name":{"kind":"Name","value":"id"}}]}},{"kind":"Argument","name":{"kind":"Name","value":"minIntervalMs"},"value":{"kind":"IntValue","value":"1000"}},{"kind":"Argument","name":{"kind":"Name","value":"resumeFrom"},"value":{"kind":"Variable","name":{"kind":"Name","value":"resumeFrom"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"gap"}},{"kind":"Field","name":{"kind":"Name","value":"sample"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TelemetryFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TelemetryFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TelemetrySample"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceId"}},{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"sequence"}},{"kind":"Field","name":{"kind":"Name","value":"cpuPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryUsedMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageUsedMb"}},{"kind":"Field","name":{"kind":"Name","value":"batteryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryCharging"}},{"kind":"Field","name":{"kind":"Name","value":"temperatureCelsius"}},{"kind":"Field","name":{"kind":"Name","value":"networkRxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"networkTxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"framesPerSecond"}},{"kind":"Field","name":{"kind":"Name","value":"foregroundApp"}},{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]} as unknown as DocumentNode<DeviceTelemetrySubscription, DeviceTelemetrySubscriptionVariables>;
export const DeviceChangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"DeviceChanged"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceChanged"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"deviceIds"},"value":{"kind":"ListValue","values":[{"kind":"Variable","name":{"kind":"Name","value":"id"}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"DevicePageDevice"}}]}},{"kind":"Field","name":{"kind":"Name","value":"transition"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"DevicePageDevice"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Device"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"provider"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"group"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}}]}}]}}]} as unknown as DocumentNode<DeviceChangedSubscription, DeviceChangedSubscriptionVariables>;
export const TelemetryHistoryDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TelemetryHistory"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"from"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"to"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTime"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"resolution"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"TelemetryResolution"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"maxPoints"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"device"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"telemetry"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"from"},"value":{"kind":"Variable","name":{"kind":"Name","value":"from"}}},{"kind":"Argument","name":{"kind":"Name","value":"to"},"value":{"kind":"Variable","name":{"kind":"Name","value":"to"}}},{"kind":"Argument","name":{"kind":"Name","value":"resolution"},"value":{"kind":"Variable","name":{"kind":"Name","value":"resolution"}}},{"kind":"Argument","name":{"kind":"Name","value":"maxPoints"},"value":{"kind":"Variable","name":{"kind":"Name","value":"maxPoints"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"at"}},{"kind":"Field","name":{"kind":"Name","value":"cpuPercent"}},{"kind":"Field","name":{"kind":"Name","value":"memoryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"batteryPercent"}},{"kind":"Field","name":{"kind":"Name","value":"temperatureCelsius"}},{"kind":"Field","name":{"kind":"Name","value":"networkRxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"networkTxKbps"}},{"kind":"Field","name":{"kind":"Name","value":"framesPerSecond"}}]}}]}}]}}]} as unknown as DocumentNode<TelemetryHistoryQuery, TelemetryHistoryQueryVariables>;
export const DropNetworkDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DropNetwork"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"arguments"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"JSON"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sendDeviceCommand"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"deviceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"kind"},"value":{"kind":"EnumValue","value":"DROP_NETWORK"}},{"kind":"ObjectField","name":{"kind":"Name","value":"arguments"},"value":{"kind":"Variable","name":{"kind":"Name","value":"arguments"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"command"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"CommandFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CommandFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceCommand"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"completedAt"}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<DropNetworkMutation, DropNetworkMutationVariables>;
export const SetLocationDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SetLocation"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"arguments"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"JSON"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sendDeviceCommand"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"deviceId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"kind"},"value":{"kind":"EnumValue","value":"SET_LOCATION"}},{"kind":"ObjectField","name":{"kind":"Name","value":"arguments"},"value":{"kind":"Variable","name":{"kind":"Name","value":"arguments"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"command"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"CommandFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CommandFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceCommand"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"completedAt"}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<SetLocationMutation, SetLocationMutationVariables>;
export const DeviceCommandUpdatedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"DeviceCommandUpdated"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceCommandUpdated"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"CommandFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"CommandFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceCommand"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"progress"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"completedAt"}},{"kind":"Field","name":{"kind":"Name","value":"error"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}}]}}]} as unknown as DocumentNode<DeviceCommandUpdatedSubscription, DeviceCommandUpdatedSubscriptionVariables>;
export const TemplateChoicesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"TemplateChoices"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceTemplates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"category"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<TemplateChoicesQuery, TemplateChoicesQueryVariables>;
export const CreateDeviceDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateDevice"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateDeviceInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createDevice"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"devices"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<CreateDeviceMutation, CreateDeviceMutationVariables>;
export const DevicesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Devices"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceOrder"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"devices"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"state"}},{"kind":"Field","name":{"kind":"Name","value":"stateReason"}},{"kind":"Field","name":{"kind":"Name","value":"online"}},{"kind":"Field","name":{"kind":"Name","value":"tags"}},{"kind":"Field","name":{"kind":"Name","value":"group"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"allowedActions"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}}]}},{"kind":"Field","name":{"kind":"Name","value":"owner"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<DevicesQuery, DevicesQueryVariables>;
export const UpdateProfileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateProfile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"displayName"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateProfile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"displayName"},"value":{"kind":"Variable","name":{"kind":"Name","value":"displayName"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<UpdateProfileMutation, UpdateProfileMutationVariables>;
export const ChangePasswordDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ChangePassword"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"currentPassword"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"newPassword"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changePassword"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"currentPassword"},"value":{"kind":"Variable","name":{"kind":"Name","value":"currentPassword"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"newPassword"},"value":{"kind":"Variable","name":{"kind":"Name","value":"newPassword"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<ChangePasswordMutation, ChangePasswordMutationVariables>;
export const SessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"userAgent"}},{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"current"}}]}}]}}]} as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;
export const RevokeSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<RevokeSessionMutation, RevokeSessionMutationVariables>;
export const RevokeOtherSessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeOtherSessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeOtherSessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<RevokeOtherSessionsMutation, RevokeOtherSessionsMutationVariables>;
export const RegisterDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Register"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RegisterInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"register"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<RegisterMutation, RegisterMutationVariables>;
export const LoginDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"Login"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"email"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"password"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"login"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"email"},"value":{"kind":"Variable","name":{"kind":"Name","value":"email"}}},{"kind":"ObjectField","name":{"kind":"Name","value":"password"},"value":{"kind":"Variable","name":{"kind":"Name","value":"password"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<LoginMutation, LoginMutationVariables>;
export const TemplatesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Templates"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"search"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceTemplates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"48"}},{"kind":"Argument","name":{"kind":"Name","value":"search"},"value":{"kind":"Variable","name":{"kind":"Name","value":"search"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TemplateFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TemplateFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceTemplate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"category"}},{"kind":"Field","name":{"kind":"Name","value":"deviceCount"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]}}]}}]} as unknown as DocumentNode<TemplatesQuery, TemplatesQueryVariables>;
export const CreateDeviceTemplateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateDeviceTemplate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateDeviceTemplateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createDeviceTemplate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceTemplate"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TemplateFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TemplateFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceTemplate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"category"}},{"kind":"Field","name":{"kind":"Name","value":"deviceCount"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]}}]}}]} as unknown as DocumentNode<CreateDeviceTemplateMutation, CreateDeviceTemplateMutationVariables>;
export const UpdateDeviceTemplateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateDeviceTemplate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateDeviceTemplateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateDeviceTemplate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deviceTemplate"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"TemplateFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"TemplateFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeviceTemplate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"category"}},{"kind":"Field","name":{"kind":"Name","value":"deviceCount"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"specification"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"androidVersion"}},{"kind":"Field","name":{"kind":"Name","value":"cpuCores"}},{"kind":"Field","name":{"kind":"Name","value":"memoryMb"}},{"kind":"Field","name":{"kind":"Name","value":"storageGb"}},{"kind":"Field","name":{"kind":"Name","value":"widthPx"}},{"kind":"Field","name":{"kind":"Name","value":"heightPx"}},{"kind":"Field","name":{"kind":"Name","value":"density"}},{"kind":"Field","name":{"kind":"Name","value":"gpu"}},{"kind":"Field","name":{"kind":"Name","value":"locale"}},{"kind":"Field","name":{"kind":"Name","value":"timezone"}},{"kind":"Field","name":{"kind":"Name","value":"networkProxy"}},{"kind":"Field","name":{"kind":"Name","value":"location"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"latitude"}},{"kind":"Field","name":{"kind":"Name","value":"longitude"}}]}}]}}]}}]} as unknown as DocumentNode<UpdateDeviceTemplateMutation, UpdateDeviceTemplateMutationVariables>;
export const DeleteDeviceTemplateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteDeviceTemplate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteDeviceTemplate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}}]} as unknown as DocumentNode<DeleteDeviceTemplateMutation, DeleteDeviceTemplateMutationVariables>;
export const UsersDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Users"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"search"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"status"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserStatus"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"50"}},{"kind":"Argument","name":{"kind":"Name","value":"search"},"value":{"kind":"Variable","name":{"kind":"Name","value":"search"}}},{"kind":"Argument","name":{"kind":"Name","value":"status"},"value":{"kind":"Variable","name":{"kind":"Name","value":"status"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<UsersQuery, UsersQueryVariables>;
export const RolesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}}]}}]}}]} as unknown as DocumentNode<RolesQuery, RolesQueryVariables>;
export const CreateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<CreateUserMutation, CreateUserMutationVariables>;
export const UpdateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<UpdateUserMutation, UpdateUserMutationVariables>;
export const DeactivateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeactivateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"deactivateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<DeactivateUserMutation, DeactivateUserMutationVariables>;
export const ActivateUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ActivateUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"activateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<ActivateUserMutation, ActivateUserMutationVariables>;
export const UnlockUserDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UnlockUser"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","alias":{"kind":"Name","value":"outcome"},"name":{"kind":"Name","value":"unlockUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"UserFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"path"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"UserFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastLoginAt"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<UnlockUserMutation, UnlockUserMutationVariables>;
export const ViewerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"me"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"email"}},{"kind":"Field","name":{"kind":"Name","value":"displayName"}},{"kind":"Field","name":{"kind":"Name","value":"roles"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"tenant"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"permissions"}}]}}]}}]} as unknown as DocumentNode<ViewerQuery, ViewerQueryVariables>;
export const RefreshSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RefreshSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RefreshSessionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"refreshSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"session"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"accessToken"}},{"kind":"Field","name":{"kind":"Name","value":"refreshToken"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}}]}}]}}]}}]} as unknown as DocumentNode<RefreshSessionMutation, RefreshSessionMutationVariables>;