// What the platform's errors mean to the console: codes, and a sentence for a person.
import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';
import i18n from '../locales';

export function errorCodes(error: unknown): string[] {
  if (!CombinedGraphQLErrors.is(error)) return [];
  return error.errors.map((one) => (typeof one.extensions?.code === 'string' ? one.extensions.code : 'UNKNOWN'));
}

export function isUnauthenticated(error: unknown): boolean {
  if (ServerError.is(error)) return error.statusCode === 401;
  const ended = ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'SESSION_REVOKED'];
  return errorCodes(error).some((code) => ended.includes(code));
}

/** Errors that trying again cannot heal. */
export function isRefusal(error: unknown): boolean {
  const final = ['FORBIDDEN', 'NOT_FOUND', 'VALIDATION_FAILED', 'BAD_USER_INPUT', 'GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED'];
  return errorCodes(error).some((code) => final.includes(code));
}

/** A sentence to show; the platform's own sentences already say what to do. */
export function describeError(error: unknown): string {
  if (CombinedGraphQLErrors.is(error)) {
    return error.errors.map((one) => one.message).join(' ');
  }
  if (ServerError.is(error)) return i18n.t('errors.server', { status: error.statusCode });
  if (error instanceof TypeError) return i18n.t('errors.unreachable');
  return error instanceof Error && error.message !== '' ? error.message : i18n.t('errors.unknown');
}

/** The id that ties the failure to the platform's logs, when the platform sent one. */
export function correlationId(error: unknown): string | null {
  if (!CombinedGraphQLErrors.is(error)) return null;
  for (const one of error.errors) {
    const id = one.extensions?.correlationId;
    if (typeof id === 'string') return id;
  }
  return null;
}
