//! How many of something each caller has: live connections, subscriptions.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::holder::Holder;

/// What each holder has taken.
#[derive(Default)]
pub(crate) struct Shares {
    taken: Mutex<HashMap<Holder, usize>>,
}

/// One that is taken; given back when it is dropped.
pub(crate) struct Share {
    shares: Arc<Shares>,
    holder: Holder,
}

impl Shares {
    /// One more for a holder, who may have `most`.
    pub(crate) fn take(self: &Arc<Self>, holder: Holder, most: usize) -> Option<Share> {
        let mut taken = self.taken.lock();
        let own = taken.get(&holder).copied().unwrap_or_default();
        if own >= most {
            return None;
        }
        taken.insert(holder.clone(), own + 1);
        drop(taken);
        Some(Share { shares: Arc::clone(self), holder })
    }

    /// How many have taken anything.
    #[cfg(test)]
    pub(crate) fn holders(&self) -> usize {
        self.taken.lock().len()
    }
}

impl Share {
    /// Counts for somebody else from now on; false when they have as many as they may, and then it counts as before.
    pub(crate) fn pass_to(&mut self, holder: Holder, most: usize) -> bool {
        if holder == self.holder {
            return true;
        }
        let Some(share) = self.shares.take(holder, most) else { return false };
        *self = share;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock();
        if let Some(own) = taken.get_mut(&self.holder) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.holder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn somebody(name: &str) -> Holder {
        Holder::Service(name.to_owned())
    }

    #[test]
    fn who_has_enough_gets_no_more_and_what_is_passed_on_is_free() {
        let shares = Arc::new(Shares::default());
        let mut passed = shares.take(somebody("gate"), 1).unwrap();
        assert!(shares.take(somebody("gate"), 1).is_none());
        assert!(passed.pass_to(somebody("ada"), 1) && passed.pass_to(somebody("ada"), 1));
        let mut other = shares.take(somebody("gate"), 1).unwrap();
        assert!(!other.pass_to(somebody("ada"), 1), "ada has one");
        assert!(shares.take(somebody("gate"), 1).is_none(), "it counts as before");
        drop((passed, other));
        assert!(shares.taken.lock().is_empty(), "who has none is forgotten");
    }
}
