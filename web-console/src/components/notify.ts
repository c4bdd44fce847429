// Short notices at the edge of the screen.
import { notifications } from '@mantine/notifications';
import { describeError } from '../client/errors';

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 4_000 });
}

export function notifyFailure(title: string, cause: unknown): void {
  const message = typeof cause === 'string' ? cause : describeError(cause);
  notifications.show({ title, message, color: 'red', autoClose: 8_000 });
}
