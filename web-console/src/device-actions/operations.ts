// The mutations that change one device's state, by action, with the state each leads to at once.
import type { TypedDocumentNode } from '@apollo/client';
import { graphql } from '../graphql/generated';
import type { DeviceAction, DeviceState, DeviceStatusFragment, UserError } from '../graphql/generated/graphql';

export const DEVICE_STATUS = graphql(`
  fragment DeviceStatus on Device {
    id
    name
    state
    stateReason
    allowedActions
  }
`);

const START = graphql(`
  mutation StartDevice($id: ID!) {
    outcome: startDevice(input: { id: $id }) {
      device {
        ...DeviceStatus
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const STOP = graphql(`
  mutation StopDevice($id: ID!) {
    outcome: stopDevice(input: { id: $id }) {
      device {
        ...DeviceStatus
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const REBOOT = graphql(`
  mutation RebootDevice($id: ID!) {
    outcome: rebootDevice(input: { id: $id }) {
      device {
        ...DeviceStatus
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const PAUSE = graphql(`
  mutation PauseDevice($id: ID!) {
    outcome: pauseDevice(input: { id: $id }) {
      device {
        ...DeviceStatus
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const RESUME = graphql(`
  mutation ResumeDevice($id: ID!) {
    outcome: resumeDevice(input: { id: $id }) {
      device {
        ...DeviceStatus
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const DELETE = graphql(`
  mutation DeleteDevice($id: ID!) {
    outcome: deleteDevice(input: { id: $id }) {
      device {
        ...DeviceStatus
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

export const SUPPORTED = ['START', 'STOP', 'REBOOT', 'PAUSE', 'RESUME', 'DELETE'] as const satisfies readonly DeviceAction[];
export type SupportedAction = (typeof SUPPORTED)[number];

interface ActionAnswer {
  outcome: { device?: DeviceStatusFragment | null; userErrors: UserError[] };
}

export const ACTION_DOCUMENTS: Record<SupportedAction, TypedDocumentNode<ActionAnswer, { id: string }>> = { START, STOP, REBOOT, PAUSE, RESUME, DELETE };

export const ACTION_PERMISSIONS: Record<SupportedAction, string> = {
  START: 'device:operate',
  STOP: 'device:operate',
  REBOOT: 'device:operate',
  PAUSE: 'device:operate',
  RESUME: 'device:operate',
  DELETE: 'device:delete',
};

export const STATE_AFTER: Record<SupportedAction, DeviceState> = {
  START: 'STARTING',
  STOP: 'STOPPING',
  REBOOT: 'REBOOTING',
  PAUSE: 'PAUSING',
  RESUME: 'RUNNING',
  DELETE: 'DELETING',
};
