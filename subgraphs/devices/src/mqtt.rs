//! Connections to the broker.

use std::time::Duration;

use rumqttc::{MqttOptions, Transport};
use thiserror::Error;
use url::Url;

/// The largest packet of MQTT; the broker sets the real limit, and a client that refuses a packet would reconnect for ever.
const MAX_PACKET: usize = 268_435_455;
/// How often a silent connection is probed.
const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// An address that is none of a broker.
#[derive(Debug, Error)]
#[error("`{url}` is no address of an MQTT broker; use mqtt://host:port or ws://host:port/path")]
pub struct BrokerAddressError {
    url: String,
}

/// How to connect as a client.
pub fn options(url: &str, client_id: &str, username: &str, password: &str) -> Result<MqttOptions, BrokerAddressError> {
    let wrong = || BrokerAddressError { url: url.to_owned() };
    let parsed = Url::parse(url).map_err(|_| wrong())?;
    let host = parsed.host_str().ok_or_else(wrong)?;
    let mut options = match parsed.scheme() {
        "mqtt" | "tcp" => MqttOptions::new(client_id, host.trim_matches(['[', ']']), parsed.port().unwrap_or(1883)),
        "ws" => {
            let mut options = MqttOptions::new(client_id, url, parsed.port().unwrap_or(80));
            options.set_transport(Transport::Ws);
            options
        }
        _ => return Err(wrong()),
    };
    options.set_keep_alive(KEEP_ALIVE);
    options.set_clean_session(true);
    options.set_credentials(username, password);
    options.set_max_packet_size(MAX_PACKET, MAX_PACKET);
    Ok(options)
}

/// A pause before the next attempt to connect: longer each time, with jitter so that a crowd does not return at once.
pub fn reconnect_pause(failures: u32) -> Duration {
    let longest = Duration::from_millis(250 << failures.min(6));
    longest.mul_f64(rand::Rng::random_range(&mut rand::rng(), 0.5..=1.0))
}
