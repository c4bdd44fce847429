// Lets a person in.
import { useMutation } from '@apollo/client/react';
import { Alert, Anchor, Button, Checkbox, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { Link, Navigate, useLocation } from 'react-router';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import { graphql } from '../../graphql/generated';
import { useSession, useSessionStatus } from '../../session/context';
import { EntryFrame } from './EntryFrame';

const LOGIN = graphql(`
  mutation Login($email: String!, $password: String!) {
    login(input: { email: $email, password: $password }) {
      session {
        accessToken
        refreshToken
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

/** Where the person wanted to go before being asked to sign in; only addresses of this console. */
function wantedAddress(state: unknown): string {
  const from = typeof state === 'object' && state !== null && 'from' in state ? state.from : null;
  return typeof from === 'string' && from.startsWith('/') && !from.startsWith('//') ? from : '/';
}

export function SignInPage() {
  const { t } = useTranslation();
  const session = useSession();
  const status = useSessionStatus();
  const location = useLocation();
  const [login] = useMutation(LOGIN, { context: { anonymous: true }, fetchPolicy: 'no-cache' });
  const form = useForm({ initialValues: { email: '', password: '', remember: true } });
  const { busy, general, submit } = useSubmission(form);

  if (status === 'signed-in') return <Navigate to={wantedAddress(location.state)} replace />;

  const signIn = form.onSubmit(async ({ email, password, remember }) => {
    await submit(async () => {
      const { data } = await login({ variables: { email: email.trim(), password } });
      if (data.login.session) session.begin(data.login.session, remember);
      return data.login.userErrors;
    });
  });

  return (
    <EntryFrame title={t('signIn.title')} hint={t('signIn.hint')}>
      {session.endReason === 'expired' && (
        <Alert role="status" color="yellow" variant="light">
          {t('signIn.expired')}
        </Alert>
      )}
      <form onSubmit={signIn} noValidate aria-label={t('signIn.title')}>
        <Stack gap="sm">
          <FormErrors messages={general} />
          <TextInput type="email" label={t('signIn.email')} autoComplete="username" required {...form.getInputProps('email')} />
          <PasswordInput label={t('signIn.password')} autoComplete="current-password" required {...form.getInputProps('password')} />
          <Checkbox label={t('signIn.remember')} {...form.getInputProps('remember', { type: 'checkbox' })} />
          <Button type="submit" loading={busy} fullWidth>
            {t('signIn.submit')}
          </Button>
        </Stack>
      </form>
      <Text size="sm" ta="center">
        {t('signIn.new')}{' '}
        <Anchor component={Link} to="/register">
          {t('signIn.register')}
        </Anchor>
      </Text>
    </EntryFrame>
  );
}
