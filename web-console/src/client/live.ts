// Long-lived subscriptions: starts again after every loss, with fresh variables, until told to stop or refused for good.
import type { ApolloClient, OperationVariables, TypedDocumentNode } from '@apollo/client';
import type { ErrorLike } from '@apollo/client';
import type { Session } from '../session/session';
import { isRefusal, isUnauthenticated } from './errors';

export interface LiveOptions<Data, Variables extends OperationVariables> {
  document: TypedDocumentNode<Data, Variables>;
  /** Asked before every start, so that a subscription can resume where it was lost. */
  variables: () => Variables;
  next: (data: Data) => void;
  /** Runs before every start; `again` is false the first time. */
  starting?: (again: boolean) => void;
  /** The platform refused for good; nothing more will come. */
  refused?: (error: ErrorLike) => void;
  /** Whether answers enter the normalised cache; the fleet's stream does not. */
  cached?: boolean;
  /** Whether an end by the platform is the end, as with a command that finished. */
  finite?: boolean;
}

const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 10_000;

export function live<Data, Variables extends OperationVariables>(
  client: ApolloClient,
  session: Session,
  options: LiveOptions<Data, Variables>,
): () => void {
  let stopped = false;
  let attempts = 0;
  let started = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsubscribe: (() => void) | undefined;

  const again = () => {
    if (stopped || session.status === 'signed-out') return;
    unsubscribe?.();
    clearTimeout(timer);
    timer = setTimeout(start, backoff(attempts++));
  };

  const failed = (error: ErrorLike) => {
    if (isUnauthenticated(error)) {
      session.distrust();
      again();
    } else if (isRefusal(error)) {
      stop();
      options.refused?.(error);
    } else {
      again();
    }
  };

  const start = () => {
    options.starting?.(started);
    started = true;
    const subscription = client
      .subscribe<Data, Variables>({
        query: options.document,
        variables: options.variables(),
        fetchPolicy: options.cached === false ? 'no-cache' : 'network-only',
        errorPolicy: 'all',
      })
      .subscribe({
        next: (result) => {
          if (stopped) return;
          if (result.data) {
            attempts = 0;
            options.next(result.data);
          } else if (result.error) {
            failed(result.error);
          }
        },
        error: failed,
        complete: () => {
          if (!options.finite) again();
        },
      });
    unsubscribe = () => subscription.unsubscribe();
    if (stopped) unsubscribe();
  };

  const hurry = () => {
    attempts = 0;
    again();
  };

  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    removeEventListener('online', hurry);
    unsubscribe?.();
  };

  addEventListener('online', hurry);
  start();
  return stop;
}

/** Exponential with full jitter, so that a restarted platform is not met by every browser at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return attempt === 0 ? ceiling : ceiling / 2 + (random() * ceiling) / 2;
}
