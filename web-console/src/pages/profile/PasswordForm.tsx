// Changes one's own password.
import { useMutation } from '@apollo/client/react';
import { Button, Group, Paper, PasswordInput, Stack, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import { notifyDone } from '../../components/notify';
import { graphql } from '../../graphql/generated';

const CHANGE_PASSWORD = graphql(`
  mutation ChangePassword($currentPassword: String!, $newPassword: String!) {
    changePassword(input: { currentPassword: $currentPassword, newPassword: $newPassword }) {
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function PasswordForm() {
  const { t } = useTranslation();
  const [changePassword] = useMutation(CHANGE_PASSWORD, { refetchQueries: ['Sessions'] });
  const form = useForm({ initialValues: { currentPassword: '', newPassword: '' } });
  const { busy, general, submit } = useSubmission(form);

  const save = form.onSubmit(async (values) => {
    const accepted = await submit(async () => {
      const { data } = await changePassword({ variables: values });
      return data.changePassword.userErrors;
    });
    if (!accepted) return;
    notifyDone(t('profile.passwordChanged'));
    form.reset();
  });

  return (
    <Paper component="section" p="md" aria-labelledby="profile-password">
      <form onSubmit={save} noValidate>
        <Stack gap="sm">
          <Title order={2} size="h4" id="profile-password">
            {t('profile.password')}
          </Title>
          <FormErrors messages={general} />
          <PasswordInput label={t('profile.currentPassword')} autoComplete="current-password" required {...form.getInputProps('currentPassword')} />
          <PasswordInput label={t('profile.newPassword')} autoComplete="new-password" required {...form.getInputProps('newPassword')} />
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t('profile.changePassword')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
