//! The past of devices: resolutions, roll-ups, late samples, retention.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use cloudphone_core::Caller;
use cloudphone_devices::DevicesSettings;
use cloudphone_devices::topic::Channel;
use serde_json::{Value, json};

use crate::support::{Engines, HandDevice, Running, admin, eventually};

const PAST: &str = "query($id: ID!, $from: DateTime, $to: DateTime, $resolution: TelemetryResolution, $points: Int) {
    device(id: $id) { telemetry(from: $from, to: $to, resolution: $resolution, maxPoints: $points) {
        at cpuPercent memoryPercent samples } } }";

async fn past(domain: &Running, me: &Caller, id: &str, from: DateTime<Utc>, minutes: i64, how: Value) -> Vec<Value> {
    let mut variables = json!({ "id": id, "from": from, "to": from + TimeDelta::minutes(minutes) });
    variables.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
    domain.ask(me, PAST, variables).await["device"]["telemetry"].as_array().unwrap().clone()
}

fn cpu(points: &[Value]) -> Vec<f64> {
    points.iter().map(|point| point["cpuPercent"].as_f64().unwrap()).collect()
}

/// Three hours of samples, one every ten seconds, whose load is the number of their minute modulo 100.
async fn measured(engines: &Engines, me: &Caller, id: &str, from: DateTime<Utc>) {
    engines
        .sql(&format!(
            "SELECT telemetry_create_partitions('{first}', '{last}');
             INSERT INTO telemetry_samples (device_id, at, sequence, tenant_id, cpu_percent)
             SELECT '{id}', '{from}'::timestamptz + number * interval '10 seconds', number, '{tenant}', (number / 6) % 100
             FROM generate_series(0, 1079) AS number;
             INSERT INTO telemetry_stale_minutes
             SELECT DISTINCT date_trunc('minute', at), now() FROM telemetry_samples
             ON CONFLICT DO NOTHING",
            first = from.date_naive(),
            last = Utc::now().date_naive(),
            from = from.to_rfc3339(),
            tenant = me.tenant_id,
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_told_in_samples_minutes_and_hours() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let from = Utc::now().duration_trunc(TimeDelta::hours(1)).unwrap() - TimeDelta::hours(4);
    measured(&engines, &me, &id, from).await;
    domain.stop().await;
    // Roll-ups run first thing after a start.
    let domain = engines.start_domain(engines.by_hand()).await;
    eventually("all is rolled up", async || {
        engines.number("SELECT count(*) AS number FROM telemetry_stale_minutes").await == 0
    })
    .await;

    let minutes = past(&domain, &me, &id, from, 60, json!({ "resolution": "MINUTE", "points": 60 })).await;
    assert_eq!(cpu(&minutes), (0..60).map(f64::from).collect::<Vec<_>>());
    assert!(minutes.iter().all(|point| point["samples"] == 6 && point["memoryPercent"].is_null()));
    let hours = past(&domain, &me, &id, from, 180, json!({ "resolution": "HOUR" })).await;
    // The load counts up to 99 and begins anew: 0 to 59, 60 to 99 and 0 to 19, 20 to 79.
    for (found, expected) in cpu(&hours).into_iter().zip([29.5, 56.17, 49.5]) {
        assert!((found - expected).abs() < 0.01, "{found} is not {expected}");
    }
    assert!(hours.iter().all(|point| point["samples"] == 360));
    let raw = past(&domain, &me, &id, from, 10, json!({ "resolution": "RAW", "points": 2000 })).await;
    assert_eq!((raw.len(), &raw[0]["samples"], raw[59]["cpuPercent"].as_f64()), (60, &json!(1), Some(9.0)));
    let wide = past(&domain, &me, &id, from, 60, json!({ "resolution": "MINUTE", "points": 7 })).await;
    assert!(wide.len() <= 7 && wide.iter().map(|point| point["samples"].as_i64().unwrap()).sum::<i64>() == 360);
    assert_eq!(past(&domain, &me, &id, from, 60, json!({ "points": 2000 })).await.len(), 360, "an hour: samples");
    assert_eq!(past(&domain, &me, &id, from, 180, json!({})).await.len(), 180, "three hours: minutes");
    assert_eq!(past(&domain, &me, &id, from - TimeDelta::days(9), 14_400, json!({})).await.len(), 3, "ten days: hours");

    for wrong in [
        json!({ "id": id, "from": from, "to": from }),
        json!({ "id": id, "from": from - TimeDelta::days(2), "resolution": "RAW" }),
        json!({ "id": id, "points": 2001 }),
        json!({ "id": id, "points": 0 }),
    ] {
        assert_eq!(domain.refusal(&me, PAST, wrong.clone()).await, "VALIDATION_FAILED", "{wrong}");
    }

    // A sample that comes hours late changes its minute and its hour.
    let device = HandDevice::of(&engines, &domain, &me, &id).await;
    let late = from + TimeDelta::seconds(5);
    device.say(Channel::Telemetry, false, &json!({ "ts": late, "seq": 99_999, "cpu": 70 })).await;
    eventually("it is stored", async || {
        engines.number("SELECT count(*) AS number FROM telemetry_stale_minutes").await == 1
    })
    .await;
    drop(device);
    domain.stop().await;
    let domain = engines.start_domain(engines.by_hand()).await;
    eventually("it counts", async || {
        let minutes = past(&domain, &me, &id, from, 1, json!({ "resolution": "MINUTE" })).await;
        let hours = past(&domain, &me, &id, from, 60, json!({ "resolution": "HOUR" })).await;
        (cpu(&minutes), &minutes[0]["samples"], &hours[0]["samples"]) == (vec![10.0], &json!(7), &json!(361))
    })
    .await;
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_and_what_is_young_stays() {
    let engines = Engines::start().await;
    engines
        .sql(
            "SELECT telemetry_create_partitions(current_date - 12, current_date);
             INSERT INTO telemetry_samples (device_id, at, sequence, tenant_id)
             SELECT gen_random_uuid(), now() - days * interval '1 day', 1, gen_random_uuid() FROM generate_series(0, 11) AS days;
             INSERT INTO telemetry_minutes (device_id, at, tenant_id, samples)
             SELECT gen_random_uuid(), now() - days * interval '1 day', gen_random_uuid(), 1 FROM unnest(ARRAY[1, 29, 31]) AS days;
             INSERT INTO telemetry_hours (device_id, at, tenant_id, samples)
             SELECT gen_random_uuid(), now() - days * interval '1 day', gen_random_uuid(), 1 FROM unnest(ARRAY[1, 729, 731]) AS days",
        )
        .await;
    let domain = engines.start_domain(engines.by_hand()).await;
    for (what, left) in [("telemetry_samples", 8), ("telemetry_minutes", 2), ("telemetry_hours", 2)] {
        eventually(&format!("{left} rows are left of {what}"), async || {
            engines.number(&format!("SELECT count(*) AS number FROM {what}")).await == left
        })
        .await;
    }
    let ahead = "SELECT count(*) AS number FROM pg_inherits WHERE inhparent = 'telemetry_samples'::regclass";
    // Seven past days, today and three to come.
    assert_eq!(engines.number(ahead).await, 11);
    domain.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_partition_holds_nothing_up() {
    let engines = Engines::start().await;
    let domain = engines.start_domain(DevicesSettings { messages_per_second: 1000.0, ..engines.by_hand() }).await;
    let me = admin();
    let id = domain.one(&me, "Pixel").await;
    let device = HandDevice::of(&engines, &domain, &me, &id).await;
    let today = Utc::now().format("%Y%m%d");
    engines.sql(&format!("DROP TABLE telemetry_samples_{today}")).await;
    for sequence in 0..100 {
        device.measure(sequence, 1.0).await;
    }
    eventually("all is stored", async || {
        engines.number("SELECT count(*) AS number FROM telemetry_samples").await == 100
    })
    .await;
    domain.stop().await;
}
