// The platform under test: where it is, who may sign in, and its API for what a second person does meanwhile.
//
// Environment: CLOUDPHONE_URL, CLOUDPHONE_DEMO_DOMAIN and CLOUDPHONE_DEMO_PASSWORD (demo logins),
// CLOUDPHONE_SCREENSHOTS (a folder), CHROMIUM (an executable).

export const BASE_URL = process.env.CLOUDPHONE_URL ?? 'http://localhost:30000';

const DOMAIN = process.env.CLOUDPHONE_DEMO_DOMAIN ?? 'demo.cloudphone.local';
const PASSWORD = process.env.CLOUDPHONE_DEMO_PASSWORD ?? 'Demo-Pass-2026!';
const TIMEOUT_MS = 30_000;

export interface Login {
  email: string;
  password: string;
}

export const login = (name: 'admin' | 'operator' | 'viewer'): Login => ({ email: `${name}@${DOMAIN}`, password: PASSWORD });

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string }[];
}

async function post<Data>(token: string | null, query: string, variables: object): Promise<Data> {
  const response = await fetch(`${BASE_URL}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== null && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answer = (await response.json()) as Answer<Data>;
  if (answer.errors !== undefined || answer.data == null) throw new Error(JSON.stringify(answer.errors ?? answer));
  return answer.data;
}

interface Outcome {
  userErrors: { message: string }[];
}

function accepted<Payload extends Outcome>(payload: Payload): Payload {
  if (payload.userErrors.length > 0) throw new Error(payload.userErrors.map((error) => error.message).join(' '));
  return payload;
}

export interface DeviceSummary {
  id: string;
  name: string;
  state: string;
  owner: { id: string; displayName: string } | null;
}

/** A person who uses the API while somebody else looks at the console. */
export class Person {
  private constructor(
    readonly login: Login,
    readonly id: string,
    readonly displayName: string,
    private readonly token: string,
  ) {}

  static async signIn(credentials: Login): Promise<Person> {
    const { login: payload } = await post<{ login: Outcome & { session: { accessToken: string; user: { id: string; displayName: string } } } }>(
      null,
      'mutation ($input: LoginInput!) { login(input: $input) { session { accessToken user { id displayName } } userErrors { message } } }',
      { input: credentials },
    );
    const { session } = accepted(payload);
    return new Person(credentials, session.user.id, session.user.displayName, session.accessToken);
  }

  async devices(): Promise<DeviceSummary[]> {
    const { devices } = await post<{ devices: { nodes: DeviceSummary[] } }>(
      this.token,
      '{ devices(first: 100) { nodes { id name state owner { id displayName } } } }',
      {},
    );
    return devices.nodes;
  }

  async rename(displayName: string): Promise<void> {
    const { updateProfile } = await post<{ updateProfile: Outcome }>(
      this.token,
      'mutation ($displayName: String!) { updateProfile(input: { displayName: $displayName }) { userErrors { message } } }',
      { displayName },
    );
    accepted(updateProfile);
  }

  async application(packageName: string): Promise<string> {
    const { applications } = await post<{ applications: { nodes: { id: string; packageName: string }[] } }>(
      this.token,
      'query ($search: String!) { applications(first: 20, search: $search) { nodes { id packageName } } }',
      { search: packageName },
    );
    const found = applications.nodes.find((one) => one.packageName === packageName);
    if (found === undefined) throw new Error(`There is no application ${packageName}.`);
    return found.id;
  }

  async install(applicationId: string, deviceId: string): Promise<void> {
    const { installApplication } = await post<{ installApplication: Outcome }>(
      this.token,
      'mutation ($applicationId: ID!, $deviceIds: [ID!]!) { installApplication(input: { applicationId: $applicationId, deviceIds: $deviceIds }) { userErrors { message } } }',
      { applicationId, deviceIds: [deviceId] },
    );
    accepted(installApplication);
  }

  async uninstall(deviceId: string, packageName: string): Promise<void> {
    const { uninstallApplication } = await post<{ uninstallApplication: Outcome }>(
      this.token,
      'mutation ($deviceId: ID!, $packageName: String!) { uninstallApplication(input: { deviceId: $deviceId, packageName: $packageName }) { userErrors { message } } }',
      { deviceId, packageName },
    );
    accepted(uninstallApplication);
  }

  async deleteDevice(id: string): Promise<void> {
    const { deleteDevice } = await post<{ deleteDevice: Outcome }>(
      this.token,
      'mutation ($id: ID!) { deleteDevice(input: { id: $id }) { userErrors { message } } }',
      { id },
    );
    accepted(deleteDevice);
  }
}
