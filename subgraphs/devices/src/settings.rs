//! Settings of the devices domain, with their defaults.

use std::time::Duration;

use crate::provider::simulated::PhonePace;

/// How the domain signs in to the broker.
#[derive(Clone)]
pub struct BrokerAccess {
    /// `mqtt://host:port` or `ws://host:port/path`.
    pub url: String,
    /// The service account, which may read all devices' topics and publish commands.
    pub username: String,
    /// Its password.
    pub password: String,
    /// Begins the id of the session in which an external broker keeps telemetry while this process is away. The same at
    /// every start, and another one in each process.
    pub client_id: String,
}

impl std::fmt::Debug for BrokerAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("BrokerAccess").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Settings of the devices domain.
#[derive(Clone, Debug)]
pub struct DevicesSettings {
    /// The broker as this domain uses it.
    pub broker: BrokerAccess,
    /// The broker's address for simulated phones; the same as the platform's when absent.
    pub phone_broker_url: Option<String>,
    /// The key from which the secrets of simulated phones are derived, 32 characters or more. Whoever has it can speak as
    /// any simulated phone.
    pub credential_key: String,
    /// Whether this process plays the simulated phones; switch it off when `cloudphone device simulate` does.
    pub play_simulated: bool,
    /// How often a simulated phone measures.
    pub telemetry_interval: Duration,
    /// How fast simulated phones boot.
    pub pace: PhonePace,
    /// Telemetry messages per second that a device may send; more are dropped and counted.
    pub messages_per_second: f32,
    /// Recent samples of each device in memory, from which slow subscribers catch up.
    pub recent_samples: usize,
    /// Samples held while the database is away; beyond that the oldest go.
    pub waiting_samples: usize,
    /// How long a device may take to start, stop, reboot, pause or resume.
    pub lifecycle_timeout: Duration,
    /// How long after a reconnection devices may take to say that they are there.
    pub presence_grace: Duration,
    /// Days for which single samples stay.
    pub raw_days: u64,
    /// Days for which averages of a minute stay.
    pub minute_days: u64,
    /// Days for which averages of an hour stay.
    pub hour_days: u64,
}

impl DevicesSettings {
    /// The defaults, for a broker and a key.
    pub fn new(broker: BrokerAccess, credential_key: impl Into<String>) -> Self {
        Self {
            broker,
            phone_broker_url: None,
            credential_key: credential_key.into(),
            play_simulated: true,
            telemetry_interval: Duration::from_secs(1),
            pace: PhonePace::default(),
            messages_per_second: 50.0,
            recent_samples: 120,
            waiting_samples: 200_000,
            lifecycle_timeout: Duration::from_mins(1),
            presence_grace: Duration::from_secs(20),
            raw_days: 7,
            minute_days: 30,
            hour_days: 730,
        }
    }
}
