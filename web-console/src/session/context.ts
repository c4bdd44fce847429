// Gives components the session and the person behind it.
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { ViewerQuery } from '../graphql/generated/graphql';
import type { Session, SessionStatus } from './session';

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('useSession needs a SessionContext above it.');
  return session;
}

export function useSessionStatus(): SessionStatus {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, () => session.status);
}

export type Viewer = NonNullable<ViewerQuery['me']>;

export const ViewerContext = createContext<Viewer | null>(null);

export function useViewer(): Viewer {
  const viewer = useContext(ViewerContext);
  if (viewer === null) throw new Error('useViewer needs a signed-in page around it.');
  return viewer;
}

/** Whether a set of granted permissions covers one, with `*` on either side of the colon. */
export function allows(granted: readonly string[], permission: string): boolean {
  const [resource, action] = permission.split(':');
  return granted.some((one) => {
    const [grantedResource, grantedAction] = one.split(':');
    return (grantedResource === '*' || grantedResource === resource) && (grantedAction === '*' || grantedAction === action);
  });
}

/** Whether the signed-in person may do something; the platform checks again, this only shapes what is shown. */
export function useMay(permission: string): boolean {
  return allows(useViewer().permissions, permission);
}
