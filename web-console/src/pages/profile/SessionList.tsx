// Where one is signed in, and the way to end that from afar.
import { useMutation, useQuery } from '@apollo/client/react';
import { Badge, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { summarise, type UserError } from '../../client/userErrors';
import { ErrorState } from '../../components/ErrorState';
import { Moment } from '../../components/Moment';
import { notifyFailure } from '../../components/notify';
import { PageLoader } from '../../components/PageLoader';
import { graphql } from '../../graphql/generated';
import { describeAgent } from './agent';

const SESSIONS = graphql(`
  query Sessions {
    sessions {
      id
      userAgent
      address
      createdAt
      lastUsedAt
      expiresAt
      current
    }
  }
`);

const REVOKE_SESSION = graphql(`
  mutation RevokeSession($id: ID!) {
    revokeSession(input: { id: $id }) {
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const REVOKE_OTHERS = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions {
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export function SessionList() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(SESSIONS);
  const [revokeSession] = useMutation(REVOKE_SESSION, { refetchQueries: ['Sessions'] });
  const [revokeOthers, { loading }] = useMutation(REVOKE_OTHERS, { refetchQueries: ['Sessions'] });

  const attempt = async (run: () => Promise<readonly UserError[] | undefined>) => {
    try {
      const errors = (await run()) ?? [];
      if (errors.length > 0) notifyFailure(t('profile.revokeFailed'), summarise(errors));
    } catch (cause) {
      notifyFailure(t('profile.revokeFailed'), cause);
    }
  };

  const sessions = data?.sessions;
  if (error && !sessions) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!sessions) return <PageLoader />;
  return (
    <Stack gap="xs">
      <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('profile.sessions')}>
        {sessions.map((session) => (
          <Paper component="li" key={session.id} p="sm">
            <Group justify="space-between" wrap="nowrap">
              <div>
                <Text size="sm" fw={600}>
                  {session.userAgent == null ? t('profile.unknownAgent') : describeAgent(session.userAgent)}
                </Text>
                <Text size="xs" c="dimmed">
                  {session.address ?? t('common.none')} · {t('profile.lastUsed')} <Moment at={session.lastUsedAt} />
                </Text>
              </div>
              {session.current ? (
                <Badge color="teal" variant="light" tt="none">
                  {t('profile.thisOne')}
                </Badge>
              ) : (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  color="red"
                  onClick={() => void attempt(async () => (await revokeSession({ variables: { id: session.id } })).data.revokeSession.userErrors)}
                >
                  {t('profile.revoke')}
                </Button>
              )}
            </Group>
          </Paper>
        ))}
      </Stack>
      {sessions.some((session) => !session.current) && (
        <Group>
          <Button variant="default" size="xs" loading={loading} onClick={() => void attempt(async () => (await revokeOthers()).data.revokeOtherSessions.userErrors)}>
            {t('profile.revokeOthers')}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
