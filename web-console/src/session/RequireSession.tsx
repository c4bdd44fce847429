// Lets only signed-in people through, and loads who they are before anything below renders.
import { useApolloClient, useQuery } from '@apollo/client/react';
import { useEffect, type ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { ErrorState } from '../components/ErrorState';
import { PageLoader } from '../components/PageLoader';
import { graphql } from '../graphql/generated';
import { useSession, useSessionStatus, ViewerContext } from './context';

const VIEWER = graphql(`
  query Viewer {
    me {
      user {
        id
        email
        displayName
        roles {
          id
          name
        }
      }
      tenant {
        id
        name
      }
      permissions
    }
  }
`);

export function RequireSession({ children }: { children: ReactNode }) {
  const status = useSessionStatus();
  const location = useLocation();
  const client = useApolloClient();

  useEffect(() => {
    // Nothing of one person may be seen by the next one at the same screen.
    if (status === 'signed-out') void client.clearStore();
  }, [status, client]);

  if (status === 'signed-out') {
    return <Navigate to="/sign-in" replace state={{ from: `${location.pathname}${location.search}` }} />;
  }
  return <Identified>{children}</Identified>;
}

function Identified({ children }: { children: ReactNode }) {
  const session = useSession();
  const { data, error, loading, refetch } = useQuery(VIEWER);
  const viewer = data?.me;
  const anonymous = !loading && error === undefined && data?.me === null;

  useEffect(() => {
    if (anonymous) session.end('expired');
  }, [anonymous, session]);

  if (viewer) return <ViewerContext value={viewer}>{children}</ViewerContext>;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  return <PageLoader />;
}
