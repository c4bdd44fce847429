//! The quotas of a single process, in bounded memory.

use std::collections::HashMap;
use std::time::Instant;

use parking_lot::Mutex;

use crate::quota::{Balance, Charge, ahead, micros};

/// Keys kept before those that lost least are forgotten: whoever comes from many addresses must not fill the memory, and
/// those who have used up their quotas are to be remembered.
const CAPACITY: usize = 100_000;

pub(super) struct Quotas {
    began: Instant,
    /// When each quota will be full, in microseconds since the beginning.
    full_at: Mutex<HashMap<String, u64>>,
}

impl Quotas {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), full_at: Mutex::default() }
    }

    /// Takes from all quotas or from none.
    pub(super) fn charge(&self, charges: &[Charge]) -> Vec<Balance> {
        let mut full_at = self.full_at.lock();
        let now = micros(self.began.elapsed());
        let before: Vec<(bool, u64)> = charges
            .iter()
            .map(|charge| {
                let ahead = ahead(full_at.get(&charge.key).copied(), now, charge.quota);
                (ahead.saturating_add(charge.cost()) <= charge.quota.tolerance(), ahead)
            })
            .collect();
        let all_fit = before.iter().all(|(fits, _)| *fits);
        if all_fit {
            if full_at.len().saturating_add(charges.len()) > CAPACITY {
                forget(&mut full_at, now);
            }
            for (charge, (_, ahead)) in charges.iter().zip(&before) {
                full_at.insert(charge.key.clone(), now + ahead + charge.cost());
            }
        }
        let after = charges.iter().zip(before).map(|(charge, (fits, ahead))| {
            Balance::new(charge, fits, if all_fit { ahead + charge.cost() } else { ahead })
        });
        after.collect()
    }
}

/// Forgets full quotas, and when that is not enough the half that is nearest to full.
fn forget(full_at: &mut HashMap<String, u64>, now: u64) {
    full_at.retain(|_, moment| *moment > now);
    if full_at.len() > CAPACITY / 2 {
        let mut moments: Vec<u64> = full_at.values().copied().collect();
        let middle = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        full_at.retain(|_, moment| *moment > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Quota;
    use std::time::Duration;

    fn charge(key: String, amount: u32) -> Charge {
        Charge { key, quota: Quota { requests: 5, window: Duration::from_hours(1) }, amount }
    }

    #[test]
    fn a_flood_of_keys_takes_bounded_memory_and_does_not_wash_out_who_used_up_their_quota() {
        let quotas = Quotas::new();
        assert!(quotas.charge(&[charge("greedy".to_owned(), 5)])[0].fits);
        for number in 0..3 * CAPACITY {
            quotas.charge(&[charge(format!("address:{number}"), 1)]);
        }
        assert!(quotas.full_at.lock().len() <= CAPACITY);
        assert!(!quotas.charge(&[charge("greedy".to_owned(), 1)])[0].fits);
    }
}
