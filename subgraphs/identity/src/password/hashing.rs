//! Argon2id hashes, computed off the event loop and only so many at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{
    PasswordHash, PasswordHasher as _, PasswordVerifier as _, Result as HashResult, SaltString,
};
use argon2::{Algorithm, Argon2, Params, Version};
use cloudphone_core::CommonError;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::settings::HashingCost;

/// Hashes and checks passwords.
#[derive(Clone)]
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    turns: Arc<Semaphore>,
    patience: Duration,
    /// Checked when there is no account, so that the answer takes as long as for one.
    decoy: Arc<str>,
}

impl PasswordHasher {
    /// A hasher of the given cost.
    pub fn new(cost: &HashingCost) -> Result<Self, CommonError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|error| CommonError::internal(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = hash(&argon2, "no account has this password").map_err(|error| fault(&error))?;
        Ok(Self {
            argon2,
            turns: Arc::new(Semaphore::new(cost.concurrency.max(1))),
            patience: Duration::from_millis(cost.queue_timeout_ms),
            decoy: decoy.into(),
        })
    }

    /// The hash of a password with a fresh salt, in the PHC string format.
    pub async fn hash(&self, password: &str) -> Result<String, CommonError> {
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        self.in_turn(move || hash(&argon2, &password)).await?.map_err(|error| fault(&error))
    }

    /// Whether the password belongs to the hash. Without a hash the answer is no, after the same time.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, CommonError> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let (argon2, password) = (self.argon2.clone(), password.to_owned());
        let matches = self
            .in_turn(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|parsed| argon2.verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?;
        Ok(exists && matches)
    }

    /// Whether a hash was made at another cost than today's and should be replaced at the next sign-in.
    pub fn is_outdated(&self, hash: &str) -> bool {
        let Ok(parsed) = PasswordHash::new(hash) else { return true };
        let same_cost = Params::try_from(&parsed).is_ok_and(|params| {
            let wanted = self.argon2.params();
            (params.m_cost(), params.t_cost(), params.p_cost()) == (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
        });
        !same_cost
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, CommonError> {
        let turn = timeout(self.patience, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|elapsed| CommonError::unavailable(format!("password hashing is busy: {elapsed}")))?
            .expect("the semaphore of the hasher is never closed");
        tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(turn);
            answer
        })
        .await
        .map_err(CommonError::internal)
    }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> HashResult<String> {
    let salt = SaltString::generate(&mut OsRng);
    Ok(argon2.hash_password(password.as_bytes(), &salt)?.to_string())
}

fn fault(error: &argon2::password_hash::Error) -> CommonError {
    CommonError::internal(error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn cost(memory_kib: u32) -> HashingCost {
        HashingCost { memory_kib, passes: 1, ..HashingCost::default() }
    }

    #[tokio::test]
    async fn a_password_matches_only_its_own_hash() {
        let hasher = PasswordHasher::new(&cost(64)).unwrap();
        let hash = hasher.hash("Demo-Pass-2026!").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert!(hasher.verify("Demo-Pass-2026!", Some(&hash)).await.unwrap());
        assert!(!hasher.verify("demo-pass-2026!", Some(&hash)).await.unwrap());
        assert_ne!(hash, hasher.hash("Demo-Pass-2026!").await.unwrap(), "the salt is fresh each time");
    }

    #[tokio::test]
    async fn an_absent_account_never_matches_not_even_the_decoy() {
        let hasher = PasswordHasher::new(&cost(64)).unwrap();
        assert!(!hasher.verify("no account has this password", None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_matches_and_is_outdated() {
        let old = PasswordHasher::new(&cost(64)).unwrap().hash("Demo-Pass-2026!").await.unwrap();
        let hasher = PasswordHasher::new(&cost(128)).unwrap();
        assert!(hasher.verify("Demo-Pass-2026!", Some(&old)).await.unwrap());
        assert!(hasher.is_outdated(&old));
        assert!(!hasher.is_outdated(&hasher.hash("x").await.unwrap()));
    }

    #[tokio::test]
    async fn a_full_queue_answers_try_again() {
        let busy = HashingCost { concurrency: 1, queue_timeout_ms: 1, ..cost(64) };
        let hasher = PasswordHasher::new(&busy).unwrap();
        let _turn = Arc::clone(&hasher.turns).acquire_owned().await.unwrap();
        assert!(matches!(hasher.hash("x").await, Err(CommonError::Unavailable(_))));
    }
}
