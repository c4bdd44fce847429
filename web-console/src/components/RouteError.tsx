// The last line of defence when a page itself breaks.
import { Container } from '@mantine/core';
import { useRouteError } from 'react-router';
import { ErrorState } from './ErrorState';

export function RouteError() {
  return (
    <Container py="xl">
      <ErrorState error={useRouteError()} onRetry={() => location.reload()} />
    </Container>
  );
}
