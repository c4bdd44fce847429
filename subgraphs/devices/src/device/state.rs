//! The device's state machine: one table of legal moves, and how reports from the phone drive it.

use thiserror::Error;

use crate::command::CommandKind;

cloudphone_database::text_enum! {
    /// Where a device is in its life.
    pub enum DeviceState {
        /// Recorded; nothing exists at the provider yet.
        Creating = "CREATING",
        /// The provider is setting the phone up.
        Provisioning = "PROVISIONING",
        /// On its way to running.
        Starting = "STARTING",
        /// Switched on and usable.
        Running = "RUNNING",
        /// On its way to being paused.
        Pausing = "PAUSING",
        /// Frozen; continues where it was.
        Paused = "PAUSED",
        /// On its way to being switched off.
        Stopping = "STOPPING",
        /// Switched off.
        Stopped = "STOPPED",
        /// Restarting Android.
        Rebooting = "REBOOTING",
        /// Being wiped back to its first state.
        Resetting = "RESETTING",
        /// Its content is being saved.
        Snapshotting = "SNAPSHOTTING",
        /// Its content is being replaced from a snapshot.
        Restoring = "RESTORING",
        /// Moving to another node.
        Migrating = "MIGRATING",
        /// Something failed; see the reason. Starting, stopping and deleting remain possible.
        Error = "ERROR",
        /// Being taken down.
        Deleting = "DELETING",
        /// Gone; kept for the record.
        Deleted = "DELETED",
    }
}

cloudphone_database::text_enum! {
    /// What moves a device from one state to another.
    pub enum StateEvent {
        /// The worker has begun to set the device up.
        ProvisioningBegan = "PROVISIONING_BEGAN",
        /// The provider has set the device up.
        Provisioned = "PROVISIONED",
        /// Somebody asked to switch the device on.
        StartRequested = "START_REQUESTED",
        /// Somebody asked to switch the device off.
        StopRequested = "STOP_REQUESTED",
        /// Somebody asked to restart the device.
        RebootRequested = "REBOOT_REQUESTED",
        /// Somebody asked to freeze the device.
        PauseRequested = "PAUSE_REQUESTED",
        /// Somebody asked to continue a frozen device.
        ResumeRequested = "RESUME_REQUESTED",
        /// Somebody asked to wipe the device.
        ResetRequested = "RESET_REQUESTED",
        /// Somebody asked to save the device's content.
        SnapshotRequested = "SNAPSHOT_REQUESTED",
        /// Somebody asked to replace the device's content.
        RestoreRequested = "RESTORE_REQUESTED",
        /// The platform moves the device elsewhere.
        MigrationRequested = "MIGRATION_REQUESTED",
        /// The long-running work on the switched-off device is done.
        WorkFinished = "WORK_FINISHED",
        /// The phone reports that it runs.
        ReportedRunning = "REPORTED_RUNNING",
        /// The phone reports that it is frozen.
        ReportedPaused = "REPORTED_PAUSED",
        /// The phone reports that it is off.
        ReportedStopped = "REPORTED_STOPPED",
        /// The phone reports a restart of its own.
        ReportedRebooting = "REPORTED_REBOOTING",
        /// The work failed, or its time is up.
        Failed = "FAILED",
        /// Somebody asked to delete the device.
        DeleteRequested = "DELETE_REQUESTED",
        /// Nothing of the device is left at the provider.
        Removed = "REMOVED",
    }
}

/// What a person may ask of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum DeviceAction {
    /// Switch it on.
    Start,
    /// Switch it off.
    Stop,
    /// Restart Android.
    Reboot,
    /// Freeze it.
    Pause,
    /// Continue after a pause.
    Resume,
    /// Take it down for good.
    Delete,
}

impl DeviceAction {
    /// Every action, in the order in which menus show them.
    pub const ALL: [Self; 6] = [Self::Start, Self::Stop, Self::Reboot, Self::Pause, Self::Resume, Self::Delete];

    /// The event that the action puts to the state machine.
    pub const fn event(self) -> StateEvent {
        match self {
            Self::Start => StateEvent::StartRequested,
            Self::Stop => StateEvent::StopRequested,
            Self::Reboot => StateEvent::RebootRequested,
            Self::Pause => StateEvent::PauseRequested,
            Self::Resume => StateEvent::ResumeRequested,
            Self::Delete => StateEvent::DeleteRequested,
        }
    }

    /// The command that carries the action to the phone; none for deletion, which is the provider's work.
    pub const fn command(self) -> Option<CommandKind> {
        match self {
            Self::Start => Some(CommandKind::Start),
            Self::Stop => Some(CommandKind::Stop),
            Self::Reboot => Some(CommandKind::Reboot),
            Self::Pause => Some(CommandKind::Pause),
            Self::Resume => Some(CommandKind::Resume),
            Self::Delete => None,
        }
    }

    /// The verb for messages and audit entries.
    pub const fn verb(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Reboot => "reboot",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Delete => "delete",
        }
    }
}

/// A move that the table does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("The device is {from} and cannot do this now ({event}); wait until it settles or choose an action it offers.")]
pub struct IllegalTransition {
    /// Where the device is.
    pub from: DeviceState,
    /// What was asked.
    pub event: StateEvent,
}

/// Every legal move. Deletion is legal from everywhere but its own end and is added by [`transition`].
const TRANSITIONS: &[(DeviceState, StateEvent, DeviceState)] = {
    use DeviceState as S;
    use StateEvent as E;
    &[
        (S::Creating, E::ProvisioningBegan, S::Provisioning),
        (S::Creating, E::Failed, S::Error),
        (S::Provisioning, E::Provisioned, S::Stopped),
        (S::Provisioning, E::Failed, S::Error),
        (S::Stopped, E::StartRequested, S::Starting),
        (S::Stopped, E::ReportedRunning, S::Running),
        (S::Stopped, E::ResetRequested, S::Resetting),
        (S::Stopped, E::SnapshotRequested, S::Snapshotting),
        (S::Stopped, E::RestoreRequested, S::Restoring),
        (S::Stopped, E::MigrationRequested, S::Migrating),
        (S::Starting, E::ReportedRunning, S::Running),
        (S::Starting, E::StopRequested, S::Stopping),
        (S::Starting, E::Failed, S::Error),
        (S::Running, E::StopRequested, S::Stopping),
        (S::Running, E::RebootRequested, S::Rebooting),
        (S::Running, E::PauseRequested, S::Pausing),
        (S::Running, E::ReportedPaused, S::Paused),
        (S::Running, E::ReportedStopped, S::Stopped),
        (S::Running, E::ReportedRebooting, S::Rebooting),
        (S::Pausing, E::ReportedPaused, S::Paused),
        (S::Pausing, E::Failed, S::Error),
        (S::Paused, E::ResumeRequested, S::Starting),
        (S::Paused, E::StopRequested, S::Stopping),
        (S::Paused, E::ReportedRunning, S::Running),
        (S::Paused, E::ReportedStopped, S::Stopped),
        (S::Stopping, E::ReportedStopped, S::Stopped),
        (S::Stopping, E::Failed, S::Error),
        (S::Rebooting, E::ReportedRunning, S::Running),
        (S::Rebooting, E::StopRequested, S::Stopping),
        (S::Rebooting, E::Failed, S::Error),
        (S::Resetting, E::WorkFinished, S::Stopped),
        (S::Resetting, E::Failed, S::Error),
        (S::Snapshotting, E::WorkFinished, S::Stopped),
        (S::Snapshotting, E::Failed, S::Error),
        (S::Restoring, E::WorkFinished, S::Stopped),
        (S::Restoring, E::Failed, S::Error),
        (S::Migrating, E::WorkFinished, S::Stopped),
        (S::Migrating, E::Failed, S::Error),
        (S::Error, E::StartRequested, S::Starting),
        (S::Error, E::StopRequested, S::Stopping),
        (S::Error, E::ReportedRunning, S::Running),
        (S::Error, E::ReportedPaused, S::Paused),
        (S::Error, E::ReportedStopped, S::Stopped),
        (S::Deleting, E::Removed, S::Deleted),
    ]
};

/// Where an event takes a device, or why it may not.
pub fn transition(from: DeviceState, event: StateEvent) -> Result<DeviceState, IllegalTransition> {
    if event == StateEvent::DeleteRequested && !matches!(from, DeviceState::Deleting | DeviceState::Deleted) {
        return Ok(DeviceState::Deleting);
    }
    let legal = TRANSITIONS.iter().find(|(state, on, _)| *state == from && *on == event);
    legal.map(|(_, _, to)| *to).ok_or(IllegalTransition { from, event })
}

impl DeviceState {
    /// The actions that are legal now. A device that was never set up cannot be switched on or off.
    pub fn allowed_actions(self, provisioned: bool) -> Vec<DeviceAction> {
        let legal = |action: &DeviceAction| {
            (provisioned || *action == DeviceAction::Delete) && transition(self, action.event()).is_ok()
        };
        DeviceAction::ALL.into_iter().filter(legal).collect()
    }

    /// Whether the device waits for the phone and must not wait for ever.
    pub const fn awaits_phone(self) -> bool {
        matches!(self, Self::Starting | Self::Pausing | Self::Stopping | Self::Rebooting)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn any_state() -> impl Strategy<Value = DeviceState> {
        proptest::sample::select(DeviceState::ALL)
    }

    fn any_event() -> impl Strategy<Value = StateEvent> {
        proptest::sample::select(StateEvent::ALL)
    }

    #[test]
    fn the_table_names_each_move_once() {
        for (index, (state, event, _)) in TRANSITIONS.iter().enumerate() {
            let again = TRANSITIONS[index + 1..].iter().any(|(other, on, _)| other == state && on == event);
            assert!(!again, "{state} on {event} is listed twice");
        }
    }

    #[test]
    fn every_state_but_the_first_is_reached_and_every_one_but_the_last_is_left() {
        for &state in DeviceState::ALL {
            let reached = state == DeviceState::Creating
                || DeviceState::ALL
                    .iter()
                    .any(|&from| StateEvent::ALL.iter().any(|&event| transition(from, event) == Ok(state)));
            let left =
                state == DeviceState::Deleted || StateEvent::ALL.iter().any(|&event| transition(state, event).is_ok());
            assert!(reached && left, "{state}");
        }
    }

    #[test]
    fn whatever_waits_can_fail() {
        for &state in DeviceState::ALL.iter().filter(|state| state.awaits_phone()) {
            assert_eq!(transition(state, StateEvent::Failed), Ok(DeviceState::Error), "{state}");
        }
    }

    #[test]
    fn a_paused_device_offers_resume_but_no_reboot() {
        let actions = DeviceState::Paused.allowed_actions(true);
        assert!(actions.contains(&DeviceAction::Resume));
        assert!(!actions.contains(&DeviceAction::Reboot));
        assert_eq!(DeviceState::Error.allowed_actions(false), [DeviceAction::Delete]);
    }

    proptest! {
        #[test]
        fn nothing_leaves_deleted(event in any_event()) {
            prop_assert!(transition(DeviceState::Deleted, event).is_err());
        }

        #[test]
        fn a_deletion_is_never_undone(event in any_event()) {
            if let Ok(next) = transition(DeviceState::Deleting, event) {
                prop_assert_eq!(next, DeviceState::Deleted);
            }
        }

        #[test]
        fn a_repeated_event_never_moves_a_device_twice(from in any_state(), event in any_event()) {
            if let Ok(next) = transition(from, event) {
                prop_assert!(transition(next, event).is_err(), "{} on {} twice", from, event);
            }
        }

        #[test]
        fn every_walk_stays_deletable(events in proptest::collection::vec(any_event(), 0..60)) {
            let mut state = DeviceState::Creating;
            for event in events {
                if let Ok(next) = transition(state, event) {
                    prop_assert_ne!(state, next);
                    state = next;
                }
            }
            let gone = matches!(state, DeviceState::Deleting | DeviceState::Deleted);
            prop_assert!(gone || transition(state, StateEvent::DeleteRequested).is_ok());
        }
    }
}
