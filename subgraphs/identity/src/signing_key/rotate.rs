//! Loads the keys, adds the next one when it is due, and hands them to the ring.

use super::model::{SigningKey, needs_successor};
use super::store;
use crate::domain::IdentityDomain;
use crate::error::IdentityError;

/// Brings the ring up to date; idempotent, and safe when several processes do it at once.
pub(crate) async fn rotate_keys(domain: &IdentityDomain) -> Result<(), IdentityError> {
    let now = domain.now();
    let (secret, rotation) = (domain.keys.secret(), domain.keys.rotation());
    let mut keys = domain
        .database
        .system_transaction(async |connection| {
            store::delete_expired(connection, now).await?;
            Ok::<_, IdentityError>(store::find_living(connection, now).await?)
        })
        .await?;
    if needs_successor(&keys, secret, now, rotation) {
        keys = domain
            .database
            .system_transaction(async |connection| {
                store::take_turn(connection).await?;
                let mut keys = store::find_living(connection, now).await?;
                if needs_successor(&keys, secret, now, rotation) {
                    let is_first = keys.iter().all(|key| key.private_key(secret).is_none());
                    let key = SigningKey::generate(secret, is_first, now, rotation);
                    store::insert(connection, &key).await?;
                    keys.push(key);
                }
                Ok::<_, IdentityError>(keys)
            })
            .await?;
    }
    domain.keys.replace(keys);
    Ok(())
}
