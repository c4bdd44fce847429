// Sends a command to a device and follows it to its end.
import { useApolloClient } from '@apollo/client/react';
import { useTranslation } from 'react-i18next';
import { live } from '../../client/live';
import type { UserError } from '../../client/userErrors';
import { notifyDone, notifyFailure } from '../../components/notify';
import { graphql } from '../../graphql/generated';
import type { CommandStatus } from '../../graphql/generated/graphql';
import { useSession } from '../../session/context';

export const COMMAND_FIELDS = graphql(`
  fragment CommandFields on DeviceCommand {
    id
    kind
    status
    progress
    createdAt
    completedAt
    error {
      code
      message
    }
  }
`);

const DROP_NETWORK = graphql(`
  mutation DropNetwork($id: ID!, $arguments: JSON) {
    sendDeviceCommand(input: { deviceId: $id, kind: DROP_NETWORK, arguments: $arguments }) {
      command {
        ...CommandFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const SET_LOCATION = graphql(`
  mutation SetLocation($id: ID!, $arguments: JSON) {
    sendDeviceCommand(input: { deviceId: $id, kind: SET_LOCATION, arguments: $arguments }) {
      command {
        ...CommandFields
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const COMMAND_UPDATED = graphql(`
  subscription DeviceCommandUpdated($id: ID!) {
    deviceCommandUpdated(id: $id) {
      ...CommandFields
    }
  }
`);

const DOCUMENTS = { DROP_NETWORK, SET_LOCATION };
const FINAL: ReadonlySet<CommandStatus> = new Set<CommandStatus>(['SUCCEEDED', 'FAILED', 'EXPIRED']);

export function useSendCommand() {
  const { t } = useTranslation();
  const client = useApolloClient();
  const session = useSession();

  const follow = (id: string, kind: keyof typeof DOCUMENTS) => {
    const stop = live(client, session, {
      document: COMMAND_UPDATED,
      variables: () => ({ id }),
      finite: true,
      next: ({ deviceCommandUpdated: command }) => {
        if (!FINAL.has(command.status)) return;
        stop();
        if (command.status === 'SUCCEEDED') notifyDone(t(`commands.done.${kind}`));
        else notifyFailure(t('commands.failed'), command.error?.message ?? t(`commands.status.${command.status}`));
      },
    });
  };

  return async (deviceId: string, kind: keyof typeof DOCUMENTS, args: Record<string, number>): Promise<readonly UserError[]> => {
    const { data } = await client.mutate({
      mutation: DOCUMENTS[kind],
      variables: { id: deviceId, arguments: args },
      refetchQueries: ['DeviceCommands'],
    });
    const payload = data.sendDeviceCommand;
    if (payload.command) follow(payload.command.id, kind);
    return payload.userErrors;
  };
}
