// Makes a new organisation and its first person.
import { useMutation } from '@apollo/client/react';
import { Anchor, Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { Link, Navigate } from 'react-router';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import { graphql } from '../../graphql/generated';
import { useSession, useSessionStatus } from '../../session/context';
import { EntryFrame } from './EntryFrame';

const REGISTER = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
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

export function RegisterPage() {
  const { t } = useTranslation();
  const session = useSession();
  const status = useSessionStatus();
  const [register] = useMutation(REGISTER, { context: { anonymous: true }, fetchPolicy: 'no-cache' });
  const form = useForm({ initialValues: { displayName: '', organisationName: '', email: '', password: '' } });
  const { busy, general, submit } = useSubmission(form);

  if (status === 'signed-in') return <Navigate to="/" replace />;

  const create = form.onSubmit(async (values) => {
    await submit(async () => {
      const { data } = await register({ variables: { input: { ...values, email: values.email.trim() } } });
      if (data.register.session) session.begin(data.register.session, true);
      return data.register.userErrors;
    });
  });

  return (
    <EntryFrame title={t('register.title')} hint={t('register.hint')}>
      <form onSubmit={create} noValidate aria-label={t('register.title')}>
        <Stack gap="sm">
          <FormErrors messages={general} />
          <TextInput label={t('register.displayName')} autoComplete="name" required {...form.getInputProps('displayName')} />
          <TextInput label={t('register.organisation')} autoComplete="organization" required {...form.getInputProps('organisationName')} />
          <TextInput type="email" label={t('signIn.email')} autoComplete="username" required {...form.getInputProps('email')} />
          <PasswordInput label={t('signIn.password')} autoComplete="new-password" description={t('register.passwordHint')} required {...form.getInputProps('password')} />
          <Button type="submit" loading={busy} fullWidth>
            {t('register.submit')}
          </Button>
        </Stack>
      </form>
      <Text size="sm" ta="center">
        {t('register.known')}{' '}
        <Anchor component={Link} to="/sign-in">
          {t('signIn.submit')}
        </Anchor>
      </Text>
    </EntryFrame>
  );
}
