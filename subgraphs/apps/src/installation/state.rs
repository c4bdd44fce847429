//! The life of an installation, in one place.
//!
//! Two kinds of things happen to it. People give orders, which the status may forbid. Devices tell facts, which are never
//! wrong but may be late or come twice: what does not fit is ignored, and what a device says it has, it has.

use thiserror::Error;

cloudphone_database::text_enum! {
    /// Where an installation is in its life.
    pub enum InstallationStatus {
        /// Asked for; the device has not begun.
        Pending = "PENDING",
        /// The device downloads and installs.
        Installing = "INSTALLING",
        /// The device has it.
        Installed = "INSTALLED",
        /// It did not work; `failure` tells why. It can be tried again.
        Failed = "FAILED",
        /// The device is asked to remove it.
        Uninstalling = "UNINSTALLING",
        /// The device no longer has it.
        Uninstalled = "UNINSTALLED",
    }
}

/// An order of a person that an installation's status forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("The installation is {status} and cannot be {step}; load it again.")]
pub struct IllegalInstallationStep {
    /// Where the installation is.
    pub status: InstallationStatus,
    /// What was asked for.
    pub step: &'static str,
}

/// What a person asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Try again.
    Retry,
    /// Take it off the device.
    Remove,
}

/// What becomes known of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// It is at work.
    Progress,
    /// It has the application.
    Installed,
    /// It could not install it.
    InstallFailed,
    /// It no longer has it.
    Removed,
    /// It could not remove it.
    RemovalFailed,
    /// It said nothing for too long.
    Silent,
    /// It has another version of the package instead.
    Replaced,
    /// It is gone.
    DeviceGone,
}

impl Fact {
    /// Every fact.
    pub const ALL: [Self; 8] = [
        Self::Progress,
        Self::Installed,
        Self::InstallFailed,
        Self::Removed,
        Self::RemovalFailed,
        Self::Silent,
        Self::Replaced,
        Self::DeviceGone,
    ];
}

/// Where an order leads.
pub fn obey(status: InstallationStatus, order: Order) -> Result<InstallationStatus, IllegalInstallationStep> {
    use InstallationStatus as S;
    match (order, status) {
        (Order::Retry, S::Failed) => Ok(S::Pending),
        (Order::Remove, S::Installed) => Ok(S::Uninstalling),
        (Order::Retry, _) => Err(IllegalInstallationStep { status, step: "tried again" }),
        (Order::Remove, _) => Err(IllegalInstallationStep { status, step: "removed" }),
    }
}

/// Where a fact leads; `None` when it changes nothing.
#[allow(clippy::match_same_arms, reason = "each arm is a rule with a reason of its own")]
pub fn learn(status: InstallationStatus, fact: Fact) -> Option<InstallationStatus> {
    use InstallationStatus as S;
    match (status, fact) {
        (S::Uninstalled, _) => None,
        (S::Pending | S::Installing, Fact::Progress) => Some(S::Installing),
        // Also after it was given up: the device has it, whatever we believed.
        (S::Pending | S::Installing | S::Failed, Fact::Installed) => Some(S::Installed),
        (S::Pending | S::Installing, Fact::InstallFailed | Fact::Silent | Fact::DeviceGone) => Some(S::Failed),
        // Also after the removal was given up.
        (S::Installed | S::Uninstalling, Fact::Removed | Fact::Replaced | Fact::DeviceGone) => Some(S::Uninstalled),
        // Not removed means still there.
        (S::Uninstalling, Fact::RemovalFailed | Fact::Silent) => Some(S::Installed),
        _ => None,
    }
}

impl InstallationStatus {
    /// Whether the device owes an answer.
    pub fn is_in_motion(self) -> bool {
        matches!(self, Self::Pending | Self::Installing | Self::Uninstalling)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use InstallationStatus as S;

    #[derive(Clone, Copy, Debug)]
    enum Happening {
        Order(Order),
        Fact(Fact),
    }

    fn happening() -> impl Strategy<Value = Happening> {
        prop_oneof![
            prop::sample::select(&[Order::Retry, Order::Remove]).prop_map(Happening::Order),
            prop::sample::select(&Fact::ALL).prop_map(Happening::Fact),
        ]
    }

    fn play(happenings: &[Happening]) -> S {
        happenings.iter().fold(S::Pending, |status, happening| match happening {
            Happening::Order(order) => obey(status, *order).unwrap_or(status),
            Happening::Fact(fact) => learn(status, *fact).unwrap_or(status),
        })
    }

    proptest! {
        #[test]
        fn a_fact_told_twice_is_a_fact_told_once(before in prop::collection::vec(happening(), 0..12), fact in prop::sample::select(&Fact::ALL)) {
            let once = learn(play(&before), fact).unwrap_or(play(&before));
            // A device that says twice that a removal failed must not seem to have failed an installation.
            prop_assert_eq!(learn(once, fact).unwrap_or(once), once);
        }

        #[test]
        fn silence_always_ends_motion(before in prop::collection::vec(happening(), 0..12)) {
            let status = play(&before);
            let after = learn(status, Fact::Silent).unwrap_or(status);
            prop_assert!(!after.is_in_motion());
            let gone = learn(status, Fact::DeviceGone).unwrap_or(status);
            prop_assert!(matches!(gone, S::Failed | S::Uninstalled));
        }

        #[test]
        fn what_was_removed_never_comes_back(happenings in prop::collection::vec(happening(), 0..20)) {
            for end in 0..happenings.len() {
                if play(&happenings[..end]) == S::Uninstalled {
                    prop_assert_eq!(play(&happenings), S::Uninstalled);
                }
            }
        }
    }

    #[test]
    fn a_late_success_corrects_an_early_verdict() {
        let given_up = learn(S::Installing, Fact::Silent).unwrap();
        assert_eq!(given_up, S::Failed);
        assert_eq!(learn(given_up, Fact::Installed), Some(S::Installed));
        let kept = learn(S::Uninstalling, Fact::Silent).unwrap();
        assert_eq!(kept, S::Installed);
        assert_eq!(learn(kept, Fact::Removed), Some(S::Uninstalled));
    }

    #[test]
    fn only_failures_are_tried_again_and_only_what_is_there_is_removed() {
        for status in S::ALL {
            assert_eq!(obey(*status, Order::Retry).is_ok(), *status == S::Failed);
            assert_eq!(obey(*status, Order::Remove).is_ok(), *status == S::Installed);
        }
    }
}
