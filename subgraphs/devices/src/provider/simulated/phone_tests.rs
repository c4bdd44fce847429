//! How a simulated phone behaves, without network and without waiting.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use cloudphone_core::CommandId;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::phone::{Effect, Phone, PhonePace, Power};
use crate::command::{Ack, AckStatus, CommandFailure, CommandKind, CommandMessage};
use crate::device::Specification;
use crate::report::ReportedPower;

fn now() -> DateTime<Utc> {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

fn specification() -> Specification {
    serde_json::from_value(json!({
        "androidVersion": "14", "cpuCores": 4, "memoryMb": 4096, "storageGb": 64, "widthPx": 1080, "heightPx": 2400,
        "density": 420, "gpu": false, "locale": "en-GB", "timezone": "Europe/Berlin", "networkProxy": null
    }))
    .unwrap()
}

fn phone() -> Phone {
    Phone::new(specification(), PhonePace::default(), 7, now())
}

fn command(kind: CommandKind, arguments: Value) -> CommandMessage {
    let (issued_at, expires_at) = (now(), now() + TimeDelta::hours(1));
    CommandMessage { id: CommandId::new(), kind, arguments, issued_at, expires_at }
}

fn order(phone: &mut Phone, kind: CommandKind) -> Vec<Effect> {
    phone.on_command(&command(kind, json!({})), now())
}

fn answers(effects: &[Effect]) -> Vec<&Ack> {
    let answer = |effect: &'_ Effect| matches!(effect, Effect::Answer(_));
    effects
        .iter()
        .filter(|effect| answer(effect))
        .map(|effect| match effect {
            Effect::Answer(ack) => ack,
            _ => unreachable!("only answers were kept"),
        })
        .collect()
}

fn running() -> Phone {
    let mut phone = phone();
    order(&mut phone, CommandKind::Start);
    phone.on_time(now() + TimeDelta::seconds(10));
    assert_eq!(phone.state().power, Power::On);
    phone
}

#[test]
fn a_phone_takes_two_to_six_seconds_to_boot_and_then_answers() {
    let mut phone = phone();
    let first = order(&mut phone, CommandKind::Start);
    assert_eq!(answers(&first)[0].status, AckStatus::Accepted);
    assert_eq!(phone.twin(now()).state, ReportedPower::Booting);
    let boots_for = phone.next_change_at().unwrap() - now();
    assert!((TimeDelta::seconds(2)..=TimeDelta::seconds(6)).contains(&boots_for));
    assert!(phone.on_time(now() + TimeDelta::seconds(1)).is_empty());
    let effects = phone.on_time(now() + boots_for);
    assert_eq!(phone.twin(now()).state, ReportedPower::Running);
    assert_eq!(effects[..2], [Effect::Remember, Effect::Report]);
    assert_eq!(answers(&effects)[0].status, AckStatus::Succeeded);
}

#[test]
fn a_repeated_command_is_answered_and_not_done_twice() {
    let mut phone = running();
    let reboot = command(CommandKind::Reboot, json!({}));
    phone.on_command(&reboot, now());
    let due = phone.next_change_at();
    let again = phone.on_command(&reboot, now());
    assert_eq!(answers(&again)[0].status, AckStatus::Accepted);
    assert_eq!(phone.next_change_at(), due);
    while let Some(due) = phone.next_change_at() {
        phone.on_time(due);
    }
    let boot = phone.state().boot_id;
    let once_more = phone.on_command(&reboot, now());
    assert_eq!(answers(&once_more)[0].status, AckStatus::Succeeded);
    assert_eq!(phone.state().boot_id, boot);
}

#[test]
fn a_phone_that_is_off_measures_nothing() {
    assert!(phone().measure(now(), Duration::from_secs(1)).is_none());
    let mut phone = running();
    assert!(phone.measure(now(), Duration::from_secs(1)).is_some());
    order(&mut phone, CommandKind::Pause);
    assert!(phone.measure(now(), Duration::from_secs(1)).is_none());
}

fn installed(phone: &mut Phone, package: &str) {
    let install = command(
        CommandKind::InstallApp,
        json!({ "package": package, "versionCode": 3, "versionName": "1.2", "url": "http://x/a.apk", "sha256": "00", "sizeBytes": 9 }),
    );
    let effects = phone.on_command(&install, now());
    let Some(Effect::Download(order)) = effects.into_iter().next_back() else { panic!("no download") };
    let done = phone.on_downloaded(&order, Ok(()), now());
    assert_eq!(answers(&done)[0].status, AckStatus::Succeeded);
}

#[test]
fn apps_stay_over_a_reboot_and_over_a_restart_of_the_process() {
    let mut phone = running();
    installed(&mut phone, "org.example.game");
    order(&mut phone, CommandKind::Reboot);
    while let Some(due) = phone.next_change_at() {
        phone.on_time(due);
    }
    assert_eq!(phone.twin(now()).apps[0].package, "org.example.game");
    let stored = serde_json::to_value(phone.state()).unwrap();
    let state = serde_json::from_value(stored).unwrap();
    let mut again = Phone::remembered(state, specification(), PhonePace::default(), 7, now());
    assert_eq!(again.twin(now()).state, ReportedPower::Running);
    assert_eq!(again.twin(now()).apps.len(), 1);
    assert!(again.measure(now(), Duration::from_secs(1)).is_some());
}

#[test]
fn a_phone_killed_while_booting_boots_on() {
    let mut phone = phone();
    order(&mut phone, CommandKind::Start);
    let mut again = Phone::remembered(phone.state().clone(), specification(), PhonePace::default(), 7, now());
    let effects = again.on_time(again.next_change_at().unwrap());
    assert_eq!(again.state().power, Power::On);
    assert_eq!(answers(&effects)[0].status, AckStatus::Succeeded);
}

#[test]
fn a_download_that_fails_is_told_and_installs_nothing() {
    let mut phone = running();
    let install = command(
        CommandKind::InstallApp,
        json!({ "package": "p", "versionCode": 1, "url": "http://x", "sha256": "00", "sizeBytes": 9 }),
    );
    let effects = phone.on_command(&install, now());
    let Some(Effect::Download(order)) = effects.into_iter().next_back() else { panic!("no download") };
    let failure = CommandFailure { code: "CHECKSUM_MISMATCH".into(), message: "wrong".into() };
    let told = phone.on_downloaded(&order, Err(failure.clone()), now());
    assert_eq!(answers(&told)[0].error, Some(failure));
    assert!(phone.twin(now()).apps.is_empty());
}

#[test]
fn switching_off_interrupts_a_download() {
    let mut phone = running();
    let install = command(
        CommandKind::InstallApp,
        json!({ "package": "p", "versionCode": 1, "url": "http://x", "sha256": "00", "sizeBytes": 9 }),
    );
    phone.on_command(&install, now());
    let effects = order(&mut phone, CommandKind::Stop);
    assert!(effects.contains(&Effect::AbortDownloads));
    let interrupted = answers(&effects).into_iter().find(|answer| answer.command_id == install.id).unwrap();
    assert_eq!(interrupted.error.as_ref().unwrap().code, "INTERRUPTED");
}

#[test]
fn opening_an_app_raises_the_load_and_a_missing_app_is_refused() {
    let mut phone = running();
    installed(&mut phone, "org.example.game");
    let load = |phone: &mut Phone| {
        let mut last = 0.0;
        for _ in 0..5 {
            last = phone.measure(now(), Duration::from_secs(1)).unwrap().cpu.unwrap();
        }
        last
    };
    for _ in 0..30 {
        phone.measure(now(), Duration::from_secs(1));
    }
    let open = |package: &str| command(CommandKind::OpenApp, json!({ "package": package }));
    phone.on_command(&open("com.android.launcher3"), now());
    for _ in 0..20 {
        phone.measure(now(), Duration::from_secs(1));
    }
    phone.on_command(&open("com.android.settings"), now());
    let _ = load(&mut phone);
    phone.on_command(&open("org.example.game"), now());
    assert!(load(&mut phone) > 45.0);
    let refused = phone.on_command(&open("org.example.missing"), now());
    assert_eq!(answers(&refused)[0].error.as_ref().unwrap().code, "NOT_INSTALLED");
}

proptest! {
    #[test]
    fn whatever_a_phone_is_told_its_measurements_stay_possible(
        kinds in proptest::collection::vec(proptest::sample::select(CommandKind::ALL), 0..40),
        seed in any::<u64>(),
    ) {
        let mut phone = Phone::new(specification(), PhonePace::default(), seed, now());
        let mut time = now();
        for kind in kinds {
            time += TimeDelta::milliseconds(1500);
            phone.on_command(&command(kind, json!({ "seconds": 1, "package": "com.android.chrome" })), time);
            phone.on_time(time);
            if let Some(measurement) = phone.measure(time, Duration::from_millis(1500)) {
                let json = serde_json::to_vec(&measurement).unwrap();
                let tenant = cloudphone_core::TenantId::new();
                prop_assert!(crate::telemetry::decode(tenant, cloudphone_core::DeviceId::new(), &json, time).is_ok());
            }
        }
        let settled = phone.next_change_at().is_some() || !matches!(
            phone.state().power, Power::Booting | Power::ShuttingDown | Power::Rebooting
        );
        prop_assert!(settled, "a power change without an end");
    }
}
