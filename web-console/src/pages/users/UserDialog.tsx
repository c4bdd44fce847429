// Adds a person, or changes their name and roles.
import { useMutation, useQuery } from '@apollo/client/react';
import { Modal, MultiSelect, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { useSubmission } from '../../client/userErrors';
import { FormActions } from '../../components/FormActions';
import { FormErrors } from '../../components/FormErrors';
import { notifyDone } from '../../components/notify';
import { CREATE_USER, ROLES, UPDATE_USER, type UserRow } from './operations';

interface UserDialogProps {
  user: UserRow | null;
  opened: boolean;
  onClose: () => void;
}

export function UserDialog({ user, opened, onClose }: UserDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={user === null ? t('users.create') : t('users.editTitle', { name: user.displayName })}>
      <UserForm user={user} onClose={onClose} />
    </Modal>
  );
}

function UserForm({ user, onClose }: Omit<UserDialogProps, 'opened'>) {
  const { t } = useTranslation();
  const { data } = useQuery(ROLES);
  const [createUser] = useMutation(CREATE_USER, { refetchQueries: ['Users'] });
  const [updateUser] = useMutation(UPDATE_USER);
  const form = useForm({
    initialValues: {
      displayName: user?.displayName ?? '',
      email: user?.email ?? '',
      password: '',
      roleIds: user?.roles?.map((role) => role.id) ?? [],
    },
  });
  const { busy, general, submit } = useSubmission(form);

  const save = form.onSubmit(async (values) => {
    const accepted = await submit(async () => {
      if (user === null) {
        const answer = await createUser({ variables: { input: values } });
        return answer.data.createUser.userErrors;
      }
      const { displayName, roleIds } = values;
      const answer = await updateUser({ variables: { input: { id: user.id, displayName, roleIds } } });
      return answer.data.updateUser.userErrors;
    });
    if (!accepted) return;
    notifyDone(t('common.saved'));
    onClose();
  });

  return (
    <form onSubmit={save} noValidate>
      <Stack gap="sm">
        <FormErrors messages={general} />
        <TextInput label={t('users.name')} required data-autofocus {...form.getInputProps('displayName')} />
        {user === null && (
          <>
            <TextInput type="email" label={t('signIn.email')} required autoComplete="off" {...form.getInputProps('email')} />
            <PasswordInput label={t('users.password')} required autoComplete="new-password" {...form.getInputProps('password')} />
          </>
        )}
        <MultiSelect label={t('users.roles')} data={(data?.roles ?? []).map((role) => ({ value: role.id, label: role.name }))} {...form.getInputProps('roleIds')} />
        <FormActions submit={t('common.save')} busy={busy} onCancel={onClose} />
      </Stack>
    </form>
  );
}
