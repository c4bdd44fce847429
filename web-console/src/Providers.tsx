// Everything that pages find above them; tests mount pages in the same.
import type { ApolloClient } from '@apollo/client';
import { ApolloProvider } from '@apollo/client/react';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import type { ReactNode } from 'react';
import { SessionContext } from './session/context';
import type { Session } from './session/session';
import { colorVariables, theme } from './theme';

interface ProvidersProps {
  client: ApolloClient;
  session: Session;
  children: ReactNode;
}

export function Providers({ client, session, children }: ProvidersProps) {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={colorVariables} defaultColorScheme="auto">
      <Notifications position="bottom-right" limit={4} />
      <ApolloProvider client={client}>
        <SessionContext value={session}>{children}</SessionContext>
      </ApolloProvider>
    </MantineProvider>
  );
}
