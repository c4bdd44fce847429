//! How many subscriptions one person, and all together, may have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use thiserror::Error;

use super::rules::StreamLimits;
use crate::gateway::Scope;
use crate::protection::{Holder, Share, Shares};

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
    in_all: AtomicUsize,
    own: Arc<Shares>,
}

/// A place; free again when it is dropped.
pub(super) struct Place {
    _in_all: InAll,
    _own: Share,
}

/// A place among all.
struct InAll(Arc<Places>);

impl Places {
    pub(super) fn take(self: &Arc<Self>, scope: &Scope, limits: &StreamLimits) -> Result<Place, Full> {
        let free = |taken: usize| (taken < limits.in_all).then(|| taken + 1);
        self.in_all.fetch_update(Ordering::Relaxed, Ordering::Relaxed, free).map_err(|_| Full::Router)?;
        let in_all = InAll(Arc::clone(self));
        let holder = Holder::of(scope.caller.as_ref(), &scope.origin);
        let own = self.own.take(holder, limits.per_user).ok_or(Full::User)?;
        Ok(Place { _in_all: in_all, _own: own })
    }
}

impl Drop for InAll {
    fn drop(&mut self) {
        self.0.in_all.fetch_sub(1, Ordering::Relaxed);
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
        assert_eq!(places.own.holders(), 1, "who has none is forgotten");
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
