// Changes one's own name; every wall shows it at once.
import { useMutation } from '@apollo/client/react';
import { Button, Group, Paper, Stack, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormErrors } from '../../components/FormErrors';
import { notifyDone } from '../../components/notify';
import { graphql } from '../../graphql/generated';

const UPDATE_PROFILE = graphql(`
  mutation UpdateProfile($displayName: String!) {
    updateProfile(input: { displayName: $displayName }) {
      user {
        id
        displayName
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function NameForm({ name }: { name: string }) {
  const { t } = useTranslation();
  const [updateProfile] = useMutation(UPDATE_PROFILE);
  const form = useForm({ initialValues: { displayName: name } });
  const { busy, general, submit } = useSubmission(form);

  const save = form.onSubmit(async ({ displayName }) => {
    const accepted = await submit(async () => {
      const { data } = await updateProfile({ variables: { displayName } });
      return data.updateProfile.userErrors;
    });
    if (accepted) notifyDone(t('common.saved'));
  });

  return (
    <Paper component="section" p="md" aria-labelledby="profile-name">
      <form onSubmit={save} noValidate>
        <Stack gap="sm">
          <Title order={2} size="h4" id="profile-name">
            {t('profile.about')}
          </Title>
          <FormErrors messages={general} />
          <TextInput label={t('register.displayName')} autoComplete="name" required {...form.getInputProps('displayName')} />
          <Group justify="flex-end">
            <Button type="submit" loading={busy}>
              {t('common.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Paper>
  );
}
