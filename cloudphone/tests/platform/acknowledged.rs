//! A power cut while devices measure: what was acknowledged to them is in the history, once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{Builder, CarefulDevice, eventually, holds};

const DEVICES: usize = 4;
/// Measurements that each device has to have acknowledged before and after a power cut.
const MEASUREMENTS: u64 = 60;

/// Has all devices measure until it is over.
fn measure(devices: &[CarefulDevice], broker: &str, over: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let measuring = |device: &CarefulDevice| device.clone().measure(broker.to_owned(), Arc::clone(over));
    devices.iter().map(|device| tokio::spawn(measuring(device))).collect()
}

async fn all_have(devices: &[CarefulDevice], count: u64) {
    eventually(60, &format!("{count} measurements of each device are acknowledged"), async || {
        holds(devices.iter().all(|device| device.acknowledged() >= count))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_measurement_outlives_power_cuts_and_is_there_once() {
    let mut platform = Builder::new().set("devices.play_simulated", false).start().await;
    let mut admin = platform.admin().await.client;
    let mut devices = Vec::new();
    for id in admin.create_devices("careful", DEVICES, false).await {
        admin.reaches(&id, "STOPPED", 20).await;
        devices.push(CarefulDevice::take_over(&admin, &id).await);
    }
    for cut in 1..=2 {
        let measuring = measure(&devices, &platform.mqtt, &Arc::default());
        all_have(&devices, 2 * cut * MEASUREMENTS).await;
        platform = platform.crash_and_restart().await;
        for device in measuring {
            device.abort();
        }
        admin = platform.client.with_token(admin.token.as_ref().unwrap());
        for device in &devices {
            // At once: nothing may come later to mend it. Besides what was acknowledged there may be the one measurement that
            // was on its way.
            let (acknowledged, kept) = (device.acknowledged(), device.history(&admin).await);
            let expected: Vec<u64> = (0..acknowledged.max(kept.len() as u64)).collect();
            assert_eq!(kept, expected, "{acknowledged} were acknowledged");
            assert!(kept.len() as u64 <= acknowledged + 1, "{acknowledged} were acknowledged");
        }
    }
    // The devices send what was not acknowledged, and go on; in the end device and history agree.
    let over = Arc::new(AtomicBool::new(false));
    let measuring = measure(&devices, &platform.mqtt, &over);
    all_have(&devices, 5 * MEASUREMENTS).await;
    over.store(true, Ordering::Relaxed);
    for device in measuring {
        timeout(Duration::from_secs(20), device).await.expect("the last measurement is acknowledged").unwrap();
    }
    for device in &devices {
        let measured: Vec<u64> = (0..device.acknowledged()).collect();
        assert_eq!(device.history(&admin).await, measured, "each is kept, and once");
    }
}
