//! How many subscriptions one person, and all together, may have.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use thiserror::Error;

use super::rules::StreamLimits;
use crate::gateway::Scope;
use crate::protection::Holder;

/// Why there is no place for a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Full {
    /// The person has as many as one may have.
    #[error("You have too many subscriptions; end one first.")]
    User,
    /// The router has as many as it takes.
    #[error("The router has no room for another subscription; try again in a moment.")]
    Router,
}

impl Full {
    /// The value of `extensions.code`.
    pub fn code(self) -> &'static str {
        match self {
            Self::User => "TOO_MANY_SUBSCRIPTIONS",
            Self::Router => "SUBSCRIPTIONS_EXHAUSTED",
        }
    }
}

/// The places taken.
#[derive(Default)]
pub(super) struct Places {
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    by_holder: HashMap<Holder, usize>,
}

/// A place; free again when it is dropped.
pub(super) struct Place {
    places: Arc<Places>,
    holder: Holder,
}

impl Places {
    pub(super) fn take(self: &Arc<Self>, scope: &Scope, limits: &StreamLimits) -> Result<Place, Full> {
        let holder = Holder::of(scope.caller.as_ref(), &scope.origin);
        let mut taken = self.taken.lock();
        if taken.in_all >= limits.in_all {
            return Err(Full::Router);
        }
        let own = taken.by_holder.entry(holder.clone()).or_default();
        if *own >= limits.per_user {
            return Err(Full::User);
        }
        *own += 1;
        taken.in_all += 1;
        Ok(Place { places: Arc::clone(self), holder })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        taken.in_all -= 1;
        if let Some(own) = taken.by_holder.get_mut(&self.holder) {
            *own -= 1;
            if *own == 0 {
                taken.by_holder.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use cloudphone_core::Origin;
    use cloudphone_traffic::headers::ClientHeaders;

    fn from(address: &str) -> Scope {
        Scope {
            caller: None,
            origin: Origin { address: Some(address.to_owned()), ..Origin::internal() },
            headers: ClientHeaders::default(),
        }
    }

    #[test]
    fn nobody_takes_more_than_a_share_and_all_no_more_than_there_is() {
        let limits = StreamLimits { per_user: 2, in_all: 3, ..StreamLimits::default() };
        let places = Arc::new(Places::default());
        let (a, b) = ("192.0.2.1", "192.0.2.2");
        let first = places.take(&from(a), &limits).unwrap();
        let _second = places.take(&from(a), &limits).unwrap();
        assert_eq!(places.take(&from(a), &limits).err(), Some(Full::User));
        let third = places.take(&from(b), &limits).unwrap();
        assert_eq!(places.take(&from(b), &limits).err(), Some(Full::Router));
        drop((first, third));
        places.take(&from(a), &limits).unwrap();
        assert_eq!(places.taken.lock().by_holder.len(), 1, "who has none is forgotten");
    }

    #[test]
    fn an_ipv6_network_is_one_address() {
        let limits = StreamLimits { per_user: 1, ..StreamLimits::default() };
        let places = Arc::new(Places::default());
        let _first = places.take(&from("2001:db8::1"), &limits).unwrap();
        assert_eq!(places.take(&from("2001:db8::2"), &limits).err(), Some(Full::User));
        places.take(&from("2001:db8:0:1::1"), &limits).unwrap();
    }
}
