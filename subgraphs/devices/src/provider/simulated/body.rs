//! What a simulated phone feels: load, heat, charge, traffic, the app in front and the place, drifting plausibly.

#![allow(clippy::cast_precision_loss, reason = "what is simulated is felt, not counted")]

use std::borrow::Cow;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::device::specification::{GeoPoint, Specification};
use crate::report::ReportedApp;
use crate::telemetry::TelemetryPayload;

/// Apps that come with Android, with the load that each causes.
const SYSTEM_APPS: [(&str, f32); 5] = [
    ("com.android.launcher3", 6.0),
    ("com.android.chrome", 28.0),
    ("com.android.settings", 9.0),
    ("com.android.camera2", 42.0),
    ("com.android.messaging", 12.0),
];
const HOME: &str = SYSTEM_APPS[0].0;
/// Where phones are that nobody placed.
const CITIES: [(f64, f64); 6] = [
    (52.5200, 13.4050),
    (35.6762, 139.6503),
    (1.3521, 103.8198),
    (40.7128, -74.0060),
    (-23.5505, -46.6333),
    (31.2304, 121.4737),
];

/// The measurable condition of a simulated phone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    load: f32,
    /// Extra load of something that has just begun; fades within seconds.
    burst: f32,
    memory_percent: f32,
    storage_used_mb: f32,
    battery_percent: f32,
    charging: bool,
    temperature: f32,
    received: f32,
    sent: f32,
    frames: f32,
    foreground: String,
    seconds_in_foreground: f32,
    place: GeoPoint,
}

impl Body {
    /// A cool phone with most of its charge, somewhere on earth.
    pub fn new(specification: &Specification, random: &mut impl Rng) -> Self {
        let (latitude, longitude) = CITIES[random.random_range(0..CITIES.len())];
        let nearby = GeoPoint {
            latitude: latitude + random.random_range(-0.05..0.05),
            longitude: longitude + random.random_range(-0.05..0.05),
        };
        Self {
            load: 0.0,
            burst: 0.0,
            memory_percent: 30.0,
            storage_used_mb: 6_000.0_f32.min(gib_to_mib(specification.storage_gb) / 2.0),
            battery_percent: random.random_range(45.0..95.0),
            charging: false,
            temperature: 24.0,
            received: 0.0,
            sent: 0.0,
            frames: 0.0,
            foreground: HOME.to_owned(),
            seconds_in_foreground: 0.0,
            place: specification.location.unwrap_or(nearby),
        }
    }

    /// Whether the phone has the app, of its own or installed.
    pub fn has_app(package: &str, installed: &[ReportedApp]) -> bool {
        SYSTEM_APPS.iter().any(|(name, _)| *name == package) || installed.iter().any(|app| app.package == package)
    }

    /// Lets the phone live for a while.
    pub fn live(
        &mut self,
        elapsed: Duration,
        specification: &Specification,
        installed: &[ReportedApp],
        random: &mut impl Rng,
    ) {
        let seconds = elapsed.as_secs_f32().clamp(0.01, 60.0);
        self.seconds_in_foreground += seconds;
        if random.random::<f32>() < seconds / 90.0 {
            self.wander(installed, random);
        }
        let approach = |value: f32, target: f32, pace: f32| value + (target - value) * (1.0 - (-seconds / pace).exp());
        let noise = random.random_range(-4.0..4.0);
        self.burst *= (-seconds / 4.0).exp();
        self.load = approach(self.load, (app_load(&self.foreground) + self.burst + noise).clamp(1.0, 100.0), 2.0);
        let used_by_apps = 34.0 + 3.0 * SYSTEM_APPS.len().min(installed.len()) as f32 + self.load * 0.28;
        self.memory_percent = approach(self.memory_percent, used_by_apps.min(96.0), 8.0);
        self.temperature = approach(
            self.temperature,
            25.0 + self.load * 0.17 + if self.charging { 3.5 } else { 0.0 } + noise * 0.1,
            40.0,
        );
        self.consume(seconds);
        self.received = approach(self.received, self.load * random.random_range(2.0..90.0), 1.5).max(0.0);
        self.sent = approach(self.sent, self.load * random.random_range(0.5..14.0), 1.5).max(0.0);
        let full_rate = if app_load(&self.foreground) > 45.0 { 60.0 } else { 24.0 };
        let strained = (self.load - 75.0).max(0.0) * 0.8;
        self.frames = approach(self.frames, (full_rate - strained + noise * 0.6).clamp(1.0, 60.0), 1.0);
        self.storage_used_mb =
            (self.storage_used_mb + seconds * 0.002).min(gib_to_mib(specification.storage_gb) * 0.98);
        // About a pedestrian's pace.
        let step = f64::from(seconds) * 0.000_01;
        self.place.latitude = (self.place.latitude + random.random_range(-step..step)).clamp(-90.0, 90.0);
        self.place.longitude = (self.place.longitude + random.random_range(-step..step)).clamp(-180.0, 180.0);
    }

    /// The measurement of this moment.
    pub fn payload(&self, now: DateTime<Utc>, seq: u64, specification: &Specification) -> TelemetryPayload<'_> {
        let tenths = |value: f32| Some((value * 10.0).round() / 10.0);
        TelemetryPayload {
            ts: now,
            seq,
            cpu: tenths(self.load),
            memory: tenths(self.memory_percent),
            memory_used_mb: Some((self.memory_percent / 100.0 * specification.memory_mb as f32).round()),
            storage_used_mb: Some(self.storage_used_mb.round()),
            battery_percent: tenths(self.battery_percent),
            battery_charging: Some(self.charging),
            temperature_celsius: tenths(self.temperature),
            network_rx_kbps: tenths(self.received),
            network_tx_kbps: tenths(self.sent),
            fps: tenths(self.frames),
            foreground_app: Some(Cow::Borrowed(&self.foreground)),
            latitude: Some(self.place.latitude),
            longitude: Some(self.place.longitude),
        }
    }

    /// Everything starts over but charge, storage and place.
    pub fn boots(&mut self) {
        self.load = 0.0;
        self.burst = 70.0;
        self.memory_percent = 12.0;
        self.frames = 0.0;
        self.received = 0.0;
        self.sent = 0.0;
        HOME.clone_into(&mut self.foreground);
        self.seconds_in_foreground = 0.0;
    }

    /// Brings an app to the front.
    pub fn open_app(&mut self, package: &str) {
        package.clone_into(&mut self.foreground);
        self.seconds_in_foreground = 0.0;
        self.load_rises();
    }

    /// Goes home when the app is gone.
    pub fn leave_app(&mut self, package: &str) {
        if self.foreground == package {
            self.open_app(HOME);
        }
    }

    /// Something has begun that takes the processor for some seconds.
    pub fn load_rises(&mut self) {
        self.burst = 45.0;
    }

    /// A package takes its place.
    pub fn storage_grows_by(&mut self, bytes: u64) {
        self.storage_used_mb += (bytes / 1024) as f32 / 1024.0;
    }

    /// Moves the GPS.
    pub fn move_to(&mut self, place: GeoPoint) {
        self.place = place;
    }

    fn consume(&mut self, seconds: f32) {
        if self.charging {
            self.battery_percent = (self.battery_percent + seconds * 0.06).min(100.0);
            self.charging = self.battery_percent < 96.0;
        } else {
            self.battery_percent = (self.battery_percent - seconds * (0.002 + self.load * 0.000_15)).max(1.0);
            self.charging = self.battery_percent < 18.0;
        }
    }

    fn wander(&mut self, installed: &[ReportedApp], random: &mut impl Rng) {
        let choice = random.random_range(0..SYSTEM_APPS.len() + installed.len());
        let package = match SYSTEM_APPS.get(choice) {
            Some((name, _)) => (*name).to_owned(),
            None => installed[choice - SYSTEM_APPS.len()].package.clone(),
        };
        if package != self.foreground {
            self.open_app(&package);
        }
    }
}

/// The steady load of an app; installed ones differ by their name, and keep their character.
fn app_load(package: &str) -> f32 {
    if let Some((_, load)) = SYSTEM_APPS.iter().find(|(name, _)| *name == package) {
        return *load;
    }
    let mut hasher = DefaultHasher::new();
    package.hash(&mut hasher);
    48.0 + (hasher.finish() % 32) as f32
}

fn gib_to_mib(gib: i32) -> f32 {
    gib as f32 * 1024.0
}
