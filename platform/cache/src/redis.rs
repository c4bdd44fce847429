//! The engine for several processes, in Redis.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use dashmap::DashMap;
use fred::clients::SubscriberClient;
use fred::interfaces::{EventInterface, LuaInterface, PubsubInterface};
use fred::prelude::{Builder, Client, ClientLike, Config, Expiration, KeysInterface, ReconnectPolicy, SetOptions};
use std::sync::Arc;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::CacheError;
use crate::backend::{Backend, SIGNAL_BUFFER, Signals};
use crate::{Balance, Charge};

/// How long a command may take before it counts as failed.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

// A holder may only touch the lock that it still holds, so compare and change in one step.
const EXTEND: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end";
const UNLOCK: &str =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end";
const INCREMENT: &str = "local value = redis.call('incrby', KEYS[1], ARGV[1]) if value == tonumber(ARGV[1]) then redis.call('pexpire', KEYS[1], ARGV[2]) end return value";

// By the server's clock, which all replicas share. Each key holds the moment at which its quota is full, in microseconds,
// and is gone by then. Two arguments for each key: what is taken, and the whole quota, in microseconds.
const CHARGE: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answer, all_fit = {}, true
for i = 1, #KEYS do
  local cost, tolerance = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local full_at = tonumber(redis.call('GET', KEYS[i]) or now)
  local ahead = math.min(math.max(full_at - now, 0), tolerance)
  local fits = ahead + cost <= tolerance
  all_fit = all_fit and fits
  answer[2 * i - 1], answer[2 * i] = fits and 1 or 0, ahead
end
if all_fit then
  for i = 1, #KEYS do
    local ahead = answer[2 * i] + ARGV[2 * i - 1]
    answer[2 * i] = ahead
    redis.call('SET', KEYS[i], string.format('%.0f', now + ahead), 'PX', string.format('%.0f', math.ceil(ahead / 1000)))
  end
end
return answer";

type Channels = Arc<DashMap<String, broadcast::Sender<Bytes>>>;

pub(crate) struct Redis {
    client: Client,
    subscriber: SubscriberClient,
    channels: Channels,
    tasks: Vec<JoinHandle<()>>,
}

impl Redis {
    pub(crate) async fn connect(url: &str) -> Result<Self, CacheError> {
        let config = Config::from_url(url).map_err(|error| CacheError::Address(error.to_string()))?;
        let mut builder = Builder::from_config(config);
        builder
            .with_connection_config(|connection| connection.connection_timeout = COMMAND_TIMEOUT)
            .with_performance_config(|performance| {
                performance.default_command_timeout = COMMAND_TIMEOUT;
                performance.broadcast_channel_capacity = SIGNAL_BUFFER;
            })
            .set_policy(ReconnectPolicy::new_exponential(0, 100, 5_000, 2));
        let client = builder.build()?;
        let subscriber = builder.build_subscriber_client()?;
        client.init().await?;
        subscriber.init().await?;
        let channels = Channels::default();
        let resubscribing = subscriber.manage_subscriptions();
        let keep_subscribed = tokio::spawn(async move {
            let _ = resubscribing.await;
        });
        let tasks = vec![keep_subscribed, tokio::spawn(deliver(subscriber.message_rx(), Arc::clone(&channels)))];
        Ok(Self { client, subscriber, channels, tasks })
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn deliver(mut messages: broadcast::Receiver<fred::types::Message>, channels: Channels) {
    loop {
        match messages.recv().await {
            Ok(message) => {
                let Some(sender) = channels.get(&*message.channel) else { continue };
                if let Ok(bytes) = message.value.convert::<Bytes>() {
                    // An error only says that nobody listens.
                    let _ = sender.send(bytes);
                }
            }
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "signals from Redis were missed");
            }
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX).max(1)
}

#[async_trait]
impl Backend for Redis {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        Ok(self.client.get(key).await?)
    }

    async fn set(&self, key: &str, value: Bytes, time_to_live: Duration) -> Result<(), CacheError> {
        Ok(self.client.set(key, value, Some(Expiration::PX(milliseconds(time_to_live))), None, false).await?)
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        Ok(self.client.del(key).await?)
    }

    async fn lock(&self, key: &str, token: &str, time_to_live: Duration) -> Result<bool, CacheError> {
        let expiry = Some(Expiration::PX(milliseconds(time_to_live)));
        let set: Option<String> = self.client.set(key, token, expiry, Some(SetOptions::NX), false).await?;
        Ok(set.is_some())
    }

    async fn extend(&self, key: &str, token: &str, time_to_live: Duration) -> Result<bool, CacheError> {
        let arguments = vec![token.to_owned(), milliseconds(time_to_live).to_string()];
        let changed: i64 = self.client.eval(EXTEND, key, arguments).await?;
        Ok(changed == 1)
    }

    async fn unlock(&self, key: &str, token: &str) -> Result<bool, CacheError> {
        let changed: i64 = self.client.eval(UNLOCK, key, token).await?;
        Ok(changed == 1)
    }

    async fn increment(&self, key: &str, by: u64, window: Duration) -> Result<u64, CacheError> {
        let arguments = vec![by.to_string(), milliseconds(window).to_string()];
        Ok(self.client.eval(INCREMENT, key, arguments).await?)
    }

    async fn charge(&self, charges: &[Charge]) -> Result<Vec<Balance>, CacheError> {
        let keys: Vec<String> = charges.iter().map(|charge| charge.key.clone()).collect();
        let arguments: Vec<String> = charges
            .iter()
            .flat_map(|charge| [charge.cost().to_string(), charge.quota.tolerance().to_string()])
            .collect();
        let answer: Vec<i64> = self.client.eval(CHARGE, keys, arguments).await?;
        let balances = charges
            .iter()
            .zip(answer.chunks_exact(2))
            .map(|(charge, state)| Balance::new(charge, state[0] == 1, u64::try_from(state[1]).unwrap_or_default()));
        Ok(balances.collect())
    }

    async fn publish(&self, channel: &str, message: Bytes) -> Result<(), CacheError> {
        Ok(self.client.publish(channel, message).await?)
    }

    async fn subscribe(&self, channel: &str) -> Result<Signals, CacheError> {
        let receiver =
            self.channels.entry(channel.to_owned()).or_insert_with(|| broadcast::channel(SIGNAL_BUFFER).0).subscribe();
        self.subscriber.subscribe(channel).await?;
        Ok(Signals::new(receiver, None))
    }

    async fn ping(&self) -> Result<(), CacheError> {
        Ok(self.client.ping(None).await?)
    }
}
